"""The cause of a corner's failure: which measured quantity is off."""

import math

from cosim.experiments.calibration.behaviour import EACH
from cosim.experiments.technologies.corner_run import TRIMMED, CornerTrial

ALLOWED = dict.fromkeys(TRIMMED, 0.15) | {"window_centre": 0.04}
"""Share by which a quantity may be off without being named: the window's centre by its half-width,
which is a twenty-fifth of it in the published simulations; learning makes up for most of the
others."""


def cause(trial: CornerTrial) -> str:
    """The quantities that are off, the worst first, each as a share of what it should be."""
    if trial.unmeasured:
        return trial.unmeasured
    found = {name: _excess(name, share) for name, share in trial.quantities.items()}
    lost = [f"{EACH[name].text} shows nothing" for name in TRIMMED if name not in found]
    off = sorted((name for name in found if found[name] > 1), key=lambda name: -found[name])
    named = [f"{EACH[name].text} {trial.quantities[name]:.2f} of typical" for name in off]
    reasons = "; ".join([*lost, *named]) or "each measured quantity is what it should be"
    return f"{trial.fault}; {reasons}" if trial.fault else reasons


def _excess(name: str, share: float) -> float:
    """Distance of a quantity from its range, in units of what is allowed."""
    if share <= 0:
        return math.inf
    return abs(math.log(share)) / math.log1p(ALLOWED[name])

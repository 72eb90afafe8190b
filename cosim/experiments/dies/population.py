"""A population of dies: yields with their intervals, and spreads of quantities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from cosim.comparison.spikes import OneStep
from cosim.workbench.statistics import CONFIDENCE, Spread, spread
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN

Outcomes = Mapping[int, Mapping[str, Any]]
"""Outcomes of die_run, by the die's number."""
COULD_NOT_RUN = "could not be simulated"


@dataclass(frozen=True)
class Yield:
    """Share of dies that do what they should.

    low, high: 95 % confidence interval of that share in all dies there could be (Clopper and
    Pearson, Biometrika 26(4), 1934).
    """

    settled: int
    dies: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """Share of these dies."""
        return self.settled / self.dies

    def __str__(self) -> str:
        return f"{self.settled} of {self.dies}, {self.share:.1%} [{self.low:.1%}, {self.high:.1%}]"


def yield_of(outcomes: Outcomes) -> Yield:
    """Yield of a case; what could not be simulated has not settled."""
    settled = sum(bool(one.get("settled")) for one in outcomes.values())
    interval = stats.binomtest(settled, len(outcomes)).proportion_ci(CONFIDENCE, "exact")
    return Yield(settled, len(outcomes), float(interval.low), float(interval.high))


def model_agreement(outcomes: Outcomes) -> tuple[OneStep, dict[int, float]]:
    """Decisions of all dies that have a model, together, and each die's share of equal ones."""
    steps = {
        die: OneStep(one["model_equal"], one["model_outside"], one["model_inside"])
        for die, one in outcomes.items()
        if "model_equal" in one
    }
    together = OneStep(
        sum(step.equal for step in steps.values()),
        sum(step.outside for step in steps.values()),
        sum(step.inside for step in steps.values()),
    )
    return together, {die: step.agreement for die, step in steps.items()}


def spreads(outcomes: Outcomes) -> dict[str, Spread]:
    """Spread of each quantity over the dies that could be measured, two at least."""
    measured = [one for one in outcomes.values() if "error" not in one]
    if len(measured) < 2:
        return {}
    return {name: spread(one[name] for one in measured) for name in measured[0]}


def correlations(outcomes: Outcomes) -> tuple[list[str], np.ndarray]:
    """Pearson's correlation of each two quantities over the dies that could be measured.

    Returns:
        Names of the quantities that deviate at all, and their matrix, shape (names, names). Fewer
        than three dies correlate perfectly, and give none.
    """
    measured = [one for one in outcomes.values() if "error" not in one]
    if len(measured) < 3:
        return [], np.empty((0, 0))
    columns = {name: np.array([one[name] for one in measured]) for name in measured[0]}
    names = [name for name, values in columns.items() if np.ptp(values)]
    if not names:
        return [], np.empty((0, 0))
    return names, np.atleast_2d(np.corrcoef([columns[name] for name in names]))


def failures(outcomes: Outcomes, cells: Outcomes) -> dict[str, list[int]]:
    """Dies that have not settled, by the reason that their own cells show.

    Args:
        outcomes: of a simulation. cells: quantities of the same dies under the same table; a die
            that is missing has no reason other than what its weight shows.
    """
    found: dict[str, list[int]] = {}
    for die, outcome in outcomes.items():
        if not outcome.get("settled"):
            found.setdefault(_reason(outcome, cells.get(die, {})), []).append(die)
    return found


def _reason(outcome: Mapping[str, Any], cells: Mapping[str, Any]) -> str:
    if "error" in outcome:
        return COULD_NOT_RUN
    if outcome["lowest"] in (WEIGHT_MIN, WEIGHT_MAX) or outcome["highest"] == WEIGHT_MAX:
        return "the weight is at the end of its range"
    if "window_half_width" in cells:
        width, kick = 2 * cells["window_half_width"], max(cells["kick_exc"], cells["kick_inh"])
        if width < kick:
            return "the window is narrower than a kick"
    return "the weight goes on changing"

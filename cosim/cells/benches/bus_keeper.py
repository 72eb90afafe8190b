"""Bench bus_keeper: the currents on a line of the weight bus over its voltage."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

END = 0.1
"""Share of the supply next to either level in which no threshold is looked for."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Greatest currents in A towards either level, leakage in A, and threshold in V.

    Raises:
        SimulationError: the line isn't kept at either of two levels.
    """
    line, pull = vectors["line"], _pull_down(vectors)
    share = line / vectors["vdd"]
    inside = (share > END) & (share < 1 - END)
    line, pull = line[inside], pull[inside]
    turns = np.flatnonzero(np.diff(pull > 0))
    if len(turns) != 1 or pull[0] <= 0:
        raise SimulationError("the keeper doesn't pull towards 0 below a threshold, to 1 above")
    at = slice(turns[0], turns[0] + 2)
    return {
        "kept_low": float(pull.max()),
        "kept_high": float(-pull.min()),
        "leakage": float(max(np.abs(vectors[f"{end}#branch"]).max() for end in ("elow", "ehigh"))),
        "threshold": float(np.interp(0, -pull[at], line[at])),
    }


def _pull_down(vectors: Vectors) -> np.ndarray:
    """Current in A that the keeper draws from the line, shape (points,)."""
    return -vectors["ekept#branch"]


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """The keeper's current, and the level at which it changes sides."""
    axes.plot(vectors["line"], _pull_down(vectors) * 1e6, label="keeper")
    axes.axvline(values["threshold"], color="0.5", linewidth=0.6, linestyle="--")
    axes.axhline(0, color="0.5", linewidth=0.6)
    axes.set(xlabel="voltage of the line (V)", ylabel="current that is drawn from it (µA)")
    axes.legend(frameon=False)

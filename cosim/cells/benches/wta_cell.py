"""Bench wta_cell: a cell's output over its share of the common bias current."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current, edges, supply
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError


def measure(vectors: Vectors) -> dict[str, float]:
    """Share in percent at which the output changes, and its levels in V at either end.

    Raises:
        SimulationError: the output doesn't change exactly once.
    """
    share, win = 100 * shares(vectors), vectors["win"]
    found = edges(share, win, supply(vectors) / 2)
    if len(found) != 1:
        raise SimulationError(f"win changes {len(found)} times as the cell's share falls")
    return {"share": float(found[0]), "low": float(win[-1]), "high": float(win[0])}


def shares(vectors: Vectors) -> np.ndarray:
    """The cell's share of the common current, 0 to 1, shape (points,)."""
    return current(vectors, "xcell.xfollow") / current(vectors, "xcommon")


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """The output over the share, and the law."""
    axes.plot(100 * shares(vectors), vectors["win"], label=f"wins from {values['share']:.1f} %")
    axes.axvline(50, color="0.5", linewidth=0.6, linestyle="--", label="law")
    axes.set(xlabel="share of the common current (%)", ylabel="win (V)")
    axes.legend(frameon=False)

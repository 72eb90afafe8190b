"""Bench runt_pulses: input pulses too short to count, and just long enough."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import check_edges, weights
from cosim.cells.waveforms import logic_edges
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

SETTLED = 0.9e-6
"""The weight is read this long after the pulse, s: before the next load."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Widths in s around those that may give any code, and how many of the swept ones do.

    longest_ignored: no shorter pulse changes the weight. shortest_counted: every longer one
    counts, through all bits of the carry.
    """
    width, steps = outcomes(vectors)
    ignored, counted = steps == 0, steps == 1
    if not ignored[0] or not counted[-1]:
        raise SimulationError("the sweep does not reach from ignored to counted pulses")
    return {
        "longest_ignored": float(width[ignored.argmin() - 1]),
        "shortest_counted": float(width[len(width) - counted[::-1].argmin()]),
        "wrong_codes": int((~ignored & ~counted).sum()),
    }


def outcomes(vectors: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """Widths of the short pulses in s, and the change of the weight from each, LSB."""
    for source in ("begin", "end"):
        check_edges(vectors, source)
    start = logic_edges(vectors, "begin")[::2]
    end = logic_edges(vectors, "end")[::2][: len(start)]
    before = weights(vectors, "w", start - 1e-9)
    return end - start, weights(vectors, "w", start + SETTLED) - before


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Change of the weight over the width of the pulse."""
    width, steps = outcomes(vectors)
    axes.plot(width * 1e9, steps, ".-", markersize=3)
    axes.set(xlabel="width of the input pulse (ns)", ylabel="change of the weight (LSB)")

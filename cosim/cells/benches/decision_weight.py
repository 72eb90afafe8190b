"""Bench decision_weight: the centre of the learning rule's window for all 64 weights."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current
from cosim.engine.job import Vectors


def measure(vectors: Vectors) -> dict[str, float]:
    """Shift per LSB in percent of the unit; smallest step and nonlinearity in LSB."""
    _, i_eq, line, i_lsb = _window(vectors)
    return {
        "shift": float(100 * i_lsb / current(vectors, "xunit")[0]),
        "smallest_step": float(-np.diff(i_eq).max() / i_lsb),
        "inl": float(np.abs(i_eq - line).max() / i_lsb),
    }


def _window(vectors: Vectors) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Weights in LSB, I_eq and its straight line in A, each (64,), and the line's fall per LSB."""
    weight, i_eq = np.round(vectors["weight"]), current(vectors, "xdecision.xp_eq")
    slope, at_zero = np.polyfit(weight, i_eq, 1)
    return weight, i_eq, at_zero + slope * weight, -float(slope)


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Deviation from the straight line, and of each step from one LSB."""
    weight, i_eq, line, i_lsb = _window(vectors)
    axes.plot(weight, (i_eq - line) / i_lsb, ".-", markersize=3, label="from the line")
    axes.plot(weight[1:], -np.diff(i_eq) / i_lsb - 1, ".", markersize=3, label="step from 1 LSB")
    axes.axhline(0, color="0.5", linewidth=0.6)
    axes.set(xlabel="weight (LSB)", ylabel="deviation of the window (LSB)")
    axes.margins(y=0.25)
    axes.legend(frameon=False)

"""Bench flip_flop: set-up and hold time of the decision latches."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import codes, input_pulses, latest_change
from cosim.cells.waveforms import logic_edges
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

LATCHES = {"win_inc": "inc", "win_sl": "sl"}
"""Each decision and its latch; the first rises near the input's edge, the second falls."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Times before and after the input's edge at which the decision must not change.

    set_up_time: the new decision is latched if it comes this long before the edge, s (negative:
    after it). hold_time: the old one is, if the new one comes this long after it, s.
    latch_delay: from the input's edge to the last change of a latch, s.
    """
    results = [_latched(vectors, *nodes) for nodes in LATCHES.items()]
    if any(taken.all() or not taken.any() for _, taken in results):
        raise SimulationError("the sweep does not reach from latched to not latched")
    rise, _ = input_pulses(vectors, "in")
    return {
        # Both lags ascend: all before the first that is lost, all after the last that is taken.
        "set_up_time": max(float(-lag[taken.argmin() - 1]) for lag, taken in results),
        "hold_time": max(float(lag[len(lag) - taken[::-1].argmax()]) for lag, taken in results),
        "latch_delay": latest_change(vectors, list(LATCHES.values()), rise),
    }


def _latched(vectors: Vectors, decision: str, latch: str) -> tuple[np.ndarray, np.ndarray]:
    """Lag in s of the decision behind the input's edge, and whether it was latched."""
    rise, fall = input_pulses(vectors, "in")
    changes = logic_edges(vectors, decision)
    change = changes[np.searchsorted(changes, rise)]
    old = codes(vectors, [decision], rise - 1e-9)
    return change - rise, codes(vectors, [latch], fall) != old


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Latched (1) or missed (0) decisions over their lag behind the input's edge."""
    for name, latch in LATCHES.items():
        lag, taken = _latched(vectors, name, latch)
        axes.plot(lag * 1e9, taken, "o-", markersize=3, label=name)
    axes.set(xlabel="decision after the input's edge (ns)", ylabel="latched")
    axes.set_yticks([0, 1], ["old", "new"])
    axes.legend(frameon=False)

"""Bench weight_bus: a row's weight bus, its drivers selected in turn."""

from itertools import pairwise

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import codes, latest_change
from cosim.cells.waveforms import charge, pulses, supply
from cosim.engine.job import Vectors

LINES = ["b0", "b1", "b2", "b3", "b4", "sign"]
INPUTS = {"w1_1": 1, "w1_0": 0, "w2_1": 1, "w2_0": 0, "w3_1": 1, "w4_0": 0}
"""Logic level of each node that drives a driver."""
WORDS = {1: 0b010101, 2: 0b101010, 3: 0b111111, 4: 0b000000}
"""Lines, the sign's the highest bit, by the number of the driver."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Weights that differ from the selected driver's, settling, disturbance and charge."""
    time = vectors["time"]
    starts, ends = pulses(vectors, "select")
    turns = np.rint(np.interp(starts, time, vectors["turn"])).astype(int)
    words = np.array([WORDS[turn] for turn in turns])
    kept_until = np.append(starts[1:], time[-1])
    off = [abs(vectors[node] - level * supply(vectors)) for node, level in INPUTS.items()]
    drawn = charge(time, -vectors["vbus#branch"], starts[0], starts[-1])
    return {
        "transitions": len(set(pairwise(turns))),
        "wrong_selected": int((codes(vectors, LINES, ends) != words).sum()),
        "wrong_kept": int((codes(vectors, LINES, kept_until) != words).sum()),
        "settling": latest_change(vectors, LINES, starts),
        "disturbance": float(np.max(off)),
        "charge": drawn / (len(starts) - 1),
    }


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Selections, and the lines, one above the other."""
    time = vectors["time"] * 1e9
    for row, node in enumerate(["select", *LINES]):
        axes.plot(time, vectors[node] / supply(vectors) * 0.8 + row, linewidth=0.8)
    axes.set_yticks(np.arange(len(LINES) + 1) + 0.4, ["select", *LINES])
    axes.set(xlabel="time (ns)", ylabel="line")

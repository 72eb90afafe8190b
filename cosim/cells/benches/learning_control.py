"""Bench learning_control: counting, saturation at both ends, holding."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import latest_change, steps
from cosim.engine.job import Vectors

COUNTERS = "umd"


def measure(vectors: Vectors) -> dict[str, float]:
    """Steps that break the law; delays from the input's edges to the last change they cause."""
    walks = {name: steps(vectors, name, "in") for name in COUNTERS}
    bits = [f"{name}{bit}" for name in COUNTERS for bit in range(6)]
    latches = [f"{name}_{latch}" for name in COUNTERS for latch in ("inc", "sl")]
    return {
        "wrong_codes": sum(one.wrong for one in walks.values()),
        "saturated": sum(
            int(((one.decision != 0) & (one.after == one.before)).sum()) for one in walks.values()
        ),
        "latch_delay": latest_change(vectors, latches, walks["u"].start),
        "settling": latest_change(vectors, bits, walks["u"].end),
    }


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """The three weights after each pulse."""
    for name in COUNTERS:
        one = steps(vectors, name, "in")
        weights = [one.before[0], *one.after]
        axes.plot(np.arange(len(weights)), weights, "o-", markersize=3, label=f"from {weights[0]}")
    axes.set(xlabel="pulse", ylabel="weight (LSB)")
    axes.legend(frameon=False)

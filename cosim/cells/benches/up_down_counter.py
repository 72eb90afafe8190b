"""Bench up_down_counter: every code held, counted up and counted down."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import Steps, latest_change, steps
from cosim.engine.job import Vectors

COUNTERS = "ud"


def measure(vectors: Vectors) -> dict[str, float]:
    """Steps that break the law, different pairs of code and decision, and settling time."""
    walks = _walks(vectors)
    seen = {pair for one in walks for pair in zip(one.before, one.decision, strict=True)}
    settling = [
        latest_change(vectors, [f"{name}{bit}" for bit in range(6)], one.end)
        for name, one in zip(COUNTERS, walks, strict=True)
    ]
    return {
        "wrong_codes": sum(one.wrong for one in walks),
        "transitions": len(seen),
        "settling": max(settling),
    }


def _walks(vectors: Vectors) -> list[Steps]:
    return [steps(vectors, name, f"{name}_in") for name in COUNTERS]


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """The weight after each pulse."""
    for one, label in zip(_walks(vectors), ("hold, up, hold, up ...", "down"), strict=True):
        axes.plot(np.arange(1, len(one.after) + 1), one.after, drawstyle="steps-post", label=label)
    axes.set(xlabel="pulse", ylabel="weight (LSB)")
    axes.legend(frameon=False)

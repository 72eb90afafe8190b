"""Bench sub_lsbs: the counter with bits below its LSB."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import steps
from cosim.engine.job import Vectors
from ebn_model.weight_counter import WeightCounter

COUNTERS = "umd"


def measure(vectors: Vectors) -> dict[str, float]:
    """Weights that differ from the law's, and the number of bits."""
    walks = [(steps(vectors, name, "in").after, law(vectors, name)) for name in COUNTERS]
    return {
        "bits": _bits(vectors),
        "wrong_codes": sum(int((after != expected).sum()) for after, expected in walks),
        "weight_changes": sum(int((np.diff(after) != 0).sum()) for after, _ in walks),
    }


def law(vectors: Vectors, name: str) -> np.ndarray:
    """Weights in LSB after each pulse, shape (pulses,), of the counter's model."""
    one = steps(vectors, name, "in")
    model = WeightCounter(int(one.before[0]), _bits(vectors))
    expected = []
    for decision in one.decision:
        model.step(int(decision))
        expected.append(model.weight)
    return np.array(expected)


def _bits(vectors: Vectors) -> int:
    return round(vectors["sub_lsbs"][0])


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """The three weights after each pulse, as steps from the first."""
    for name in COUNTERS:
        one = steps(vectors, name, "in")
        change = [0, *(one.after - one.before[0])]
        axes.plot(change, drawstyle="steps-post", label=f"from {one.before[0]}")
    axes.set(xlabel="pulse", ylabel="change of the weight (LSB)")
    axes.legend(frameon=False)

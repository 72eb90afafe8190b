"""Bench magnitude_encoder: preset and magnitude of every code."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import codes, signed, weights
from cosim.cells.waveforms import pulses
from cosim.engine.job import Vectors

SETTLED = 0.3e-6
"""Codes are read this long after load has ended, s: before the next preset."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Presets seen, weights that differ from theirs, and magnitudes that break the law."""
    preset, weight, magnitude = _codes(vectors)
    return {
        "codes": len(np.unique(preset)),
        "wrong_presets": int((weight != preset).sum()),
        "wrong_magnitudes": int((magnitude != law(weight)).sum()),
    }


def law(weight: np.ndarray) -> np.ndarray:
    """Magnitude bits of weights: w, or -w - 1 where it is negative."""
    return np.where(weight < 0, -weight - 1, weight)


def _codes(vectors: Vectors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _, ends = pulses(vectors, "load")
    return (
        signed(codes(vectors, [f"p{bit}" for bit in range(6)], ends)),
        weights(vectors, "q", ends + SETTLED),
        codes(vectors, [f"m{bit}" for bit in range(5)], ends + SETTLED),
    )


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Magnitude bits over the weight."""
    _, weight, magnitude = _codes(vectors)
    axes.plot(weight, magnitude, ".", markersize=3)
    axes.set(xlabel="weight (LSB)", ylabel="magnitude bits")

"""Bench current_dac: the current of all 64 weights over the output voltage."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import supply
from cosim.engine.job import Vectors

SATURATED = 0.95
"""Share of the full-scale current down to which the output counts as saturated."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Unit current, nonlinearity, output resistance and compliance."""
    volts, weights, i_out = codes(vectors)
    at = _middle(vectors, volts)
    inl, i_unit = _nonlinearity(weights, i_out[at])
    # Steps away from zero on both sides: the sign must not matter.
    rising, falling = i_out[at][weights >= 0], i_out[at][weights < 0][::-1]
    steps = np.concatenate([np.diff(rising), np.diff(falling)]) / i_unit
    full = i_out[:, -1]
    slope = np.polyfit(volts[at - 4 : at + 5], full[at - 4 : at + 5], 1)[0]
    return {
        "i_unit": i_unit,
        "offset": float(i_out[at][weights == 0][0]),
        "inl": float(np.abs(inl).max()),
        "dnl": float(np.abs(steps - 1).max()),
        "smallest_step": float(steps.min()),
        "r_out": float(1 / slope),
        "compliance": float(volts[(full > SATURATED * full[at]).argmax()]),
    }


def codes(vectors: Vectors) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Output voltages (voltages,), weights (64,) and currents in A (voltages, 64)."""
    weights = np.unique(np.round(vectors["weight"]))
    shape = (-1, len(weights))
    return vectors["out"].reshape(shape)[:, 0], weights, -vectors["vout#branch"].reshape(shape)


def _middle(vectors: Vectors, volts: np.ndarray) -> int:
    """Index of the voltage nearest to half the supply, in the middle of what steering leaves."""
    return int(np.abs(volts - supply(vectors) / 2).argmin())


def _nonlinearity(weights: np.ndarray, i_out: np.ndarray) -> tuple[np.ndarray, float]:
    """Integral nonlinearity in LSB, (64,), from the line through weights 0 and 31; its slope."""
    zero, highest = i_out[weights == 0][0], i_out[-1]
    i_unit = float((highest - zero) / weights[-1])
    return (i_out - zero) / i_unit - np.abs(weights), i_unit


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Integral and differential nonlinearity over the weight."""
    volts, weights, i_out = codes(vectors)
    inl, _ = _nonlinearity(weights, i_out[_middle(vectors, volts)])
    axes.plot(weights, inl, ".-", markersize=3, label="INL")
    axes.plot(weights[1:], np.diff(inl) * np.sign(weights[1:] - 0.5), ".", ms=3, label="DNL")
    axes.axhline(0, color="0.5", linewidth=0.6)
    axes.set(xlabel="weight (LSB)", ylabel="error (LSB)")
    axes.margins(y=0.25)
    axes.legend(frameon=False, ncols=2, loc="upper center")

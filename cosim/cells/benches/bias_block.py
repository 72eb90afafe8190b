"""Bench bias_block: each bias current, copied by a mirror of the size that its users have."""

import re

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current, supply
from cosim.engine.job import Vectors

ENDS = 0.3
"""A mirror should be flat at voltages that are this far, in V, from 0 and from the supply."""
SATURATED = 0.95
"""Share of its current at half the supply down to which a mirror counts as saturated."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Error of each copy in percent, greatest change over the voltage, least voltage needed.

    Errors are stated where half the supply is across the mirror.
    """
    volts, copies = errors(vectors)
    middle, ends = supply(vectors) / 2, (ENDS, supply(vectors) - ENDS)
    at = {name: float(np.interp(middle, volts, error)) for name, error in copies.items()}
    changes = [np.interp(ends, volts, error) for error in copies.values()]
    needed = [
        volts[(100 + error > SATURATED * (100 + at[name])).argmax()]
        for name, error in copies.items()
    ]
    return {
        **{f"i_{name}": error for name, error in at.items()},
        "flatness": float(np.abs(np.diff(changes)).max()),
        "compliance": float(max(needed)),
    }


def errors(vectors: Vectors) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Voltages (points,) across the mirrors, and each one's error in percent (points,)."""
    diodes = [re.fullmatch(r"@m\.xbias\.x(\w+)\.m1\[id\]", name) for name in vectors]
    names = [match[1] for match in diodes if match]
    return vectors["drain_n"], {
        name: 100 * (current(vectors, f"x{name}") / current(vectors, f"xbias.x{name}") - 1)
        for name in names
    }


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Errors of all copies over the voltage; the largest ones named."""
    volts, copies = errors(vectors)
    worst = sorted(copies, key=lambda name: -abs(values[f"i_{name}"]))[:3]
    for name, error in copies.items():
        named = name in worst
        label = (
            f"i_{name}: {values[f'i_{name}']:+.3g} % at {supply(vectors) / 2:g} V"
            if named
            else None
        )
        axes.plot(volts, error, color=None if named else "0.7", label=label)
    axes.axhspan(-10, 10, color="0.93", zorder=0)
    axes.set(xlabel="voltage across the mirror (V)", ylabel="error of the copy (%)")
    axes.set_ylim(-15, 25)
    axes.legend(frameon=False)

"""Benches without a module of their own: the netlist's .meas lines are what they measure."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.engine.job import Vectors
from cosim.engine.measures import PREFIX

MOST_DRAWN = 6
"""Waveforms in a figure."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Value of each .meas line, by its name."""
    return {
        name.removeprefix(PREFIX): float(value[0])
        for name, value in vectors.items()
        if name.startswith(PREFIX)
    }


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """The first waveforms that the netlist saves, as shares of their greatest magnitude."""
    scale = next((name for name in vectors if name == "time" or name.endswith("-sweep")), None)
    shown = [name for name in vectors if name != scale and not name.startswith(PREFIX)]
    for name in shown[:MOST_DRAWN]:
        peak = float(np.abs(vectors[name]).max()) or 1.0
        x = vectors[scale] if scale else np.arange(len(vectors[name]))
        axes.plot(x, vectors[name] / peak, label=f"{name} ({peak:.3g})")
    axes.set(xlabel="time (s)" if scale == "time" else scale or "", ylabel="share of its peak")
    axes.legend(frameon=False, fontsize=6)

"""Bench leakage: how far each bias current is above the leakage at the node it rules."""

import re

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current
from cosim.engine.job import Vectors

COLD, HOT = 27.0, 85.0
"""Temperatures in degrees C for which the ratios are stated."""
SOURCES = {
    "tau_mem": "vmem",
    "tau_exc": "vsyn",
    "tau_inh": "vsyn",
    "tau_ext": "vsyn",
    "lsb": "vlsb",
    "omega": "vomega",
}
"""Source that carries the leakage of a node on which more than one device acts, by bias."""
REQUIRED = 5


def measure(vectors: Vectors) -> dict[str, float]:
    """Ratio of each bias current to its leakage, at 27 and (`_hot`) at 85 degrees C."""
    celsius, found = ratios(vectors)
    values = {}
    for suffix, temperature in (("", COLD), ("_hot", HOT)):
        for name, ratio in found.items():
            values[f"i_{name}{suffix}"] = float(np.interp(temperature, celsius, ratio))
    return values


def ratios(vectors: Vectors) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Temperatures in degrees C (points,) and the ratios (points,) by bias."""
    references = [re.fullmatch(r"@i\.xbias\.i(\w+)\[current\]", name) for name in vectors]
    return vectors["temp-sweep"], {
        match[1]: np.abs(vectors[match[0]] / _leakage(vectors, match[1]))
        for match in references
        if match
    }


def _leakage(vectors: Vectors, name: str) -> np.ndarray:
    if name in SOURCES:
        return vectors[f"{SOURCES[name]}#branch"]
    return current(vectors, f"x{name}")


def notes(values: dict[str, float]) -> list[str]:
    """The biases that are nearest to their leakage; one below it is off, and named apart."""
    every = {name: ratio for name, ratio in values.items() if not name.endswith("_hot")}
    cold = {name: ratio for name, ratio in every.items() if ratio > 1}
    worst = min(cold, key=cold.__getitem__)
    hot = min(cold, key=lambda name: values[f"{name}_hot"])
    return [
        f"nearest to its leakage: at {COLD:g} °C {worst} ({cold[worst]:.2g} times), "
        f"at {HOT:g} °C {hot} ({values[f'{hot}_hot']:.2g} times)",
        *(f"off, below its leakage: {name}" for name in every if name not in cold),
    ]


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Ratios over the temperature, the four smallest named."""
    celsius, found = ratios(vectors)
    order = sorted(found, key=lambda name: values[f"i_{name}"])
    for name in reversed(order):
        named = name in order[:4]
        axes.semilogy(
            celsius,
            found[name],
            color=None if named else "0.75",
            label=f"i_{name}" if named else None,
        )
    axes.axhline(REQUIRED, color="k", linewidth=0.6, linestyle="--")
    axes.set(xlabel="temperature (°C)", ylabel="bias current / leakage", xlim=(COLD, HOT))
    axes.set_ylim(top=1e7)
    axes.legend(frameon=False, ncols=2, loc="upper center")

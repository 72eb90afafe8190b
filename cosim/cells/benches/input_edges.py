"""Bench input_edges: counting with slow input edges."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.logic import clock_gap, steps
from cosim.cells.waveforms import edges, supply
from cosim.engine.job import Vectors

COUNTERS = "abcd"
"""From the fastest to the slowest edge."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Slowest edge up to which every step is right, s; wrong steps, gap between the phases."""
    wrong = np.array([steps(vectors, name, f"{name}_in").wrong for name in COUNTERS])
    right = int((wrong > 0).argmax()) if wrong.any() else len(COUNTERS)
    return {
        "slowest_edge": _edge(vectors, COUNTERS[right - 1]) if right else 0.0,
        "wrong_codes": int(wrong.sum()),
        "clock_gap": min(_gap(vectors, f"x{name}", name) for name in COUNTERS),
    }


def _gap(vectors: Vectors, cell: str, counter: str) -> float:
    high = (f"{cell}.pulse", f"{counter}_pulse_b")
    return clock_gap(vectors, high, (f"{cell}.low", f"{cell}.low_b"))


def _edge(vectors: Vectors, counter: str) -> float:
    """Duration in s of the first edge, from 10 % to 90 % and beyond in proportion."""
    signal, v_supply = vectors[f"{counter}_in"], supply(vectors)
    low, high = (edges(vectors["time"], signal, share * v_supply)[0] for share in (0.1, 0.9))
    return float((high - low) / 0.8)


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """The slowest input and the lowest bit of its weight."""
    time = vectors["time"] * 1e6
    axes.plot(time, vectors[f"{COUNTERS[-1]}_in"], label="input")
    axes.plot(time, vectors[f"{COUNTERS[-1]}0"], label="bit 0")
    axes.set(xlabel="time (µs)", ylabel="V")
    axes.legend(frameon=False)

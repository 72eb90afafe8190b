"""Bench decision_speed: time from a step of I_mem to the settled outcome against overdrive."""

import numpy as np
from matplotlib.axes import Axes

from cosim.datasheet.waveforms import Vectors, current, edges, pulses
from cosim.errors import SimulationError
from cosim.sources import SUPPLY

CIRCUITS = {"up": "dec", "down": "inc"}
"""Instances of the bench, with the outcome that their steps should end in."""
OVERDRIVES = (10e-12, 100e-12, 1e-9)
"""Overdrives in A for which the delay is stated."""
MARGIN = 1e-6
"""Time in s before the end of a step at which I_mem and the outcomes are read."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Delay of the slower direction at each overdrive."""
    found = [delays(vectors, circuit) for circuit in CIRCUITS]
    return {
        f"delay_{wanted * 1e12:.0f}p": max(_at(wanted, *direction) for direction in found)
        for wanted in OVERDRIVES
    }


def delays(vectors: Vectors, circuit: str) -> tuple[np.ndarray, np.ndarray]:
    """Ascending overdrives in A and delays in s, each of shape (steps,), of one direction.

    Only steps that ended in the right outcome, and in no other, count.

    Raises:
        SimulationError: the slow ramp doesn't cross the threshold.
    """
    time, i_mem = vectors["time"], current(vectors, f"x{circuit}.xmem")
    threshold = _threshold(vectors, circuit)
    starts, ends = pulses(time, vectors["gate"] * SUPPLY)
    overdrives, found = [], []
    for start, end in zip(starts, ends, strict=True):
        on = [
            outcome
            for outcome in ("inc", "sl", "dec")
            if np.interp(end - MARGIN, time, vectors[f"{circuit}_{outcome}"]) > SUPPLY / 2
        ]
        if on == [CIRCUITS[circuit]]:
            overdrives.append(abs(np.interp(end - MARGIN, time, i_mem) - threshold))
            found.append(_settled(vectors, circuit, start, end) - start)
    order = np.argsort(overdrives)
    return np.array(overdrives)[order], np.array(found)[order]


def _threshold(vectors: Vectors, circuit: str) -> float:
    """I_mem in A at which the outcome flips during the slow ramp."""
    ramp = vectors["ramping"] == 1
    i_mem, outcome = current(vectors, f"x{circuit}.xmem"), CIRCUITS[circuit]
    flips = edges(i_mem[ramp], vectors[f"{circuit}_{outcome}"][ramp])
    if len(flips) != 1:
        raise SimulationError(f"{circuit}: {outcome} flips {len(flips)} times on the slow ramp")
    return float(flips[0])


def _settled(vectors: Vectors, circuit: str, start: float, end: float) -> float:
    """Time in s of the last flip of any outcome during a step."""
    time = vectors["time"]
    inside = (time >= start) & (time <= end)
    flips = [
        edges(time[inside], vectors[f"{circuit}_{outcome}"][inside])
        for outcome in ("inc", "sl", "dec")
    ]
    return float(np.concatenate([[start], *flips]).max())


def _at(wanted: float, overdrives: np.ndarray, found: np.ndarray) -> float:
    """Delay in s at an overdrive in A, interpolated; SimulationError where no steps enclose it."""
    if not len(overdrives) or not overdrives[0] <= wanted <= overdrives[-1]:
        raise SimulationError(f"no step has an overdrive of {wanted:g} A or less, or none has more")
    return float(np.exp(np.interp(np.log(wanted), np.log(overdrives), np.log(found))))


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Delay over overdrive, both directions."""
    for circuit, outcome in CIRCUITS.items():
        overdrives, found = delays(vectors, circuit)
        axes.loglog(overdrives * 1e12, found * 1e6, ".-", label=f"SL to {outcome.upper()}")
    axes.set(xlabel="overdrive of $I_{mem}$ (pA)", ylabel="settling time (µs)")
    axes.legend(frameon=False)

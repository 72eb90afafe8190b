"""Bench decision_speed: time from a step of I_mem to the settled outcome against overdrive."""

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.benches.outcomes import delay_at, outcomes, settled, threshold
from cosim.cells.waveforms import current, pulses
from cosim.engine.job import Vectors

CIRCUITS = {"up": "dec", "down": "inc"}
"""Instances of the bench, with the outcome that their steps should end in."""
OVERDRIVES = (10e-12, 100e-12, 1e-9)
"""Overdrives in A for which the delay is stated."""
GATE = 1.0
"""Voltage of the node `gate` during a step, V."""
MARGIN = 1e-6
"""Time in s before the end of a step at which I_mem and the outcomes are read."""


def measure(vectors: Vectors) -> dict[str, float]:
    """Delay of the slower direction at each overdrive."""
    found = [delays(vectors, circuit) for circuit in CIRCUITS]
    return {
        f"delay_{wanted * 1e12:.0f}p": max(delay_at(wanted, *direction) for direction in found)
        for wanted in OVERDRIVES
    }


def delays(vectors: Vectors, circuit: str) -> tuple[np.ndarray, np.ndarray]:
    """Ascending overdrives in A and delays in s, each of shape (steps,), of one direction.

    Only steps that ended in the right outcome, and in no other, count.

    Raises:
        SimulationError: the slow ramp doesn't cross the threshold.
    """
    time, i_mem = vectors["time"], current(vectors, f"x{circuit}.xmem")
    at = threshold(vectors, circuit, CIRCUITS[circuit])
    starts, ends = pulses(vectors, "gate", high=GATE)
    overdrives, found = [], []
    for start, end in zip(starts, ends, strict=True):
        if outcomes(vectors, circuit, end - MARGIN) == [CIRCUITS[circuit]]:
            overdrives.append(abs(np.interp(end - MARGIN, time, i_mem) - at))
            found.append(settled(vectors, circuit, start, end) - start)
    order = np.argsort(overdrives)
    return np.array(overdrives)[order], np.array(found)[order]


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Delay over overdrive, both directions."""
    for circuit, outcome in CIRCUITS.items():
        overdrives, found = delays(vectors, circuit)
        axes.loglog(overdrives * 1e12, found * 1e6, ".-", label=f"SL to {outcome.upper()}")
    axes.set(xlabel="overdrive of $I_{mem}$ (pA)", ylabel="settling time (µs)")
    axes.legend(frameon=False)

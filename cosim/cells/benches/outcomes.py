"""Parts that benches of the decision circuit share: thresholds, outcomes, settling."""

import numpy as np

from cosim.cells.waveforms import current, edges, supply
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError
from ebn_model.learning_rule import Decision

OUTCOMES = tuple(name.lower() for name in Decision.__members__)
"""Nodes of the decision circuit that are high for each Decision."""
HELD = 1e-3
"""Time in s for which I_mem stands still before the slow ramp rises."""


def threshold(vectors: Vectors, circuit: str, outcome: str) -> float:
    """I_mem in A at which an outcome of a circuit flips during the slow ramp.

    A flip while I_mem still stands is the end of what came before: the fall to where the ramp
    begins may have crossed the threshold a settling time earlier.

    Raises:
        SimulationError: the slow ramp doesn't cross the threshold, or more than once.
    """
    time = vectors["time"]
    ramp = time >= time[np.argmax(vectors["ramping"] == 1)] + HELD
    i_mem = current(vectors, f"x{circuit}.xmem")
    flips = edges(i_mem[ramp], vectors[f"{circuit}_{outcome}"][ramp], supply(vectors) / 2)
    if len(flips) != 1:
        raise SimulationError(f"{circuit}: {outcome} flips {len(flips)} times on the slow ramp")
    return float(flips[0])


def outcomes(vectors: Vectors, circuit: str, time: float) -> list[str]:
    """All outcomes of a circuit that are high at a time in s."""
    half = supply(vectors) / 2
    return [
        outcome
        for outcome in OUTCOMES
        if np.interp(time, vectors["time"], vectors[f"{circuit}_{outcome}"]) > half
    ]


def settled(vectors: Vectors, circuit: str, start: float, end: float) -> float:
    """Time in s of the last flip of any outcome between two times, the first where none flips."""
    time = vectors["time"]
    inside = (time >= start) & (time <= end)
    half = supply(vectors) / 2
    flips = [
        edges(time[inside], vectors[f"{circuit}_{outcome}"][inside], half) for outcome in OUTCOMES
    ]
    return float(np.concatenate([[start], *flips]).max())


def delay_at(wanted: float, overdrives: np.ndarray, delays: np.ndarray) -> float:
    """Delay in s at an overdrive in A, interpolated; SimulationError where no steps enclose it."""
    if not len(overdrives) or not overdrives[0] <= wanted <= overdrives[-1]:
        raise SimulationError(f"no step has an overdrive of {wanted:g} A or less, or none has more")
    return float(np.exp(np.interp(np.log(wanted), np.log(overdrives), np.log(delays))))

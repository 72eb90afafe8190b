"""Parts that measurements of the learning logic share: codes, steps of the weight, phases."""

from dataclasses import dataclass

import numpy as np

from cosim.cells.waveforms import edges, logic_edges, pulses, supply
from cosim.circuits.neuron_readout import logic_level
from cosim.engine.job import Vectors
from cosim.workbench.errors import LostEdgeError, SimulationError
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN

OFF = 0.35 / 1.8
"""Share of the supply as a gate-source voltage below which a switch is off: thresholds are higher,
and go with the supply that a technology is made for."""


@dataclass(frozen=True)
class Steps:
    """Weights of one counter around its input's pulses, each of shape (pulses,).

    start, end: when the input passes the middle of its edges, s. decision: latched at the end,
    +1, 0 or -1. before, after: weight at the start, and once the pulse is long over, LSB.
    """

    start: np.ndarray
    end: np.ndarray
    decision: np.ndarray
    before: np.ndarray
    after: np.ndarray

    @property
    def wrong(self) -> int:
        """Number of steps that break the law: one LSB in the decision's direction, saturating."""
        lawful = (self.before + self.decision).clip(WEIGHT_MIN, WEIGHT_MAX)
        return int((self.after != lawful).sum())


def steps(vectors: Vectors, counter: str, pulse: str) -> Steps:
    """The steps of a counter: its nodes are counter0 .. counter5, counter_inc and counter_sl.

    Raises:
        SimulationError: no whole pulses on the node `pulse`, or a node between levels.
        LostEdgeError: an edge of a pulse has no time point.
    """
    time = vectors["time"]
    start, end = input_pulses(vectors, pulse)
    return Steps(
        start=start,
        end=end,
        decision=decisions(vectors, counter, end),
        before=weights(vectors, counter, start),
        after=weights(vectors, counter, np.append(start[1:], time[-1])),
    )


def input_pulses(vectors: Vectors, source: str) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of a stimulus' pulses in s, each of shape (pulses,).

    Raises:
        SimulationError: see `waveforms.pulses`.
        LostEdgeError: see `check_edges`.
    """
    check_edges(vectors, source)
    return pulses(vectors, source)


def check_edges(vectors: Vectors, source: str) -> None:
    """Raise LostEdgeError where a stimulus goes from level to level in one time step.

    ngspice has then passed over the end of an edge, and logic that sees it may miscount.
    """
    share = vectors[source] / supply(vectors)
    low, high = share < 0.1, share > 0.9
    lost = (low[:-1] & high[1:]) | (high[:-1] & low[1:])
    if lost.any():
        time = vectors["time"][int(lost.argmax())]
        raise LostEdgeError(f"the edge of {source} at {time:g} s has no time point")


def weights(vectors: Vectors, counter: str, times: np.ndarray) -> np.ndarray:
    """Weights in LSB at times in s, shape (times,); SimulationError for a bit between levels."""
    return signed(codes(vectors, [f"{counter}{bit}" for bit in range(6)], times))


def signed(code: np.ndarray) -> np.ndarray:
    """Weights in LSB from 6-bit codes, two's complement."""
    return np.where(code > WEIGHT_MAX, code - 64, code)


def decisions(vectors: Vectors, counter: str, times: np.ndarray) -> np.ndarray:
    """Latched decisions at times in s, +1, 0 or -1; SimulationError as for `weights`."""
    increment = codes(vectors, [f"{counter}_inc"], times)
    stop = codes(vectors, [f"{counter}_sl"], times)
    return np.where(stop, 0, 2 * increment - 1)


def codes(vectors: Vectors, nodes: list[str], times: np.ndarray) -> np.ndarray:
    """Unsigned numbers at times in s, shape (times,), the lowest bit's node first.

    Raises:
        SimulationError: a node is between levels.
    """
    bits = np.array([logic_level(vectors, node, times, supply(vectors)) for node in nodes])
    return (1 << np.arange(len(nodes))) @ bits


def latest_change(vectors: Vectors, nodes: list[str], causes: np.ndarray) -> float:
    """Delay of the last of these nodes behind its cause, s; the worst of all causes.

    Changes before the first cause are none of its effects. Raises SimulationError where nothing
    changes at all.
    """
    changes = np.concatenate([logic_edges(vectors, node) for node in nodes])
    changes = changes[changes > causes[0]]
    if not len(changes):
        raise SimulationError(f"none of {', '.join(nodes)} changes")
    return float((changes - causes[np.searchsorted(causes, changes) - 1]).max())


def clock_gap(vectors: Vectors, high: tuple[str, str], low: tuple[str, str]) -> float:
    """Shortest time in s from the end of one clock phase to the start of the other.

    A phase lasts while either switch of its transmission gates conducts; a negative gap is an
    overlap.

    Args:
        vectors: of a run in which the clock is low at first.
        high: nodes of a phase and of its complement.
        low: nodes of the other phase and of its complement.
    """
    time, v_supply = vectors["time"], supply(vectors)
    high_drive, low_drive = (
        np.maximum(vectors[phase], v_supply - vectors[phase_b]) for phase, phase_b in (high, low)
    )
    high_edges, low_edges = (
        edges(time, drive, OFF * v_supply) for drive in (high_drive, low_drive)
    )
    if len(high_edges) != len(low_edges) or not len(high_edges):
        raise SimulationError(
            f"{len(high_edges)} edges of {high[0]}, but {len(low_edges)} of {low[0]}"
        )
    # Low ends, then high starts; high ends, then low starts.
    gap = high_edges - low_edges
    gap[1::2] *= -1
    return float(gap.min())

"""The learning neuron's spike table, read off the waveforms of its circuit."""

import numpy as np

from cosim.errors import SimulationError
from cosim.sources import EDGE, SETTLED_AFTER, SUPPLY
from ebn_model.results import SpikeTable
from ebn_model.stimulus import Stimulus

I_MEM = "@m.xneuron.xanalog.xdecision.xmem.m1[id]"
BITS = tuple(f"v(q{bit})" for bit in range(6))
LATCHES = ("v(inc)", "v(sl)")


def spike_table(stimulus: Stimulus, vectors: dict[str, np.ndarray]) -> SpikeTable:
    """Read I_mem, weights and decisions at every spike.

    Raises:
        SimulationError: a bit between levels, or a weight that changed out of turn.
    """
    duration = stimulus.duration
    rise, fall = stimulus.spike_times, stimulus.fall_times
    ended = fall <= duration
    # I_mem and the old weight just before an edge begins, the new state after it has settled.
    before_rise = rise - EDGE / 2
    before_fall = np.minimum(fall - EDGE / 2, duration)
    after_fall = np.minimum(fall + SETTLED_AFTER, duration)
    before = _weights(vectors, before_rise)
    after = np.where(ended, _weights(vectors, after_fall), before)
    expected = np.concatenate([[stimulus.start_weight], after[:-1]])[: len(before)]
    if (before != expected).any():
        index = int((before != expected).argmax())
        raise SimulationError(
            f"the weight is {before[index]} before spike {index} at {rise[index]:g} s, "
            f"but was {expected[index]} after the one before"
        )
    i_mem_fall = np.interp(before_fall, vectors["time"], vectors[I_MEM])
    return SpikeTable(
        t_rise=rise,
        t_fall=np.where(ended, fall, np.nan),
        i_mem_rise=np.interp(before_rise, vectors["time"], vectors[I_MEM]),
        i_mem_fall=np.where(ended, i_mem_fall, np.nan),
        decision=_decisions(vectors, before_fall),
        weight_before=before,
        weight_after=after,
    )


def _decisions(vectors: dict[str, np.ndarray], times: np.ndarray) -> np.ndarray:
    inc, sl = (_logic(vectors, name, times) for name in LATCHES)
    return np.where(sl, 0, np.where(inc, 1, -1))


def _weights(vectors: dict[str, np.ndarray], times: np.ndarray) -> np.ndarray:
    bits = [_logic(vectors, name, times).astype(int) for name in BITS]
    return sum(bit << place for place, bit in enumerate(bits[:-1])) - (bits[-1] << 5)


def _logic(vectors: dict[str, np.ndarray], name: str, times: np.ndarray) -> np.ndarray:
    """Logic level of a node at times in s; SimulationError where it is neither 0 nor 1."""
    volts = np.interp(times, vectors["time"], vectors[name])
    between = (volts > 0.2 * SUPPLY) & (volts < 0.8 * SUPPLY)
    if between.any():
        index = int(between.argmax())
        raise SimulationError(
            f"{name} is {volts[index]:.2f} V at {times[index]:g} s, neither logic 0 nor 1"
        )
    return volts > SUPPLY / 2

"""A row's result, read off the waveforms of its circuit."""

from collections.abc import Iterable

import numpy as np

from cosim.circuits.neuron_readout import decisions_at, output_spikes, weights_at
from cosim.circuits.neuron_sources import SETTLED_AFTER
from cosim.circuits.probes import vector
from cosim.circuits.row_deck import bit_names, latch_names
from cosim.circuits.row_timeline import on_tick
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError
from ebn_model.row import RowEvents, RowResult, RowStimulus

I_MEM = vector("i_mem", "xneuron.xdecision")


def digital_result(stimulus: RowStimulus, vectors: Vectors, supply: float) -> RowResult:
    """The result of a run whose logic was in Python (see DigitalRow.record); supply: V."""
    outcome = vectors["decision"], vectors["weight_before"], vectors["weight_after"]
    codes, fractions = vectors["final_codes"], vectors["final_fractions"]
    return _result(stimulus, vectors, supply, outcome, codes, fractions)


def transistor_result(stimulus: RowStimulus, vectors: Vectors, supply: float) -> RowResult:
    """The result of a run whose logic was in the circuit; its fractions are not seen, and -1.

    Raises:
        SimulationError: a bit between levels, even at the operating point, a weight that isn't
            its preset there, or that changed out of turn.
    """
    outcome = np.zeros((3, len(stimulus.rise_times)), dtype=int)
    final = np.empty(len(stimulus.synapses), dtype=int)
    end = np.array([stimulus.duration])
    for number, pre in enumerate(stimulus.synapses.tolist()):
        own = stimulus.pre == pre
        final[number] = weights_at(vectors, end, supply, bit_names(number))[0]
        outcome[:, own] = _synapse(stimulus, vectors, supply, number, own)
    return _result(stimulus, vectors, supply, outcome, final, np.full(len(final), -1))


def _synapse(
    stimulus: RowStimulus, vectors: Vectors, supply: float, number: int, own: np.ndarray
) -> np.ndarray:
    """Decision, weight before and weight after of each pulse of a synapse, shape (3, pulses)."""
    rises, falls = (_ticks(times[own]) for times in (stimulus.rise_times, stimulus.fall_times))
    bits, duration = bit_names(number), stimulus.duration
    start = weights_at(vectors, np.zeros(1), supply, bits)[0]
    if start != stimulus.start_codes[number]:
        raise SimulationError(
            f"the weight of synapse {stimulus.synapses[number]} is {start} at the operating point, "
            f"but its preset is {stimulus.start_codes[number]}"
        )
    before = weights_at(vectors, rises, supply, bits)
    # The last bit of a run that ends right after a fall may not have settled.
    after_fall = np.minimum(falls + SETTLED_AFTER, duration)
    after = np.where(falls <= duration, weights_at(vectors, after_fall, supply, bits), before)
    expected = np.concatenate([[stimulus.start_codes[number]], after[:-1]])[: len(before)]
    if (before != expected).any():
        index = int((before != expected).argmax())
        raise SimulationError(
            f"the weight of synapse {stimulus.synapses[number]} is {before[index]} at "
            f"{rises[index]:g} s, but was {expected[index]} after the pulse before"
        )
    latched = np.minimum(falls, duration)
    return np.array([decisions_at(vectors, latched, supply, latch_names(number)), before, after])


def _result(
    stimulus: RowStimulus,
    vectors: Vectors,
    supply: float,
    outcome: Iterable[np.ndarray],
    codes: np.ndarray,
    fractions: np.ndarray,
) -> RowResult:
    """outcome: decision, weight before and weight after of each pulse."""
    time, i_mem = vectors["time"], vectors[I_MEM]
    rises, falls = _ticks(stimulus.rise_times), _ticks(stimulus.fall_times)
    ended = falls <= stimulus.duration
    decision, before, after = outcome
    events = RowEvents(
        t_rise=stimulus.rise_times,
        t_fall=np.where(ended, stimulus.fall_times, np.nan),
        i_mem_rise=np.interp(rises, time, i_mem),
        i_mem_fall=np.where(ended, np.interp(falls, time, i_mem), np.nan),
        decision=decision,
        weight_before=before,
        weight_after=after,
        pre=stimulus.pre,
    )
    forced = stimulus.forced_spikes
    fired = output_spikes(vectors, supply) if forced is None else forced
    return RowResult(time, i_mem, events, codes, fractions, output_spikes=fired)


def _ticks(times: np.ndarray) -> np.ndarray:
    return np.array([on_tick(time) for time in times])

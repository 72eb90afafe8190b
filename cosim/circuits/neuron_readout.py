"""The learning neuron's result, read off the waveforms of its circuit."""

import numpy as np

from cosim.circuits.neuron_sources import EDGE, SETTLED_AFTER
from cosim.circuits.probes import vector
from cosim.workbench.errors import SimulationError
from ebn_model.results import LearningResult, SpikeTable, weight_steps
from ebn_model.stimulus import Stimulus

I_MEM = vector("i_mem", "xneuron.xanalog.xdecision")
BITS = tuple(f"v(q{bit})" for bit in range(6))
LATCHES = ("v(inc)", "v(sl)")
OUTPUT_SPIKE = "v(spike)"


def bits_and_latches(
    stimulus: Stimulus, vectors: dict[str, np.ndarray], supply: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Decision at, and weight before and after every spike, in LSB, off the logic's waveforms.

    supply: V.

    Raises:
        SimulationError: a bit between levels, or a weight that changed out of turn.
    """
    rise, duration = stimulus.spike_times, stimulus.duration
    before_rise, before_fall = _just_before_the_edges(stimulus)
    after_fall = np.minimum(stimulus.fall_times + SETTLED_AFTER, duration)
    before = weights_at(vectors, before_rise, supply)
    after = np.where(
        stimulus.fall_times <= duration, weights_at(vectors, after_fall, supply), before
    )
    expected = np.concatenate([[stimulus.start_weight], after[:-1]])[: len(before)]
    if (before != expected).any():
        index = int((before != expected).argmax())
        raise SimulationError(
            f"the weight is {before[index]} before spike {index} at {rise[index]:g} s, "
            f"but was {expected[index]} after the one before"
        )
    return decisions_at(vectors, before_fall, supply), before, after


def learning_result(
    stimulus: Stimulus,
    time: np.ndarray,
    i_mem: np.ndarray,
    decisions: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    fired: np.ndarray,
) -> LearningResult:
    """Spike table and waveforms of a circuit's run.

    Args:
        stimulus: of the run.
        time: of the waveform, s, shape (points,).
        i_mem: the waveform, A, shape (points,).
        decisions: at each spike, shape (spikes,).
        before: weight before each spike, LSB, shape (spikes,).
        after: weight after each spike, LSB, shape (spikes,); the same as before where the run
            ended before the falling edge.
        fired: when the neuron itself spiked, s, shape (output spikes,).
    """
    ended = stimulus.fall_times <= stimulus.duration
    at_rise, at_fall = (np.interp(times, time, i_mem) for times in _just_before_the_edges(stimulus))
    spikes = SpikeTable(
        t_rise=stimulus.spike_times,
        t_fall=np.where(ended, stimulus.fall_times, np.nan),
        i_mem_rise=at_rise,
        i_mem_fall=np.where(ended, at_fall, np.nan),
        decision=decisions,
        weight_before=before,
        weight_after=after,
    )
    weights = weight_steps(time, spikes, stimulus.start_weight)
    return LearningResult(time, i_mem, weights, spikes, fired)


def output_spikes(vectors: dict[str, np.ndarray], supply: float) -> np.ndarray:
    """Rising edges of the neuron's own spikes, s, interpolated as in engine.closed_loop; none where
    it has no spike generator. supply: V."""
    if OUTPUT_SPIKE not in vectors:
        return np.empty(0)
    time, spike, level = vectors["time"], vectors[OUTPUT_SPIKE], supply / 2
    before = np.flatnonzero((spike[:-1] < level) & (spike[1:] >= level))
    rise = (level - spike[before]) / (spike[before + 1] - spike[before])
    return time[before] + rise * (time[before + 1] - time[before])


def _just_before_the_edges(stimulus: Stimulus) -> tuple[np.ndarray, np.ndarray]:
    """Times in s at which the rising and the falling edges of the input begin, within the run."""
    rise, fall = stimulus.spike_times - EDGE / 2, stimulus.fall_times - EDGE / 2
    return rise, np.minimum(fall, stimulus.duration)


def decisions_at(
    vectors: dict[str, np.ndarray],
    times: np.ndarray,
    supply: float,
    latches: tuple[str, ...] = LATCHES,
) -> np.ndarray:
    """Decisions in the latches at times in s, LSB; raises SimulationError between levels."""
    inc, sl = (logic_level(vectors, name, times, supply) for name in latches)
    return np.where(sl, 0, np.where(inc, 1, -1))


def weights_at(
    vectors: dict[str, np.ndarray],
    times: np.ndarray,
    supply: float,
    bits: tuple[str, ...] = BITS,
) -> np.ndarray:
    """A synapse's weight at times in s, LSB; raises SimulationError between levels."""
    levels = np.array([logic_level(vectors, name, times, supply) for name in bits], dtype=int)
    places = 1 << np.arange(len(bits))
    # Two's complement.
    places[-1] *= -1
    return places @ levels


def logic_level(
    vectors: dict[str, np.ndarray], name: str, times: np.ndarray, supply: float
) -> np.ndarray:
    """Logic level of a node at times in s, bool, shape (times,); supply: V.

    Raises:
        SimulationError: the node is neither 0 nor 1, but in the middle 60 % of the supply.
    """
    volts = np.interp(times, vectors["time"], vectors[name])
    between = (volts > 0.2 * supply) & (volts < 0.8 * supply)
    if between.any():
        index = int(between.argmax())
        raise SimulationError(
            f"{name} is {volts[index]:.2f} V at {times[index]:g} s, neither logic 0 nor 1"
        )
    return volts > supply / 2

"""Input and output of the compiled loop of the chip's neurons, block by block."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ebn_model.chip.dpi import Dpi
from ebn_model.chip.kernel import RISES, Activity, Circuit, Record, run_block
from ebn_model.learning_neuron import settled_state, state_of
from ebn_model.parameters import IntegratorParameters, NeuronParameters
from ebn_model.weight_counter import counter_range

BLOCK = 100
"""Steps between two returns from the compiled loop, as a rule."""


def dpi_of(parameters: IntegratorParameters) -> Dpi:
    """Parameters of a DPI for the compiled functions."""
    values = [getattr(parameters, name) for name in Dpi._fields[:-1]]
    return Dpi._make([*values, float(np.log(state_of(parameters.i_floor, parameters)))])


def dpis_of(parameters: Sequence[IntegratorParameters]) -> Dpi:
    """The same of several neurons, as arrays of shape (P,)."""
    columns = zip(*map(dpi_of, parameters), strict=True)
    return Dpi._make(np.array(column, dtype=float) for column in columns)


def log_state(current: float, neuron: NeuronParameters) -> float:
    """Ln u of the membrane for I_mem in A."""
    return float(np.log(state_of(current, neuron.membrane)))


def log_states(currents: Sequence[float], neurons: Sequence[NeuronParameters]) -> np.ndarray:
    """Ln u of each neuron's membrane for its I_mem in A, shape (P,)."""
    return np.array([log_state(*pair) for pair in zip(currents, neurons, strict=True)])


def circuit_of(
    neurons: Sequence[NeuronParameters],
    synapse_gain: np.ndarray,
    plastic: np.ndarray,
    pulse_width: float,
    slot: float,
    sub_lsbs: int,
    lsb: int = 1,
    **changes,
) -> Circuit:
    """Neurons with K lines; `changes` are other fields of Circuit.

    neurons: constants of each, P in all. synapse_gain: over that of its neuron's constants, shape
    (P, K). plastic: bool, same shape. pulse_width, slot: s.
    sub_lsbs: bits of the counters below the codes'. lsb: one step of a code, in LSB of the DAC.
    """
    decisions = [neuron.decision for neuron in neurons]
    spikes = [neuron.spike_generator for neuron in neurons]
    nodes = [neuron.input_node for neuron in neurons]
    i_exc = np.array([neuron.excitatory.i_w for neuron in neurons])
    i_inh = np.array([neuron.inhibitory.i_w for neuron in neurons])
    i_omega = np.array([decision.i_omega for decision in decisions])
    lowest, highest = counter_range(sub_lsbs, lsb)
    values: dict[str, Any] = {
        "excitatory": dpis_of([neuron.excitatory for neuron in neurons]),
        "inhibitory": dpis_of([neuron.inhibitory for neuron in neurons]),
        "membrane": dpis_of([neuron.membrane for neuron in neurons]),
        "i_exc": i_exc[:, None] * synapse_gain,
        "i_inh": i_inh[:, None] * synapse_gain,
        "node_charge": np.array([node.charge for node in nodes]),
        "node_coupling": np.array([node.coupling for node in nodes]),
        "firing": log_states([spike.i_spike for spike in spikes], neurons),
        "held": log_states([spike.i_held for spike in spikes], neurons),
        "reset": log_states([spike.i_reset for spike in spikes], neurons),
        "refractory": np.array([spike.refractory for spike in spikes]),
        "pulse_width": pulse_width,
        "slot": slot,
        "lower": np.array([decision.i_lower for decision in decisions]),
        "upper": np.array([decision.i_upper for decision in decisions]),
        "shift": i_omega[:, None] * np.ones_like(synapse_gain),
        "i_sign": np.array([decision.i_sign for decision in decisions]),
        "plastic": plastic,
        "lsb": lsb,
        "lowest": lowest,
        "highest": highest,
        "sub_lsbs": sub_lsbs,
        "on_bus": True,
    }
    return Circuit(**values | changes)


def activity_at_rest(
    circuit: Circuit, neurons: Sequence[NeuronParameters], counters: np.ndarray
) -> Activity:
    """The beginning of a run: settled under the constant input, no pulse.

    neurons: of the circuit. counters: shape (P, K).
    """
    posts, lines = counters.shape
    pairs = zip(neurons, circuit.membrane.floor, strict=True)
    settled = [np.log(max(settled_state(neuron), np.exp(floor))) for neuron, floor in pairs]
    states = [circuit.excitatory.floor, circuit.inhibitory.floor, settled, np.zeros(posts)]
    return Activity(
        time=np.zeros(1),
        states=np.array(states),
        trial=np.zeros((len(states), posts)),
        inputs=np.zeros((2, posts)),
        rise=np.full(lines, np.inf),
        fall=np.full(lines, np.inf),
        bus=np.full(1, -np.inf),
        release=np.full(posts, np.inf),
        forced=np.full(posts, np.inf),
        counters=counters.astype(np.int64),
        decisions=np.zeros((posts, lines), dtype=np.int64),
        noise=np.empty((0, posts)),
    )


def blocks(
    ends: np.ndarray,
    inputs: Callable[[slice], np.ndarray],
    circuit: Circuit,
    activity: Activity,
    learn: bool,
    record_membrane: bool,
    before_block: Callable[[float], None] = lambda until: None,
    block: int | None = None,
    decision_noise: Callable[[int], np.ndarray] | None = None,
) -> Iterator[Record]:
    """Run to each of `ends`, s, and yield what each block of steps recorded.

    inputs: gives the input current of a slice of steps, A, shape (steps, P).
    before_block: gets the end of the block that is about to run, s; may set activity's rise and
    forced.
    block: steps in a block, BLOCK by default.
    decision_noise: gives the noise of the next decisions, A, for a number of pulses, shape
    (pulses, P); None for none.
    """
    size = block or BLOCK
    noise = activity.noise
    for start in range(0, len(ends), size):
        steps = slice(start, min(start + size, len(ends)))
        before_block(ends[steps][-1])
        length = ends[steps][-1] - activity.time[0]
        record = _record(length, steps.stop - start, circuit, record_membrane)
        if decision_noise:
            # What a block leaves over is the next one's, so that blocks don't change what is drawn.
            missing = max(len(record.rise_times) - len(noise), 0)
            noise = np.concatenate([noise, decision_noise(missing)])
        noisy = activity._replace(noise=noise)
        run_block(inputs(steps), ends[steps], circuit, noisy, record, learn)
        noise = noise[record.count[RISES] :]
        yield record


def _record(length: float, steps: int, circuit: Circuit, membrane: bool) -> Record:
    """Room for all that can happen in `length` s."""
    posts, lines = circuit.plastic.shape
    spikes = posts * (int(length / circuit.refractory.min()) + 2)
    pulses = lines * (int(length / circuit.pulse_width) + 2)
    per_neuron = (pulses, posts)
    return Record(
        count=np.zeros(4, dtype=np.int64),
        spike_times=np.empty(spikes),
        spike_neurons=np.empty(spikes, dtype=np.int64),
        rise_times=np.empty(pulses),
        rise_lines=np.empty(pulses, dtype=np.int64),
        i_rise=np.empty(per_neuron),
        decisions=np.empty(per_neuron, dtype=np.int64),
        weight_before=np.empty(per_neuron, dtype=np.int64),
        fall_times=np.empty(pulses),
        fall_lines=np.empty(pulses, dtype=np.int64),
        i_fall=np.empty(per_neuron),
        weight_after=np.empty(per_neuron, dtype=np.int64),
        changes=np.empty(per_neuron, dtype=np.int64),
        membrane=np.empty((steps, posts if membrane else 0)),
    )

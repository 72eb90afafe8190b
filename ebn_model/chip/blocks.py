"""Input and output of the compiled loop of the chip's neurons, block by block."""

from collections.abc import Callable, Iterator

import numpy as np

from ebn_model.chip.dpi import Dpi
from ebn_model.chip.kernel import Activity, Circuit, Record, run_block
from ebn_model.learning_neuron import settled_state, state_of
from ebn_model.parameters import IntegratorParameters, NeuronParameters
from ebn_model.weight_counter import counter_range

BLOCK = 100
"""Steps between two returns from the compiled loop, as a rule."""


def dpi_of(parameters: IntegratorParameters) -> Dpi:
    """Parameters of a DPI for the compiled functions."""
    values = [getattr(parameters, name) for name in Dpi._fields[:-1]]
    return Dpi(*values, floor=float(np.log(state_of(parameters.i_floor, parameters))))


def log_state(current: float, neuron: NeuronParameters) -> float:
    """Ln u of the membrane for I_mem in A."""
    return float(np.log(state_of(current, neuron.membrane)))


def circuit_of(
    neuron: NeuronParameters,
    synapse_gain: np.ndarray,
    plastic: np.ndarray,
    pulse_width: float,
    slot: float,
    sub_lsbs: int,
    lsb: int = 1,
    **changes,
) -> Circuit:
    """P nominal neurons with K lines; `changes` are other fields of Circuit.

    synapse_gain: over nominal, shape (P, K). plastic: bool, same shape. pulse_width, slot: s.
    sub_lsbs: bits of the counters below the codes'. lsb: one step of a code, in LSB of the DAC.
    """
    posts = len(synapse_gain)
    decision, spike = neuron.decision, neuron.spike
    lowest, highest = counter_range(sub_lsbs, lsb)
    values = {
        "excitatory": dpi_of(neuron.excitatory),
        "inhibitory": dpi_of(neuron.inhibitory),
        "membrane": dpi_of(neuron.membrane),
        "tau_mem": np.full(posts, neuron.membrane.tau),
        "i_exc": neuron.excitatory.i_w * synapse_gain,
        "i_inh": neuron.inhibitory.i_w * synapse_gain,
        "firing": np.full(posts, log_state(spike.i_spike, neuron)),
        "held": log_state(spike.i_held, neuron),
        "reset": log_state(spike.i_reset, neuron),
        "refractory": spike.refractory,
        "pulse_width": pulse_width,
        "slot": slot,
        "lower": np.full(posts, decision.i_lower),
        "upper": np.full(posts, decision.i_upper),
        "shift": np.full(synapse_gain.shape, decision.i_omega),
        "i_sign": decision.i_sign,
        "plastic": plastic,
        "lsb": lsb,
        "lowest": lowest,
        "highest": highest,
        "sub_lsbs": sub_lsbs,
        "on_bus": True,
    }
    return Circuit(**values | changes)


def activity_at_rest(circuit: Circuit, neuron: NeuronParameters, counters: np.ndarray) -> Activity:
    """The beginning of a run: settled under the constant input, no pulse."""
    posts, lines = counters.shape
    settled = np.log(max(settled_state(neuron), np.exp(circuit.membrane.floor)))
    floors = circuit.excitatory.floor, circuit.inhibitory.floor, settled
    return Activity(
        time=np.zeros(1),
        log_u=np.repeat(np.array(floors)[:, None], posts, axis=1),
        inputs=np.zeros((2, posts)),
        rise=np.full(lines, np.inf),
        fall=np.full(lines, np.inf),
        bus=np.full(1, -np.inf),
        release=np.full(posts, np.inf),
        forced=np.full(posts, np.inf),
        counters=counters.astype(np.int64),
        decisions=np.zeros((posts, lines), dtype=np.int64),
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
) -> Iterator[Record]:
    """Run to each of `ends`, s, and yield what each block of steps recorded.

    inputs: gives the input current of a slice of steps, A, shape (steps, P).
    before_block: gets the end of the block that is about to run, s; may set activity's rise and
    forced.
    block: steps in a block, BLOCK by default.
    """
    size = block or BLOCK
    for start in range(0, len(ends), size):
        steps = slice(start, min(start + size, len(ends)))
        before_block(ends[steps][-1])
        length = ends[steps][-1] - activity.time[0]
        record = _record(length, steps.stop - start, circuit, record_membrane)
        run_block(inputs(steps), ends[steps], circuit, activity, record, learn)
        yield record


def _record(length: float, steps: int, circuit: Circuit, membrane: bool) -> Record:
    """Room for all that can happen in `length` s."""
    posts, lines = circuit.plastic.shape
    spikes = posts * (int(length / circuit.refractory) + 2)
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

"""Compiled step loop of the chip's neurons: DPIs, pulses from the event bus, the circuit's rule.

Between the edges of pulses, spikes and the grid of the input every current at a synapse is
constant. A step goes to the nearest edge; where a membrane reaches its threshold on the way, all
go to that moment instead. The same loop runs a whole network, whose spikes go onto the event bus,
and a single row of it, which gets its pulses from outside.
"""

from typing import NamedTuple

import numpy as np

from ebn_model import event_bus, learning_rule
from ebn_model.chip.dpi import Dpi, after, one_of, output, slope
from ebn_model.network.compilation import compiled

EXC, INH, MEM, NODE = 0, 1, 2, 3
"""Rows of the states."""
SPIKES, RISES, FALLS, LOST = 0, 1, 2, 3
"""Places in Record.count."""
_HALVINGS = 24
"""Of a step in the search for a spike: 6 ps of 0.1 ms."""
_LEAST_CURRENT = 1e-18
"""Input of a membrane whose input inhibition takes all of, A."""

_pulse_rise = compiled(event_bus.pulse_rise)
_window = compiled(learning_rule.window)
_decide = compiled(learning_rule.decide)


class Circuit(NamedTuple):
    """Constants of all runs, for P neurons and K lines of the bus; currents in A, times in s.

    excitatory, inhibitory, membrane: DPIs of each neuron, arrays of shape (P,). i_exc, i_inh:
    input of a synapse's DPI during a pulse, for a weight of one LSB, shape (P, K). node_charge, C,
    and node_coupling: of each neuron's input node (InputNodeParameters), shape (P,); both 0 for an
    ideal one. firing: ln u at which each neuron spikes; held, reset: ln u during and after its
    refractory period; shape (P,). refractory: s, shape (P,), none shorter than pulse_width.
    pulse_width, slot: s.
    lower, upper: thresholds at weight 0, shape (P,). shift: of both per LSB, shape (P, K). i_sign:
    as in DecisionParameters, shape (P,). plastic: which weights learning may change, shape (P, K).
    lsb: of the codes. lowest, highest: of the counters. sub_lsbs: bits below the code's.
    on_bus: whether the neurons' spikes become pulses, on the line of the same number.
    """

    excitatory: Dpi
    inhibitory: Dpi
    membrane: Dpi
    i_exc: np.ndarray
    i_inh: np.ndarray
    node_charge: np.ndarray
    node_coupling: np.ndarray
    firing: np.ndarray
    held: np.ndarray
    reset: np.ndarray
    refractory: np.ndarray
    pulse_width: float
    slot: float
    lower: np.ndarray
    upper: np.ndarray
    shift: np.ndarray
    i_sign: np.ndarray
    plastic: np.ndarray
    lsb: int
    lowest: int
    highest: int
    sub_lsbs: int
    on_bus: bool


class Activity(NamedTuple):
    """State of a run, which goes from one block of steps to the next; times in s.

    time: shape (1,). states: ln u of EXC, INH and MEM, and the share of its charge that NODE, the
    input node, lacks (d of InputNodeParameters), shape (4, P). trial: room for what they may
    become. inputs: of the synapses' DPIs, A, shape (2, P). rise, fall: when each line's next pulse
    begins and its present one ends, shape (K,). bus: when the last pulse that the bus has sent
    begins, shape (1,). release: when each refractory period ends; forced: when a neuron is made to
    spike from outside; shape (P,).
    Infinite where there is none. counters: shape (P, K). decisions: latched at the pulse's rise,
    shape (P, K). noise: that the decisions of the block's next pulses see beside I_mem, A, shape
    (pulses, P); shape (0, P) where there is none.
    """

    time: np.ndarray
    states: np.ndarray
    trial: np.ndarray
    inputs: np.ndarray
    rise: np.ndarray
    fall: np.ndarray
    bus: np.ndarray
    release: np.ndarray
    forced: np.ndarray
    counters: np.ndarray
    decisions: np.ndarray
    noise: np.ndarray


class Record(NamedTuple):
    """Filled by a block.

    count: of what SPIKES, RISES, FALLS, LOST say, shape (4,). spike_times: s; spike_neurons.
    rise_times, fall_times: edges of pulses, s; rise_lines, fall_lines. i_rise, i_fall: I_mem of
    all neurons at the edge, A; decisions, weight_before: at the rise, LSB; weight_after, changes:
    at the fall, LSB; shape (room, P).
    membrane: I_mem in A at the end of each step, shape (steps, P), or empty.
    """

    count: np.ndarray  # type: ignore[assignment]  # nobody counts a tuple's items
    spike_times: np.ndarray
    spike_neurons: np.ndarray
    rise_times: np.ndarray
    rise_lines: np.ndarray
    i_rise: np.ndarray
    decisions: np.ndarray
    weight_before: np.ndarray
    fall_times: np.ndarray
    fall_lines: np.ndarray
    i_fall: np.ndarray
    weight_after: np.ndarray
    changes: np.ndarray
    membrane: np.ndarray


@compiled
def run_block(i_in, ends, circuit, activity, record, learn):
    """Go on to each of `ends` in s, shape (steps,), with the input i_in in A, shape (steps, P)."""
    for step in range(len(ends)):
        while activity.time[0] < ends[step]:
            spiking = _to_next_edge(i_in[step], ends[step], circuit, activity)
            _release(circuit, activity)
            _end_pulses(circuit, activity, record, learn)
            _begin_pulses(circuit, activity, record)
            # After the pulses: a spike just when its line's last one begins need not wait for it.
            if spiking >= 0:
                _fire(spiking, circuit, activity, record)
            _force(circuit, activity, record)
        for n in range(record.membrane.shape[1]):
            record.membrane[step, n] = _i_mem(n, circuit, activity)


@compiled
def _to_next_edge(i_in, end, circuit, activity):
    """Advance to the nearest of `end`, edges and spikes; returns which neuron spikes, or -1."""
    neurons, start = range(len(i_in)), activity.time[0]
    stop = min(end, _earliest(activity.release), _earliest(activity.forced))
    stop = min(stop, _earliest(activity.rise), _earliest(activity.fall))
    duration, spiking = stop - start, -1
    _advance(neurons, i_in, duration, circuit, activity)
    for n in neurons:
        # Each spike that is found shortens the step, so that the last one found is the first.
        if activity.trial[MEM, n] >= circuit.firing[n] and activity.release[n] == np.inf:
            until = _time_to_spike(n, i_in, duration, circuit, activity)
            if until < duration or spiking < 0:
                spiking, duration = n, until
    if spiking >= 0:
        _advance(neurons, i_in, duration, circuit, activity)
        stop = start + duration
    for state in range(len(activity.states)):
        for n in neurons:
            activity.states[state, n] = activity.trial[state, n]
    activity.time[0] = stop
    return spiking


@compiled
def _earliest(times):
    """The least of times, infinite where there is none."""
    earliest = np.inf
    for time in times:
        earliest = min(earliest, time)
    return earliest


@compiled
def _time_to_spike(n, i_in, duration, circuit, activity):
    """Time to the threshold of neuron n, s; `duration` where it is later. Changes its trial."""
    low, high = 0.0, duration
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        _advance(range(n, n + 1), i_in, middle, circuit, activity)
        if activity.trial[MEM, n] < circuit.firing[n]:
            low = middle
        else:
            high = middle
    return high


@compiled
def _advance(neurons, i_in, duration, circuit, activity):
    """States of some neurons after `duration` in s, into activity.trial.

    Membranes by Kutta's third-order method, which is Simpson's rule for the synaptic currents: they
    change faster than the membrane.
    """
    trial = activity.trial
    for n in neurons:
        exc, inh = one_of(circuit.excitatory, n), one_of(circuit.inhibitory, n)
        log_exc, log_inh = activity.states[EXC, n], activity.states[INH, n]
        exc_middle, exc_stop = after(log_exc, activity.inputs[EXC, n], duration, exc)
        inh_middle, inh_stop = after(log_inh, activity.inputs[INH, n], duration, inh)
        trial[EXC, n], trial[INH, n] = exc_stop, inh_stop
        i_start = i_in[n] + output(log_exc, exc) - output(log_inh, inh)
        i_middle = i_in[n] + output(exc_middle, exc) - output(inh_middle, inh)
        i_stop = i_in[n] + output(exc_stop, exc) - output(inh_stop, inh)
        missing, share = activity.states[NODE, n], 1.0
        trial[NODE, n], trial[MEM, n] = missing, activity.states[MEM, n]
        charge = circuit.node_charge[n]
        if charge > 0 and (missing > 0 or min(i_start, i_middle, i_stop) < 0):
            currents = i_start, i_middle, i_stop
            trial[NODE, n], share = _node_after(missing, currents, duration, charge)
        if activity.release[n] < np.inf:
            continue
        log_mem = trial[MEM, n] - circuit.node_coupling[n] * (trial[NODE, n] - missing)
        membrane = one_of(circuit.membrane, n)
        step = duration / membrane.tau
        k1 = slope(log_mem, _carried(share * i_start), membrane)
        k2 = slope(log_mem + step / 2 * k1, _carried(share * i_middle), membrane)
        k3 = slope(log_mem + step * (2 * k2 - k1), _carried(share * i_stop), membrane)
        trial[MEM, n] = log_mem + step / 6 * (k1 + 4 * k2 + k3)


@compiled
def _node_after(missing, currents, duration, charge):
    """State NODE after a step, and the share of the currents above 0 that gets to the pair.

    currents: of its inputs, A, at the beginning, in the middle and at the end; linear in between.
    """
    brought, passed = 0.0, 0.0
    for first in range(2):
        start, stop = currents[first], currents[first + 1]
        # A current that changes its sign on the way counts as two, one after the other.
        turn = start / (start - stop) if start * stop < 0 else 1.0
        parts = (start / 2 * turn, stop / 2 * (1 - turn)) if turn < 1 else ((start + stop) / 2, 0.0)
        for part in parts:
            moved = part * duration / 2
            left = missing - moved / charge
            missing = min(max(left, 0.0), 1.0)
            brought += max(moved, 0.0)
            passed += max(-left, 0.0) * charge
    return missing, passed / brought if brought > 0 else 0.0


@compiled
def _carried(i_w):
    """Input in A that a pair carries, which can't be negative."""
    return max(i_w, _LEAST_CURRENT)


@compiled
def _i_mem(n, circuit, activity):
    return output(activity.states[MEM, n], one_of(circuit.membrane, n))


@compiled
def _fire(n, circuit, activity, record):
    """Hold the membrane of n; on the bus, ask for a pulse."""
    now = activity.time[0]
    activity.states[MEM, n] = circuit.held[n]
    activity.release[n] = now + circuit.refractory[n]
    spike = record.count[SPIKES]
    record.spike_times[spike], record.spike_neurons[spike] = now, n
    record.count[SPIKES] += 1
    if circuit.on_bus:
        _request(n, circuit, activity, record)


@compiled
def _request(k, circuit, activity, record):
    """Ask the bus for a pulse of line k."""
    waits = activity.rise[k] < np.inf
    ends = activity.fall[k] if activity.fall[k] < np.inf else -np.inf
    rise = _pulse_rise(activity.time[0], activity.bus[0], waits, ends, circuit.slot)
    if np.isnan(rise):
        record.count[LOST] += 1
    else:
        activity.rise[k] = activity.bus[0] = rise


@compiled
def _force(circuit, activity, record):
    for n in range(len(activity.forced)):
        if activity.forced[n] <= activity.time[0]:
            activity.forced[n] = np.inf
            _fire(n, circuit, activity, record)


@compiled
def _release(circuit, activity):
    """Let the membranes go whose refractory period is over."""
    for n in range(len(activity.release)):
        if activity.release[n] <= activity.time[0]:
            activity.release[n] = np.inf
            activity.states[MEM, n] = circuit.reset[n]


@compiled
def _begin_pulses(circuit, activity, record):
    """At a rising edge all synapses of the line latch their decision and begin to drive."""
    posts = range(len(activity.release))
    for k in range(len(activity.rise)):
        if activity.rise[k] > activity.time[0]:
            continue
        pulse = record.count[RISES]
        record.rise_times[pulse], record.rise_lines[pulse] = activity.rise[k], k
        record.count[RISES] += 1
        activity.fall[k] = activity.rise[k] + circuit.pulse_width
        activity.rise[k] = np.inf
        for n in posts:
            i_mem = _i_mem(n, circuit, activity)
            seen = i_mem + activity.noise[pulse, n] if len(activity.noise) else i_mem
            activity.decisions[n, k] = _decision(n, k, seen, circuit, activity)
            record.i_rise[pulse, n] = i_mem
            record.decisions[pulse, n] = activity.decisions[n, k]
            record.weight_before[pulse, n] = _weight(activity.counters[n, k], circuit)
            _sum_inputs(n, circuit, activity)


@compiled
def _decision(n, k, i_mem, circuit, activity):
    """The rule's decision on W[n, k], LSB; 0 where nothing may change."""
    if not circuit.plastic[n, k]:
        return 0
    weight = _weight(activity.counters[n, k], circuit)
    lower, upper = _window(
        weight, circuit.lower[n], circuit.upper[n], circuit.shift[n, k], circuit.i_sign[n]
    )
    return _decide(i_mem, lower, upper)


@compiled
def _weight(counter, circuit):
    """Weight that the DAC sees, in LSB of the full resolution."""
    return (counter >> circuit.sub_lsbs) * circuit.lsb


@compiled
def _sum_inputs(n, circuit, activity):
    """Set the inputs of neuron n's DPIs to the sum over the pulses that are on."""
    activity.inputs[:, n] = 0.0
    for k in range(len(activity.fall)):
        if activity.fall[k] < np.inf:
            weight = _weight(activity.counters[n, k], circuit)
            activity.inputs[EXC, n] += max(weight, 0) * circuit.i_exc[n, k]
            activity.inputs[INH, n] += max(-weight, 0) * circuit.i_inh[n, k]


@compiled
def _end_pulses(circuit, activity, record, learn):
    """At the falling edges weights step as was decided, and synapses lose the pulse's input."""
    posts = range(len(activity.release))
    for k in range(len(activity.fall)):
        if activity.fall[k] > activity.time[0]:
            continue
        pulse = record.count[FALLS]
        record.fall_times[pulse], record.fall_lines[pulse] = activity.fall[k], k
        record.count[FALLS] += 1
        activity.fall[k] = np.inf
        for n in posts:
            record.i_fall[pulse, n] = _i_mem(n, circuit, activity)
            before = _weight(activity.counters[n, k], circuit)
            if learn:
                stepped = activity.counters[n, k] + activity.decisions[n, k]
                activity.counters[n, k] = min(max(stepped, circuit.lowest), circuit.highest)
            record.weight_after[pulse, n] = _weight(activity.counters[n, k], circuit)
            record.changes[pulse, n] = record.weight_after[pulse, n] - before
            _sum_inputs(n, circuit, activity)

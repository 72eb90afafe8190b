"""An independent model of the chip's network in plain Python, integrated from event to event."""

import numpy as np
from scipy.integrate import solve_ivp

from ebn_model.learning_neuron import (
    LearningNeuron,
    integrator_slope,
    output_current,
    state_of,
    weak_inversion_current,
)
from ebn_model.weight_counter import WeightCounter


def simulate(parameters, decoder, codes, command, input_gain):
    """Spikes (time, neuron) and updates (time, post, pre, delta) of a nominal, learning chip."""
    neuron, count = parameters.neuron, parameters.neurons
    model, synapses = LearningNeuron(neuron), (neuron.excitatory, neuron.inhibitory)
    counters = [[WeightCounter(int(c), parameters.sub_lsbs) for c in row] for row in codes]
    grid = np.arange(len(command)) * parameters.dt
    firing = np.log(state_of(neuron.spike.i_spike, neuron.membrane))
    floors = np.log([state_of(s.i_floor, s) for s in synapses])
    ratio = weak_inversion_current(neuron.i_in, neuron.membrane.i_spec_pair) / neuron.i_in
    state = np.repeat(
        [np.log(ratio * (neuron.i_in / neuron.membrane.i_tau - 1)), *floors], count
    ).reshape(3, count)
    # Events: (time, kind, neuron); pulses that are on, with each neuron's decisions.
    events, pulses, spikes, updates = [], {}, [], []
    held, last_pulse, ends = {}, -np.inf, {}

    def inputs():
        weights = np.array([[counters[n][k].weight for k in pulses] for n in range(count)])
        weights = weights.reshape(count, len(pulses))
        exc = neuron.excitatory.i_w * np.maximum(weights, 0).sum(axis=1)
        inh = neuron.inhibitory.i_w * np.maximum(-weights, 0).sum(axis=1)
        return exc, inh

    def slopes(time, flat):
        mem, exc, inh = flat.reshape(3, count)
        c = np.array([np.interp(time, grid, column) for column in command.T])
        i_in = neuron.i_in + input_gain * (c @ decoder)
        i_in = i_in + output_current(np.exp(exc), synapses[0])
        i_in = i_in - output_current(np.exp(inh), synapses[1])
        drives = [i_in, *inputs()]
        dpis = (neuron.membrane, *synapses)
        rates = [
            integrator_slope(x, i, d.tau, d.i_tau, d.i_spec_pair)
            for x, i, d in zip((mem, exc, inh), drives, dpis, strict=True)
        ]
        rates[0][list(held)] = 0.0
        return np.concatenate(rates)

    def crossing(time, flat):
        free = [n for n in range(count) if n not in held]
        return max((flat[n] for n in free), default=-np.inf) - firing if free else -1.0

    crossing.terminal, crossing.direction = True, 1
    time, end = 0.0, grid[-1]
    while time < end:
        events.sort()
        stop = min(events[0][0] if events else end, end)
        solution = solve_ivp(
            slopes, (time, stop), state.ravel(), method="LSODA", events=crossing,
            rtol=1e-9, atol=1e-10, max_step=2e-4,
        )  # fmt: skip
        time, state = solution.t[-1], solution.y[:, -1].reshape(3, count)
        state[1:] = np.maximum(state[1:], floors[:, None])
        if solution.status == 1:
            n = max((n for n in range(count) if n not in held), key=lambda n: state[0, n])
            spikes.append((time, n))
            held[n] = True
            state[0, n] = np.log(state_of(neuron.spike.i_held, neuron.membrane))
            last_pulse = max(time, last_pulse, ends.get(n, -np.inf)) + parameters.slot
            ends[n] = last_pulse + parameters.pulse_width
            events += [(last_pulse, "rise", n), (time + neuron.spike.refractory, "release", n)]
            continue
        while events and events[0][0] <= time:
            _, kind, k = events.pop(0)
            if kind == "release":
                del held[k]
                state[0, k] = np.log(state_of(neuron.spike.i_reset, neuron.membrane))
            elif kind == "rise":
                i_mem = output_current(np.exp(state[0]), neuron.membrane)
                pulses[k] = [
                    0 if n == k else int(model.decide(i_mem[n], counters[n][k].weight))
                    for n in range(count)
                ]
                events.append((time + parameters.pulse_width, "fall", k))
            else:
                for n, decision in enumerate(pulses.pop(k)):
                    before = counters[n][k].weight
                    counters[n][k].step(decision)
                    if delta := counters[n][k].weight - before:
                        updates.append((time, n, k, delta))
            events.sort()
    return spikes, updates

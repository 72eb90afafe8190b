"""An independent model of the chip's network in plain Python, integrated from event to event."""

from types import SimpleNamespace

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


def _of_all(dpis):
    """The constants of the neurons' DPIs as arrays."""
    names = type(dpis[0]).model_fields
    return SimpleNamespace(**{name: np.array([getattr(d, name) for d in dpis]) for name in names})


def simulate(parameters, decoder, codes, command, input_gain):
    """Spikes (time, neuron) and updates (time, post, pre, delta) of a chip that learns."""
    neurons, count = parameters.of_neurons, parameters.neurons
    models = [LearningNeuron(neuron) for neuron in neurons]
    membrane = _of_all([neuron.membrane for neuron in neurons])
    synapses = [
        _of_all([getattr(neuron, name) for neuron in neurons])
        for name in ("excitatory", "inhibitory")
    ]
    constant = np.array([neuron.i_in for neuron in neurons])
    counters = [[WeightCounter(int(c), parameters.sub_lsbs) for c in row] for row in codes]
    grid = np.arange(len(command)) * parameters.dt
    firing = np.log([state_of(n.spike.i_spike, n.membrane) for n in neurons])
    floors = np.log([state_of(s.i_floor, s) for s in synapses])
    ratio = weak_inversion_current(constant, membrane.i_spec_pair) / constant
    state = np.array([np.log(ratio * (constant / membrane.i_tau - 1)), *floors])
    # Events: (time, kind, neuron); pulses that are on, with each neuron's decisions.
    events, pulses, spikes, updates = [], {}, [], []
    held, last_pulse, ends = {}, -np.inf, {}

    def inputs():
        weights = np.array([[counters[n][k].weight for k in pulses] for n in range(count)])
        weights = weights.reshape(count, len(pulses))
        exc = synapses[0].i_w * np.maximum(weights, 0).sum(axis=1)
        inh = synapses[1].i_w * np.maximum(-weights, 0).sum(axis=1)
        return exc, inh

    def slopes(time, flat):
        mem, exc, inh = flat.reshape(3, count)
        c = np.array([np.interp(time, grid, column) for column in command.T])
        i_in = constant + input_gain * (c @ decoder)
        i_in = i_in + output_current(np.exp(exc), synapses[0])
        i_in = i_in - output_current(np.exp(inh), synapses[1])
        drives = [i_in, *inputs()]
        dpis = (membrane, *synapses)
        rates = [
            integrator_slope(x, i, d.tau, d.i_tau, d.i_spec_pair, d.slope_change)
            for x, i, d in zip((mem, exc, inh), drives, dpis, strict=True)
        ]
        rates[0][list(held)] = 0.0
        return np.concatenate(rates)

    def crossing(time, flat):
        free = [n for n in range(count) if n not in held]
        return max((flat[n] - firing[n] for n in free), default=-1.0)

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
        state[1:] = np.maximum(state[1:], floors)
        if solution.status == 1:
            free = (n for n in range(count) if n not in held)
            n = max(free, key=lambda n: state[0, n] - firing[n])
            spike = neurons[n].spike
            spikes.append((time, n))
            held[n] = True
            state[0, n] = np.log(state_of(spike.i_held, neurons[n].membrane))
            last_pulse = max(time, last_pulse, ends.get(n, -np.inf)) + parameters.slot
            ends[n] = last_pulse + parameters.pulse_width
            events += [(last_pulse, "rise", n), (time + spike.refractory, "release", n)]
            continue
        while events and events[0][0] <= time:
            _, kind, k = events.pop(0)
            if kind == "release":
                del held[k]
                state[0, k] = np.log(state_of(neurons[k].spike.i_reset, neurons[k].membrane))
            elif kind == "rise":
                i_mem = output_current(np.exp(state[0]), membrane)
                pulses[k] = [
                    0 if n == k else int(models[n].decide(i_mem[n], counters[n][k].weight))
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

"""The rules of network and circuit, asked for their decisions, against docs/derivation.md."""

import numpy as np
import pytest
from mirror_cost import after, mirror
from synthetic import neuron_parameters

from ebn_model.learning_neuron import LearningNeuron
from ebn_model.lif.construction import thresholds
from ebn_model.lif.network import LifNetwork
from ebn_model.network.decoder import random_decoder
from ebn_model.network.mismatch import Mismatch
from ebn_model.network.parameters import NetworkParameters
from ebn_model.network.results import LearnedState


def decisions(parameters, v, weights, v_reset=0.0):
    """What a spike of neuron 0 does to W[n, 0], in steps, and to its reset, in V."""
    count = len(v)
    decoder = random_decoder(parameters, np.random.default_rng(1))
    zero = np.zeros((count, count))
    state = LearnedState(zero.copy(), zero.astype(int), np.full(count, v_reset), v.copy())
    state.weights[:, 0] = weights
    # Rest potentials are where a run begins: the first neuron above its threshold, no other.
    state.v_rest[0] = 10.0
    network = LifNetwork(parameters, decoder, state, Mismatch.none(count))
    result = network.run(np.zeros((2, parameters.inputs)), learn=True)
    assert result.spike_neurons.tolist() == [0]
    change = np.zeros(count)
    change[result.updates.post] = result.updates.delta
    return change[1:] / parameters.lsb, change[0]


def enumerated(count=500):
    generator = np.random.default_rng(1)
    return generator.uniform(-1, 1, count), 2.0 * generator.integers(-32, 32, count)


def network_with(rule, count=500, **changes):
    return NetworkParameters(neurons=count, noise=0.0, rule=rule, **changes)


def costs(parameters, v, weights, volts):
    """Mirror cost of each weight after a step of -1, 0, +1; volts: per unit of weight."""
    return np.array([mirror(v, (weights + s * parameters.lsb) * volts)[1:] for s in (-1, 0, 1)])


def volts_of(parameters):
    kick = parameters.tau_fast / parameters.tau_mem
    return {"kick": kick, "tau_mem": parameters.tau_mem}[parameters.rule.gain]


@pytest.mark.parametrize("gain", ["kick", "tau_mem"])
def test_with_a_zone_of_half_a_step_the_rule_takes_the_best_of_three_steps(gain):
    volts = volts_of(network_with({"gain": gain}))
    parameters = network_with({"gain": gain, "dead_zone": volts * 2.0 / 2})
    assert parameters.lsb == 2.0
    v, weights = enumerated()
    steps, _ = decisions(parameters, v, weights)
    best = np.argmin(costs(parameters, v, weights, volts), axis=0) - 1
    assert set(np.unique(best)) == {-1, 0, 1}
    assert steps.tolist() == best.tolist()


@pytest.mark.parametrize("gain", ["kick", "tau_mem"])
def test_with_the_papers_zone_every_step_lowers_the_cost_but_not_every_such_step_is_taken(gain):
    parameters = network_with({"gain": gain})
    v, weights = enumerated()
    steps, _ = decisions(parameters, v, weights)
    seen = (2 * v + volts_of(parameters) * weights)[1:]
    assert steps.tolist() == ((seen < -1.0).astype(int) - (seen > 1.0)).tolist()
    choices = costs(parameters, v, weights, volts_of(parameters))
    best = np.argmin(choices, axis=0) - 1
    assert (steps[steps != 0] == best[steps != 0]).all()
    assert 0.1 < np.mean(steps != 0) < np.mean(best != 0) - 0.1


def test_the_codes_gain_takes_steps_that_raise_the_true_cost():
    parameters = network_with({"gain": "tau_mem"})
    v, weights = enumerated()
    steps, _ = decisions(parameters, v, weights)
    truth = costs(parameters, v, weights, parameters.tau_fast / parameters.tau_mem)
    taken = truth[steps.astype(int) + 1, np.arange(len(steps))]
    assert (taken > truth[1]).any()


@pytest.mark.parametrize(("zone", "undone"), [(0.49, True), (0.51, False)])
def test_a_zone_below_half_a_step_undoes_its_own_steps(zone, undone):
    volts = volts_of(network_with({"gain": "kick"}))
    parameters = network_with({"gain": "kick", "dead_zone": zone * 2 * volts})
    offset, weights = enumerated()
    # Close to the mirror: 2*v + K within a step of 0.
    v = offset * volts - weights * volts / 2
    steps, _ = decisions(parameters, v, weights)
    again, _ = decisions(parameters, v, weights + 2.0 * np.append(0, steps))
    back = (steps != 0) & (again == -steps)
    assert back.any() == undone


def test_the_codes_reset_rests_where_three_times_it_and_the_threshold_are_within_the_zone():
    parameters = network_with({})
    silent = np.zeros(parameters.neurons)
    v_th = thresholds(random_decoder(parameters, np.random.default_rng(1)), parameters)[0]
    v_reset, change = 0.0, -0.1
    while change:
        _, change = decisions(parameters, silent, silent, v_reset)
        v_reset += change
    zone = parameters.lsb / 2
    assert (zone - v_th) / 3 - 0.1 < v_reset <= (zone - v_th) / 3 < 0


@pytest.mark.parametrize(("slope_in_kicks", "cost"), [(0.5, mirror), (1.0, after)])
def test_the_window_takes_the_best_step_of_the_cost_that_its_slope_stands_for(slope_in_kicks, cost):
    """Half a kick per LSB minimises the mirror cost, a whole one the square after the spike."""
    i_kick, i_rest = 180e-12, 9e-9
    half_step = slope_in_kicks * i_kick / 2
    nominal = neuron_parameters()
    window = nominal.decision.model_copy(
        update={
            "i_lower": i_rest - half_step,
            "i_upper": i_rest + half_step,
            "i_omega": slope_in_kicks * i_kick,
            "i_sign": 0.0,
        }
    )
    neuron = LearningNeuron(nominal.model_copy(update={"decision": window}))
    generator = np.random.default_rng(3)
    i_mem, weight = generator.uniform(5e-9, 13e-9, 5000), generator.integers(-31, 31, 5000)
    v = i_mem - i_rest
    best = np.argmin([cost(v, (weight + s) * i_kick) for s in (-1, 0, 1)], axis=0) - 1
    assert set(np.unique(best)) == {-1, 0, 1}
    assert neuron.decide(i_mem, weight).tolist() == best.tolist()

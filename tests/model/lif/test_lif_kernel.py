"""The compiled loop of the LIF network, bit by bit against the reference."""

from dataclasses import replace

import numpy as np
import pytest
from lif_cases import MISMATCH, command_of, expected, network_of

from ebn_model.network.mismatch import Mismatch
from ebn_model.network.results import LearnedState

RULES = {
    "paper": {},
    "kick": {"gain": "kick", "dead_zone": 0.6},
    "own dead zone": {"dead_zone_per_threshold": 0.4, "diagonal": False},
    "margin": {"margin": 0.1, "diagonal_step": 0.03},
    "from rest": {"subtract_rest": True},
    "nominal": {"sees": "nominal"},
    "sub-LSBs": {"sub_lsbs": 2, "dead_zone": 0.3},
}

runaway = pytest.mark.filterwarnings("ignore::ebn_model.lif.network.UnstableWarning")
"""Of networks that run away on purpose: with more spikes than steps the order matters most."""


def assert_equals_reference(network, command, learn=True, least_updates=5):
    run, result = expected(network, command, learn), network.run(command, learn=learn)
    spikes = run.spikes
    assert len(spikes) > 10
    np.testing.assert_array_equal(result.spike_times, np.array(run.step_times)[spikes])
    np.testing.assert_array_equal(result.spike_neurons, np.array(run.step_channels)[spikes])
    updates = result.updates
    assert len(updates.time) >= (least_updates if learn else 0)
    columns = zip(*run.updates, strict=True) if run.updates else [()] * 4
    for found, column in zip(
        (updates.time, updates.post, updates.pre, updates.delta), columns, strict=True
    ):
        np.testing.assert_array_equal(found, column)
    for name in ("weights", "fraction", "v_reset", "v_rest"):
        np.testing.assert_array_equal(getattr(result.state, name), getattr(run, name))


@pytest.mark.parametrize("mismatch", [{}, MISMATCH], ids=["nominal", "mismatch"])
@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_rule_is_the_reference(rule, mismatch):
    assert_equals_reference(network_of(rule=rule, mismatch=mismatch), command_of())


@runaway
@pytest.mark.parametrize(
    "changes",
    [
        {"refractory": 2e-3},
        {"refractory": 2.5e-4, "neurons": 3},
        {"saturate": True, "bits": 3, "full_scale": 20.0},
        {"saturate": True, "full_scale": 9.0, "rule": {"sub_lsbs": 1, "dead_zone": 0.2}},
        {"full_scale": 0.3 * 32},
        {"tau_fast": 2e-3, "tau_mem": 20e-3, "tau_out": 20e-3, "nu": 1e-2},
        {"neurons": 40, "mismatch": MISMATCH},
    ],
    ids=["refractory", "short", "saturate", "counter", "odd LSB", "time constants", "many"],
)
@pytest.mark.parametrize("inputs", [2, 3])
def test_every_dynamics_is_the_reference(changes, inputs):
    """With two inputs, silent steps are made together; with three, one by one."""
    network = network_of(inputs=inputs, **changes)
    for learn in (False, True):
        assert_equals_reference(network, command_of(inputs), learn)


@runaway
def test_weights_stop_at_both_ends():
    """A full scale that is small against what the rule looks for: weights rest at either end."""
    network = network_of(saturate=True, bits=3, full_scale=2.0)
    low, high = -2.0, 2.0 - network.parameters.lsb
    weights = np.clip(network.state.weights, low, high)
    network = replace(network, state=replace(network.state, weights=weights))
    assert_equals_reference(network, command_of(duration=0.4))
    learned = network.run(command_of(duration=0.4), learn=True).state.weights
    assert (learned.min(), learned.max()) == (low, high)


@runaway
def test_slow_weights_and_bias_are_the_reference():
    network = network_of()
    generator = np.random.default_rng(1)
    slow = 5 * generator.standard_normal((9, 9))
    bias = 0.3 * generator.standard_normal(9)
    assert_equals_reference(replace(network, bias=bias), command_of())
    assert_equals_reference(replace(network, slow_weights=slow, bias=bias), command_of())


def test_a_membrane_that_begins_above_threshold_fires_at_once():
    network = network_of()
    state = replace(network.state, v_rest=np.where(np.arange(9) == 4, 5.0, 0.0))
    network = replace(network, state=state)
    result = network.run(command_of())
    assert result.spike_neurons[0] == 4
    assert_equals_reference(network, command_of(), learn=False)


def test_of_equal_neurons_the_first_fires():
    network = network_of(neurons=6)
    twins = np.repeat(network.decoder[:, :3], 2, axis=1)
    state = LearnedState(np.zeros((6, 6)), np.zeros((6, 6)), np.zeros(6), np.zeros(6))
    network = replace(network, decoder=twins, state=state)
    neurons = network.run(command_of()).spike_neurons
    np.testing.assert_array_equal(neurons[1::2], neurons[::2] + 1)
    assert_equals_reference(network, command_of())


def test_random_networks_are_the_reference():
    for seed in range(8):
        generator = np.random.default_rng(seed)
        rule = list(RULES.values())[generator.integers(len(RULES))]
        network = network_of(
            seed=seed,
            neurons=int(generator.integers(2, 15)),
            refractory=float(generator.choice([0.0, 1e-3])),
            tau_fast=float(generator.uniform(0.5e-3, 3e-3)),
            mismatch={name: value * generator.random() for name, value in MISMATCH.items()},
            rule=rule,
        )
        amplitude = float(generator.uniform(200, 400))
        assert_equals_reference(network, command_of(amplitude=amplitude), least_updates=1)


def test_no_mismatch_has_the_bits_of_the_original():
    network = network_of()
    drawn, none = network.mismatch, Mismatch.none(9)
    for name in ("weight", "threshold", "tau_mem", "stuck"):
        np.testing.assert_array_equal(getattr(drawn, name), getattr(none, name))

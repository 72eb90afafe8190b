"""Small networks that fire, their runs by the reference, and whether two results are the same."""

from dataclasses import fields, replace

import numpy as np
import reference

from ebn_model.lif.network import LifNetwork
from ebn_model.network.inputs import sine_command
from ebn_model.network.parameters import NetworkParameters
from ebn_model.network.results import LearnedState

MISMATCH = {"weight": 0.3, "threshold": 0.2, "tau_mem": 0.2, "stuck": 0.2}


def command_of(inputs=2, duration=0.15, amplitude=350.0):
    frequencies = np.arange(7.0, 7.0 + 3 * inputs, 3.0)
    phases = np.arange(inputs)
    return sine_command(np.full(inputs, amplitude), frequencies, phases, duration, 1e-4)


def network_of(seed=3, **changes):
    """A small network that fires: half of the optimal weights, drawn resets."""
    network = LifNetwork.build(NetworkParameters(**{"neurons": 9, "noise": 0.0} | changes), seed)
    generator = np.random.default_rng(seed)
    optimal, count = network.optimal_state, network.parameters.neurons
    lsb = network.parameters.lsb
    state = LearnedState(
        weights=np.rint(optimal.weights / 2 / lsb) * lsb,
        fraction=optimal.fraction,
        v_reset=0.2 * generator.standard_normal(count),
        v_rest=0.2 * generator.standard_normal(count),
    )
    return replace(network, state=state)


def expected(network, command, learn):
    """The same run by the reference."""
    drive = reference.static_input(command, network.decoder, network.parameters)
    return reference.simulate(
        network.parameters,
        network.thresholds,
        network.state,
        network.mismatch,
        drive,
        learn,
        network.slow_weights,
        network.bias,
    )


def assert_same_result(first, second):
    for field in fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other)
        elif isinstance(one, float | int | None):
            assert one == other
        else:
            assert_same_result(one, other)

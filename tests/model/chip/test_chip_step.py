"""One time step of the kernel against an adaptive integration."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ebn_model.chip.blocks import activity_at_rest, blocks, circuit_of
from ebn_model.chip.kernel import EXC, MEM
from ebn_model.chip.parameters import ChipParameters
from ebn_model.learning_neuron import integrator_slope, output_current, state_of


def error_of_a_step(duration):
    """Of a membrane's ln u after one step of `duration` in s, while its excitation decays."""
    neuron = ChipParameters().neuron
    synapse = np.ones((1, 1))
    circuit = circuit_of([neuron], synapse, synapse > 0, 1e-3, 1e-4, 0, firing=np.full(1, np.inf))
    activity = activity_at_rest(circuit, [neuron], np.zeros((1, 1)))
    activity.states[EXC] = np.log(state_of(5e-9, neuron.excitatory))
    excited, inhibited, rest, _ = activity.states[:, 0]

    def slope(time, log_u):
        i_w = neuron.i_in + output_current(
            np.exp(excited - time / neuron.excitatory.tau), neuron.excitatory
        )
        i_w -= output_current(np.exp(inhibited - time / neuron.inhibitory.tau), neuron.inhibitory)
        membrane = neuron.membrane
        return integrator_slope(log_u, i_w, membrane.tau, membrane.i_tau, membrane.i_spec_pair)

    exact = solve_ivp(slope, (0, duration), [rest], rtol=1e-12, atol=1e-14).y[0, -1]
    inputs = np.full((1, 1), neuron.i_in)
    list(blocks(np.array([duration]), lambda _: inputs, circuit, activity, False, False))
    return abs(activity.states[MEM, 0] - exact)


def test_a_step_of_the_membrane_is_of_third_order():
    """Half the step, a sixteenth of its error."""
    errors = [error_of_a_step(duration) for duration in (1e-4, 5e-5, 2.5e-5)]
    assert errors[0] < 2e-6
    for whole, half in pairwise(errors):
        assert whole / half == pytest.approx(16, rel=0.15)

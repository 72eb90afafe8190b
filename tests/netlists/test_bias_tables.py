"""The bias tables that were calibrated to a target meet it on the cells' benches."""

import numpy as np
import pytest
from experiment_calls import read_simulation

from cosim.cells.characterise import measure_neuron
from cosim.cells.row_characterise import row_parameters
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.engine.worker import run_jobs
from cosim.experiments.calibration.behaviour import QUANTITIES, behaviour
from cosim.experiments.calibration.recipe import read_recipe, recipe_names
from ebn_model.measured import measured_parameters
from ebn_model.stimulus import Stimulus, regular_spikes

pytestmark = pytest.mark.ngspice

LENGTH, SPIKES = 0.7, 140
"""Simulations 1 and 2 go on for so long, s, and so many spikes, to come to rest."""
AT_REST = 40
"""The weight is constant if so many spikes at the end leave it as it is."""


@pytest.fixture(scope="module")
def constants():
    """The model's constants by table, measured on the benches."""
    return {name: measure_neuron(read_biases(name)) for name in recipe_names()}


@pytest.fixture(scope="module")
def measured_behaviour(constants):
    """Quantities by table."""
    return {name: behaviour(parameters) for name, parameters in constants.items()}


def test_every_recipe_has_its_table():
    assert {"published", "rule", "network"} <= set(recipe_names())
    for name in recipe_names():
        read_biases(name)


@pytest.mark.parametrize("name", recipe_names())
def test_the_kept_constants_are_those_of_the_circuit(name, measured_behaviour):
    kept = behaviour(measured_parameters(name))
    for quantity, found in measured_behaviour[name].items():
        assert kept[quantity] == pytest.approx(found, rel=1e-3), QUANTITIES[quantity].text


@pytest.mark.parametrize("name", recipe_names())
def test_the_kept_constants_of_a_row_are_those_of_the_circuit(name, constants):
    found = row_parameters(constants[name], read_biases(name))
    kept = measured_parameters(f"{name}_row")
    assert kept.i_in == pytest.approx(found.i_in, rel=1e-3)
    for quantity, current in found.spike:
        assert getattr(kept.spike, quantity) == pytest.approx(current, rel=1e-3), quantity


@pytest.mark.parametrize("name", ["rule", "network"])
def test_a_table_meets_its_target(name, measured_behaviour):
    for quantity, wanted in read_recipe(name).target.items():
        found = measured_behaviour[name][quantity]
        assert found == pytest.approx(wanted, rel=0.02), QUANTITIES[quantity].text


def test_the_window_of_rule_follows_half_of_the_kick(measured_behaviour):
    values = measured_behaviour["rule"]
    for kick in ("kick_exc", "kick_inh"):
        assert values["slope"] == pytest.approx(values[kick] / 2, rel=0.15), kick
    assert values["slope_over_kick"] == pytest.approx(0.5, rel=0.1)


def test_the_network_gets_what_it_needs(measured_behaviour):
    """Within 10 % of what learning in a network takes."""
    wanted = {
        "kick_exc": 180e-12,
        "kick_inh": 180e-12,
        "window_centre": 9e-9,
        "window_half_width": 1.9e-9,
        "i_spike": 13.7e-9,
        "i_reset": 9e-9,
    }
    for name, value in wanted.items():
        assert measured_behaviour["network"][name] == pytest.approx(value, rel=0.1), name
    assert 135e-12 <= measured_behaviour["network"]["slope"] <= 225e-12
    assert 1e-3 <= measured_behaviour["network"]["refractory"] <= 2.2e-3


@pytest.mark.parametrize("name", ["simulation_1", "simulation_2"])
def test_with_omega_both_simulations_come_to_rest(name):
    settings = read_simulation(name).experiment.stimulus
    stimulus = Stimulus(
        regular_spikes(settings.first_spike, settings.period, SPIKES),
        settings.pulse_width,
        LENGTH,
        settings.start_weight,
        settings.reset_until,
        settings.extra_synapse,
    )
    circuit = MixedCircuit(read_biases("rule"))
    [(_, vectors)] = run_jobs([circuit.job(stimulus, name)])
    weights = circuit.result(stimulus, vectors).spikes.weight_after
    assert len(np.unique(weights[-AT_REST:])) == 1

"""The conditions that a circuit runs under: what they may be, and that they reach each deck."""

import numpy as np
import pytest

from cosim.cells.bench import bench_job
from cosim.circuits.conditions import Conditions
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.row import RowCircuit
from cosim.experiments.neuron.config import Experiment
from ebn_model.errors import InputError
from ebn_model.parameters import validated
from ebn_model.row import RowStimulus
from ebn_model.stimulus import Stimulus

NAMES = ["", "unknown", "../x", "../biases/published", "generic180.spice", "generic180\n.include y"]


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_technology_is_refused_with_those_there_are(name):
    with pytest.raises(
        InputError, match=r"options: technology: .*there are: .*generic180"
    ) as error:
        validated(Conditions, {"technology": name}, "options")
    assert f"unknown technology {name!r}" in str(error.value)


@pytest.mark.parametrize("temperature", [-300.0, -55.1, 150.1, float("nan")])
def test_a_temperature_that_the_models_are_not_made_for_is_refused(temperature):
    with pytest.raises(InputError, match=r"temperature: .*(outside -55 \.\. 150 °C|not finite)"):
        validated(Conditions, {"temperature": temperature}, "options")


def test_all_circuits_and_benches_run_under_their_conditions(biases):
    hot = Conditions(temperature=60)
    one = Stimulus(np.array([4e-3]), 1e-3, 10e-3, start_weight=0)
    row = RowStimulus([2e-3], [1], [1], [0], 1e-3, 1e-4, 5e-3, forced_spikes=[])
    jobs = [
        TransistorCircuit(biases, conditions=hot).job(one, "run"),
        MixedCircuit(biases, conditions=hot).job(one, "run"),
        RowCircuit("mixed", biases, conditions=hot).job(row, "run"),
        bench_job("leakage", biases, hot),
    ]
    for job in jobs:
        assert job.deck.text.count("\n.temp ") == 1
        assert "\n.temp 60.0\n" in job.deck.text


def test_conditions_of_an_experiment_are_told_from_what_else_it_states():
    experiment = Experiment(temperature=60, sub_lsbs=2, stimulus={"spikes": ["4 ms"]})
    assert experiment.conditions == Conditions(temperature=60)
    assert type(experiment.conditions) is Conditions

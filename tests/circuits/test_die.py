"""Dies: a transistor deviates alike in each circuit and bench that shows it."""

import re

import numpy as np
import pytest

from cosim.cells.bench import bench_job
from cosim.cells.characterise import BENCHES
from cosim.circuits.conditions import Conditions, die_of
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.row import RowCircuit
from cosim.engine.job import Job
from cosim.engine.worker import run_all
from ebn_model.errors import InputError
from ebn_model.row import RowStimulus
from ebn_model.stimulus import Stimulus
from ebn_model.validation import validated

ONE = Conditions(die=1)
STIMULUS = Stimulus(np.arange(4, 44, 4) * 1e-3, 1e-3, 45e-3, start_weight=8)
SHORT = Stimulus(np.array([2e-3]), 1e-3, 4e-3, start_weight=0)
ROW = RowStimulus([2e-3], [1], [1], [0], 1e-3, 1e-4, 5e-3, forced_spikes=[])
ALTERED = re.compile(r"alter @(\S+)\[(\w+)\] = (\S+)")


def jobs(biases, conditions):
    """Short runs of each circuit, by name, and of the benches that constants are measured on."""
    row = RowCircuit("mixed", biases, conditions=conditions)
    spiking = TransistorCircuit(biases, conditions=conditions, spiking=True)
    return {
        "transistor": spiking.job(SHORT, "transistor"),
        "mixed": MixedCircuit(biases, conditions=conditions).job(SHORT, "mixed"),
        "row": row.job(ROW, "row"),
        **{
            name: bench_job(name, biases, conditions)
            for name in (*BENCHES, "spike_generator", "inhibition", "weight_gain")
        },
    }


def deviations(deck, job):
    """Value by place and parameter, from the deck that a run wrote."""
    mismatch = die_of(job.deck, ONE)
    found = ALTERED.findall(deck.read_text(encoding="utf-8"))
    assert found
    return {(mismatch.place(name), parameter): float(value) for name, parameter, value in found}


@pytest.mark.ngspice
def test_a_place_deviates_alike_wherever_it_is_shown(biases, tmp_path):
    planned = jobs(biases, ONE)
    run_all([job.writing_to(tmp_path / name) for name, job in planned.items() if job.t_stop])
    found = {
        name: deviations(tmp_path / name / "deck.cir", job)
        for name, job in planned.items()
        if job.t_stop
    }
    whole = found.pop("transistor")
    for name, deviating in found.items():
        shared = deviating.keys() & whole.keys()
        assert len(shared) > 20, name
        assert {key: deviating[key] for key in shared} == {key: whole[key] for key in shared}, name
    assert found["mixed"].keys() < whole.keys()
    assert len({value for (_, parameter), value in whole.items() if parameter == "delvto"}) > 400


@pytest.mark.ngspice
def test_a_die_decides_alike_in_the_mixed_and_the_transistor_view(biases):
    circuits = [
        kind(biases, conditions=conditions)
        for kind in (MixedCircuit, TransistorCircuit)
        for conditions in (ONE, Conditions())
    ]
    vectors = run_all([circuit.job(STIMULUS, "run") for circuit in circuits])
    mixed, nominal, transistor, _ = (
        circuit.result(STIMULUS, found) for circuit, found in zip(circuits, vectors, strict=True)
    )
    np.testing.assert_array_equal(mixed.spikes.decision, transistor.spikes.decision)
    deviation = abs(mixed.spikes.i_mem_rise - transistor.spikes.i_mem_rise).max()
    assert deviation < 0.05 * abs(mixed.spikes.i_mem_rise - nominal.spikes.i_mem_rise).max()


def test_the_die_is_in_each_deck_and_in_the_name_of_results(biases):
    nominal, one, two = (jobs(biases, Conditions(die=die)) for die in (None, 1, 2))
    for name in nominal:
        digests = {planned[name].deck.sha256 for planned in (nominal, one, two)}
        assert len(digests) == 3, name
        assert nominal[name].alter is None
        assert one[name].alter.die == 1
    assert ONE.label == "generic180-27C-die1"


def test_the_nominal_die_changes_nothing(biases):
    assert isinstance(MixedCircuit(biases).job(SHORT, "run"), Job)
    assert "* die " not in MixedCircuit(biases).job(SHORT, "run").deck.text


@pytest.mark.parametrize("die", [-1, 1.5, "seven"])
def test_a_die_that_can_not_be_is_refused(die):
    with pytest.raises(InputError, match="options: die"):
        validated(Conditions, {"die": die}, "options")


def test_the_variation_of_a_die_is_in_its_deck_and_in_the_name_of_its_results(biases):
    both = Conditions(die=1, variation="both")
    assert both.label == f"{ONE.label}-both"
    decks = [bench_job("decision", biases, one).deck for one in (ONE, both)]
    assert "variation" not in decks[0].text
    assert "* variation both, in common " in decks[1].text
    mismatch = die_of(decks[1], both)
    assert mismatch.local and [shift.model for shift in mismatch.shifts] == ["g180n", "g180p"]

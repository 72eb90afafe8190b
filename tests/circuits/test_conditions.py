"""The conditions that a circuit runs under: what they may be, and that they reach each deck."""

import re
import shutil

import numpy as np
import pytest
from pdk_models import need_models

from cosim.cells.bench import bench_job, measurement
from cosim.circuits.bias_tables import bias_folder, read_biases
from cosim.circuits.conditions import Conditions, deck_under, whole_deck
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.row import RowCircuit
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.experiments.neuron.config import Experiment
from cosim.technologies.technology import FOLDER
from cosim.workbench.places import NETLISTS
from ebn_model.errors import InputError
from ebn_model.row import RowStimulus
from ebn_model.stimulus import Stimulus
from ebn_model.validation import validated

NAMES = ["", "unknown", "../x", "../biases/published", "generic180.spice", "generic180\n.include y"]


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_technology_is_refused_with_those_there_are(name):
    with pytest.raises(
        InputError, match=r"options: technology: .*there are: .*generic180"
    ) as error:
        validated(Conditions, {"technology": name}, "options")
    assert f"unknown technology {name!r}" in str(error.value)


def test_a_technology_s_file_is_found_by_whoever_runs_there(tmp_path, monkeypatch):
    """Whatever their working directory is."""
    shutil.copytree(FOLDER, tmp_path / "technology")
    monkeypatch.chdir(tmp_path)
    conditions = Conditions(technology="technology/generic180.toml")
    monkeypatch.chdir(NETLISTS)
    assert conditions.facts.folder == tmp_path / "technology"


@pytest.mark.parametrize("temperature", [-300.0, -55.1, 150.1, float("nan")])
def test_a_temperature_that_the_models_are_not_made_for_is_refused(temperature):
    with pytest.raises(InputError, match=r"temperature: .*(outside -55 \.\. 150 °C|not finite)"):
        validated(Conditions, {"temperature": temperature}, "options")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"corner": "typical"}, "corner: unknown corner 'typical'; there are: tt, ff, ss, fs, sf"),
        ({"supply": 3.3}, "supply: 3.3 V is outside 1.4 .. 2.2 V, for which the devices of"),
        ({"supply": "3.3 A"}, "supply: '3.3 A' has the unit A"),
        ({"supply": float("nan")}, "supply: nan is not finite"),
    ],
)
def test_a_corner_or_supply_that_the_technology_does_not_have(values, reason):
    with pytest.raises(InputError, match=re.escape(f"options: {reason}")):
        validated(Conditions, values, "options")


def test_the_supply_is_the_technologys_if_none_is_stated():
    assert Conditions().supply == 1.8
    assert Conditions(technology="gf180").supply == 3.3
    assert Conditions(technology="gf180", supply="3 V").supply == 3
    assert Conditions(supply=1.8) == Conditions()


def test_a_latch_switches_at_a_share_of_the_supply():
    levels = Conditions(supply=0.9 * 1.8).levels
    assert (levels.supply, levels.latch_threshold) == pytest.approx((1.62, 0.72))
    assert [levels.latched(volts) for volts in (0.719, 0.721)] == [False, True]


def test_all_circuits_and_benches_run_under_their_conditions(biases):
    hot = Conditions(temperature=60, supply=1.7, corner="ff")
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
        assert re.findall(r"^\.param supply=(.*)$", job.deck.text, re.M)[-1] == "1.7"
        assert ".param dvt_n=-0.035 dvt_p=0.035 mobility_n=1.08 mobility_p=1.08" in job.deck.text
    transistor, mixed = jobs[0], jobs[1]
    sources = "\n".join(re.findall(r"^v.*(?:\n\+.*)*", transistor.deck.text, re.M))
    assert set(re.findall(r" 1\.[78]\d*", sources)) == {" 1.7"}
    assert set(mixed.controller().levels.values()) == {0.0, 1.7}


def test_conditions_of_an_experiment_are_told_from_what_else_it_states():
    experiment = Experiment(temperature=60, sub_lsbs=2, stimulus={"spikes": ["4 ms"]})
    assert experiment.conditions == Conditions(temperature=60)
    assert type(experiment.conditions) is Conditions


def outputs(technology, **conditions):
    """Low and high of a winner-take-all's output in V, and the share at which it switches."""
    job = bench_job(
        "wta_cell", read_biases("published"), Conditions(technology=technology, **conditions)
    )
    [(_, vectors)] = run_jobs([job])
    return measurement("wta_cell").measure(vectors)


@pytest.mark.ngspice
@pytest.mark.parametrize("supply", [1.62, 1.98])
def test_the_supply_is_that_of_the_circuit(supply):
    assert outputs("generic180", supply=supply)["high"] == pytest.approx(supply, abs=0.05)


def i_mem_of(technology, corner):
    conditions = Conditions(technology=technology, corner=corner)
    [(_, vectors)] = run_jobs([bench_job("leakage", read_biases("published"), conditions)])
    return {name: float(abs(vectors[f"@m.{name}.m1[id]"][0])) for name in ("xrest", "xsl")}


@pytest.mark.ngspice
@pytest.mark.parametrize("technology", ["generic180", "gf180", "sky130"])
def test_an_off_device_leaks_more_at_a_fast_corner(technology):
    """nFET xrest and pFET xsl, off."""
    need_models(technology)
    found = {corner: i_mem_of(technology, corner) for corner in ("tt", "ff", "ss", "fs", "sf")}
    for device, place in (("xrest", 0), ("xsl", 1)):
        fast = [found[corner][device] for corner in found if corner[place] == "f"]
        slow = [found[corner][device] for corner in found if corner[place] == "s"]
        assert min(fast) > found["tt"][device] > max(slow)


def test_a_technology_without_tables_says_how_to_make_them(tmp_path):
    facts = FOLDER.joinpath("generic180.toml").read_text(encoding="utf-8")
    own = tmp_path / "technology" / "own.toml"
    own.parent.mkdir()
    own.write_text(facts, encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.toml has no bias tables .*calibrate --technology"):
        read_biases("published", str(own))
    tables = tmp_path / "biases" / "own"
    tables.mkdir(parents=True)
    shutil.copy(bias_folder("generic180") / "rule.spice", tables / "mine.spice")
    assert read_biases("mine", str(own)) == read_biases("rule")


@pytest.mark.ngspice
@pytest.mark.parametrize("technology", ["generic180", "gf180", "sky130"])
def test_latches_switch_where_their_inverter_does(technology):
    need_models(technology)
    conditions = Conditions(technology=technology)
    text = "vdd vdd 0 {supply}\nxi a a vdd 0 inverter\n.save v(a)\n.op"
    deck = deck_under("inverter", conditions).include(NETLISTS / "cells.spice").append(text, "test")
    [(_, vectors)] = run_jobs([Job("inverter", whole_deck(deck, conditions))])
    assert conditions.levels.latch_threshold == pytest.approx(float(vectors["a"][0]), abs=0.01)

"""The kind `ledger`: what it makes of runs, and short runs of its own."""

from dataclasses import replace

import numpy as np
import pytest
from experiment_calls import summary_of
from pdk_models import need_models

from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import TransistorCircuit, neuron_deck
from cosim.circuits.neuron_sources import stimulus_lines
from cosim.circuits.whole_job import whole_job
from cosim.engine.devices import Transistor
from cosim.engine.inventory import transistors
from cosim.engine.worker import run_all
from cosim.experiments.ledger import energy_run
from cosim.experiments.ledger.energy_run import BLOCKS, EnergyRun, areas, capacitor_names
from cosim.experiments.ledger.law import Law, fit_probability, fitted_law
from cosim.experiments.ledger.noise_run import NoiseRun
from cosim.experiments.ledger.quantities import (
    decision_deviation,
    event_energy,
    layout_areas,
    supply_effect,
)
from cosim.experiments.ledger.report import make_report
from cosim.experiments.ledger.runner import runs
from cosim.experiments.ledger.settings import Layout, Use, read_ledger
from cosim.experiments.ledger.wrong_run import band_deviation, coloured
from cosim.experiments.protocol import Request
from cosim.workbench.errors import SimulationError
from cosim.workbench.experiment_files import read_file
from cosim.workbench.places import NETLISTS, SIMULATIONS, in_project
from cosim.workbench.pool import LocalPool
from ebn_model.errors import InputError


def close(value, rel=1e-6):
    """As pytest.approx, but for values that are far below its absolute tolerance, too."""
    return pytest.approx(value, rel=rel, abs=0)


LAYOUT = Layout(analog=3.0, logic=10.0, capacitors=2.0, density={"generic180": 1.0})
ENERGY = {
    "static": dict.fromkeys(BLOCKS, 1e-9),
    "pulse": dict.fromkeys(BLOCKS, 1e-12),
    "update": 0.2e-12,
    "crossing": 90e-12,
    "transistors": dict.fromkeys(BLOCKS, 2.0),
    "gates": dict.fromkeys(BLOCKS, 4e-12),
    "capacitance": dict.fromkeys(BLOCKS, 0.0) | {"membrane": 10e-12},
    "weights": [8, 8, 7],
}
PART = {"thermal": 3e-12, "flicker": 4e-12, "both": 5e-12}
NOISE = {"membrane": PART, "lower": PART, "upper": PART | {"both": 12e-12}}
WRONG = {
    "sigma": 4e-12,
    "distances": [-4e-12, 2e-12, 4e-12],
    "samples": 1000,
    "wrong": [160, 308, 157],
}
DECISION = {"centre": 9e-9, "half_width": 0.3e-9}


def ledger_file(tmp_path, change=lambda text: text):
    """The project's ledger for generic180 alone, in a file of its own."""
    text = (SIMULATIONS / "ledger/config.toml").read_text(encoding="utf-8")
    published = (SIMULATIONS / "ledger/published.toml").read_text(encoding="utf-8")
    (tmp_path / "published.toml").write_text(published, encoding="utf-8")
    text = text.replace('["generic180", "gf180", "sky130"]', '["generic180"]')
    path = tmp_path / "few.toml"
    path.write_text(change(text), encoding="utf-8")
    return read_file(str(path))


def test_areas_count_each_device_in_its_block():
    sizes = {"w": 2e-6, "l": 3e-6, "m": 4.0}
    found = areas(
        [
            Transistor("m.xlogic.x1.m1", "n", sizes),
            Transistor("m.xconstant.m1", "p", sizes | {"m": 1.0}),
        ],
        {"@c.xmembrane.cmem[capacitance]": np.array([10e-12])},
    )
    assert found["gates"]["logic"] == close(24e-12)
    assert found["gates"]["membrane"] == close(6e-12)
    assert found["capacitance"]["membrane"] == close(10e-12)
    assert sum(found["transistors"].values()) == 2


def test_a_layout_has_gates_and_capacitors_by_the_stated_factors():
    found = layout_areas(ENERGY, LAYOUT, "generic180")
    assert found["decision"] == close(12)
    assert found["logic"] == close(40)
    # 10 pF at 1 fF/um^2
    assert found["membrane"] == close(12 + 20000)


def test_the_energy_of_an_event_is_that_of_a_period_and_of_what_happens_in_it():
    found = event_energy(ENERGY, Use(rate=200.0))
    assert found["static"] == close(6e-9 / 200)
    assert found["all"] == close(6e-9 / 200 + 6e-12 + ENERGY["update"])


def test_what_the_supply_does_is_a_slope():
    found = supply_effect(DECISION, {"centre": 9.2e-9, "half_width": 0.25e-9}, 0.2)
    assert found == close({"centre": 1e-9, "half_width": -0.25e-9})


def test_noises_of_membrane_and_decision_add_as_squares_at_the_worse_threshold():
    assert decision_deviation(NOISE) == close(13e-12)


def test_pulses_are_told_apart_by_weight_and_next_decision():
    decisions = np.array([0, 0, -1, -1, -1])
    quiet, learning, crossing = energy_run._kinds(decisions, decisions != 0)
    assert quiet.tolist() == [True, False, False, False]
    assert learning.tolist() == [False, False, True, True]
    assert crossing.tolist() == [False, True, False, False]
    with pytest.raises(SimulationError, match="no pulse after which neither weight nor outcome"):
        energy_run._kinds(decisions[1:], decisions[1:] != 0)


def test_coloured_noise_has_the_deviation_of_its_density():
    frequency = np.geomspace(1e-3, 1e4, 71)
    density = 1e-13 * np.sqrt(1 + 50 / frequency)
    noise = coloured(frequency, density, 20000, 5e-5, np.random.default_rng(1))
    # white and flicker noise from 1 Hz to 10 kHz
    expected = 1e-13 * np.sqrt(1e4 + 50 * np.log(1e4))
    assert noise.std() == close(expected, 0.02)
    assert band_deviation(frequency, density, np.ones(71), 1.0) == close(expected, 0.01)
    # of which half is below a quarter of the band, and more than half with flicker noise
    slow = noise.reshape(-1, 4).mean(axis=1)
    assert noise.std() / 2 < slow.std() < noise.std()


def test_a_law_is_found_again_from_counts():
    distances = np.array([-8e-12, -4e-12, -2e-12, 2e-12, 4e-12])
    law = Law(1e-12, 4e-12)
    counts = 1000 * law.inc(distances)
    assert fitted_law(distances, counts, 1000) == close(law, 0.01)
    assert fit_probability(law, distances, counts, 1000) == close(1)
    counts[1] -= 100
    assert fit_probability(law, distances, counts, 1000) < 1e-6
    assert Law(0.0, 4e-12).inc(np.array([4e-12]))[0] == close(0.1587, 1e-3)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[-2.0, ", "[0.0, ", "at the threshold itself"),
        ("generic180 = 1.0", "other = 1.0", "layout.density has no generic180"),
        ('biases = "published"', 'biases = "no_table"', "unknown bias table"),
    ],
)
def test_a_fault_in_the_file_is_named(tmp_path, old, new, fault):
    with pytest.raises(InputError, match=fault):
        read_ledger(ledger_file(tmp_path, lambda text: text.replace(old, new)))


def test_each_published_figure_has_a_source(tmp_path):
    ledger = read_ledger(ledger_file(tmp_path))
    assert len({one.name.split(" (")[0] for one in ledger.published}) >= 8
    path = tmp_path / "published.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('source = "title of Front', 'source = ""  #', 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"circuits\.0\.source"):
        read_ledger(read_file(str(tmp_path / "few.toml")))


def outcomes(**changes):
    """All runs of a ledger of generic180, made up."""
    found = {
        "energy": ENERGY,
        "spikes": {"values": {"energy": 26e-12}},
        "delay decision_speed": {
            "values": dict.fromkeys(("delay_10p", "delay_100p", "delay_1000p"), 1e-4)
        },
        "delay learning_control": {"values": {"latch_delay": 2e-9, "settling": 3e-9}},
        "delay pulse_interface": {"values": {"delay_rise": 1e-9, "delay_fall": 1e-9}},
        "noise published": NOISE,
        "noise network": NOISE,
        "decision nominal": {"values": DECISION},
        "decision low": {"values": DECISION},
        "decision high": {"values": DECISION},
        "wrong decisions": WRONG,
    }
    return {"generic180": found | changes}


def test_the_report_has_all_that_was_found(tmp_path):
    ledger = read_ledger(ledger_file(tmp_path), Request(out=tmp_path / "out"))
    report = make_report(ledger, outcomes())
    assert report.passed
    page = report.page.read_text(encoding="utf-8")
    # event, noise together, output spike, a source
    for text in (
        "36 pJ",
        "13.0 pA RMS",
        "1.00 times that of .noise",
        "26 pJ",
        "10.3389/fnins.2017.00123",
    ):
        assert text in page
    summary = summary_of(report.results)
    assert summary["technologies"]["generic180"]["energy"]["update"] == ENERGY["update"]


def test_wrong_decisions_that_follow_no_law_fail(tmp_path):
    ledger = read_ledger(ledger_file(tmp_path), Request(out=tmp_path / "out"))
    report = make_report(ledger, outcomes(**{"wrong decisions": WRONG | {"wrong": [160, 50, 157]}}))
    assert report.passed is False


def test_a_run_that_failed_is_shown_with_its_reason(tmp_path):
    ledger = read_ledger(ledger_file(tmp_path), Request(out=tmp_path / "out"))
    report = make_report(ledger, outcomes(**{"noise network": {"error": "no operating point"}}))
    assert "no operating point" in report.page.read_text(encoding="utf-8")
    assert report.passed is False
    assert ("runs that failed", "noise network") in [
        (one.quantity, one.measured) for one in report.checks
    ]


def test_a_supply_of_the_project_is_that_of_all_runs(tmp_path):
    tmp_path.joinpath("ebn-cosim.toml").write_text('supply = "1.6 V"\n', encoding="utf-8")
    with in_project(tmp_path):
        ledger = read_ledger(ledger_file(tmp_path), Request(out=tmp_path / "out"))
        planned = runs(ledger, ledger.conditions["generic180"])
    supplies = {name: run.conditions.supply for name, run in planned.items()}
    assert supplies.pop("decision low") == pytest.approx(1.52)
    assert supplies.pop("decision high") == pytest.approx(1.68)
    assert {*supplies.values()} == {1.6}


def test_a_supply_that_devices_are_not_made_for_is_refused(tmp_path):
    ledger = read_ledger(ledger_file(tmp_path), Request(out=tmp_path / "out"))
    wide = ledger.settings.model_copy(update={"supply_step": 0.4})
    with pytest.raises(InputError, match=r"supply_step: supply: 1\.08 V is outside"):
        runs(replace(ledger, settings=wide), ledger.conditions["generic180"])


@pytest.mark.ngspice
def test_the_blocks_together_take_what_the_neuron_takes():
    """The same currents, by operating points of the metered neuron and of neuron_test."""
    conditions, stimulus = Conditions(), Use().stimulus()
    biases, solver = read_biases("published"), TransistorCircuit.tested_solver
    drawn, counts = [], []
    blocks = tuple(f"vsupply_{block}#branch" for block in BLOCKS)
    for netlist, supplies in (
        ("metered_neuron.spice", blocks),
        ("neuron_test.spice", ("vdda#branch", "vddd#branch")),
    ):
        deck = neuron_deck(netlist, biases, solver, conditions)
        deck = deck.append(stimulus_lines(stimulus, conditions.supply), "stimulus")
        deck = deck.append(".save all\n.op", "analysis")
        [vectors] = run_all([whole_job(netlist, deck, conditions, supplies)], LocalPool(1))
        drawn.append(sum(float(vectors[name][-1]) for name in supplies))
        counts.append(transistors(deck))
    assert drawn[0] == close(drawn[1], 1e-3)
    assert counts[0] == counts[1] == 391


def test_capacitors_are_found_in_all_instances():
    conditions = Conditions()
    solver = TransistorCircuit.tested_solver
    deck = neuron_deck("metered_neuron.spice", read_biases("published"), solver, conditions)
    names = set(capacitor_names(deck))
    assert "@c.xmembrane.cmem[capacitance]" in names
    assert "@c.xextra.xdpi.csyn[capacitance]" in names
    assert sum(name.startswith("@c.xbias.") for name in names) == 16


@pytest.mark.ngspice
@pytest.mark.parametrize("technology", ["generic180", "gf180", "sky130"])
def test_noise_is_as_large_as_physics_has_it(technology):
    need_models(technology)
    run = NoiseRun("published", Conditions(technology=technology))
    jobs = [run._membrane(), *run.threshold_jobs().values()]
    results = iter(run_all(jobs, LocalPool(1)))
    found = run(lambda job: next(results))
    # kT/C on 10 pF is 20 uV, of which gm makes I_mem/37 mV = 5 pA; flicker noise comes to it
    assert 3.5e-12 < found["membrane"]["thermal"] < 7.5e-12
    # eight devices of 2*q*I at 9 nA: 150 fA/sqrt(Hz), and what is left of the flicker noise
    lower = found["lower"]
    at = np.interp(1000.0, lower["frequency"], lower["density"])
    assert at == close(160e-15, 0.2 if technology == "generic180" else 0.3)
    assert lower["both"] == close(np.hypot(lower["thermal"], lower["flicker"]))
    assert found["upper"]["both"] == close(lower["both"], 0.2)


@pytest.mark.ngspice
def test_energy_of_all_kinds_of_pulses():
    stimulus = Use(pulses=5).stimulus()
    run = EnergyRun("published", Conditions(), stimulus)
    transient, point = run._job()
    assert transient.t_stop == close(0.03)
    results = iter(run_all([transient, point], LocalPool(1)))
    found = run(lambda job: next(results))
    # its bias block alone draws 16 references from 1.8 V, i_ext above all
    assert found["static"]["bias"] == close(1.8 * 135e-9, 0.02)
    assert found["weights"][:2] == [3, 3]
    assert 0 < found["update"] < 2e-12
    assert found["pulse"]["logic"] < 2e-12 < found["crossing"]
    assert found["capacitance"]["membrane"] == close(10e-12)


@pytest.mark.ngspice
def test_capacitors_of_another_circuit_are_read_by_its_own_names():
    """Those that ours has, connected otherwise, and those that it hasn't."""
    with in_project(NETLISTS / "second_version"):
        _, point = EnergyRun("published", Conditions(), Use(pulses=2).stimulus())._job()
        [found] = run_all([point], LocalPool(1))
    line = found["@c.xbias.cth_exc[capacitance]"]
    assert line == close(found["@c.xbias.ctau_exc[capacitance]"])
    assert found["@c.xmembrane.cmem[capacitance]"] == close(10e-12)
    assert set(found) == set(point.vectors)


def test_a_key_follows_from_the_stimulus():
    one = EnergyRun("published", Conditions(), Use().stimulus())
    assert one.key != replace(one, stimulus=Use(start_weight=4).stimulus()).key

"""Networks of dies: what is run, what is kept, and what their files say."""

import csv
from dataclasses import replace
from functools import partial
from operator import attrgetter

import numpy as np
import pytest
from experiment_calls import read_one, run_one, summary_of

from cosim.cells import die_outcomes
from cosim.cells.die_constants import DieMeasurement
from cosim.circuits.bias_tables import read_biases
from cosim.experiments.chip import dies as chip_dies
from cosim.experiments.chip import runner
from cosim.experiments.chip.chip_run import METHODS, REFINED, ChipRun
from cosim.experiments.chip.chip_run import NOMINAL as NOMINAL_MODEL
from cosim.experiments.chip.dies import TrimmedMeasurement
from cosim.experiments.chip.kind import KIND
from cosim.experiments.chip.report import ratio
from cosim.experiments.trim import NominalRun, Trim
from cosim.workbench.experiment_files import read_file
from cosim.workbench.places import NETLISTS
from cosim.workbench.task import Task
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters

read, run = partial(read_one, KIND), partial(run_one, KIND)

NOMINAL = measured_parameters("network_row")
CHIP = """\
kind = "chip"
title = "Two chips of three dies"
first_die = 50
chips = 2
iterations = 1
further = 1

[task]
duration = "50 ms"
validation = 1

[parameters]
neurons = 3

[situations.one]
label = "mismatch"
over_nominal = 2.4

[situations.two]
label = "twice"
mismatch_scale = 2.0

[situations.heat]
label = "hot"
temperature = "60 °C"
"""


def changed(codes, place):
    """The codes, of which each method has others."""
    return [[0, place, 2], *codes[1:]]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(CHIP, encoding="utf-8")
    return path


TAU = 0.03
"""The membrane's time constant of the nominal stand-in, s: another one than NOMINAL has."""


def tau_of(conditions):
    """The membrane's time constant of a stand-in, s."""
    hot = 0.8 if conditions.temperature == 60 else 1.0
    deviation = 0 if conditions.die is None else 0.01 * (conditions.die - 49)
    return TAU * hot * (1 + conditions.mismatch_scale * deviation)


@pytest.fixture
def ran(monkeypatch):
    """Runs that were made, by stand-ins in this process, and dies that can't be measured.

    The runs of a trim's nominal die are none of the dies'.
    """
    made, broken = [], []

    def measure(one, _notify):
        made.append(one)
        if isinstance(one, NominalRun):
            return {"i_spike": 1e-8}
        conditions = one.used if isinstance(one, TrimmedMeasurement) else one.conditions
        if conditions.die in broken or conditions.label in broken:
            return {"error": "no spikes"}
        membrane = NOMINAL.membrane.model_copy(update={"tau": tau_of(conditions)})
        constants = NOMINAL.model_copy(update={"membrane": membrane}).model_dump(mode="json")
        if isinstance(one, TrimmedMeasurement):
            trim = {"code_i_spike": conditions.die - 50, "i_spike": 1e-9}
            return {"constants": constants, "trim": trim}
        return constants

    def run(one, _notify):
        made.append(one)
        away, rate = "runaway" in broken, 0.0 if "silent" in broken else 10.0
        tau = sum(row.membrane.tau for row in one.parameters.of_neurons)
        score = {"decoding_error": tau, "rate": rate, "ran_away": away, "calibrated_error": 0.05}
        score["adapted_error"] = 0.04
        codes = [[0, 1, 2], [3, 0, 4], [5, 6, 0]]
        names = METHODS if one.transferred else (NOMINAL_MODEL, REFINED)
        return {
            name: {"unscaled_error": 0.1 * place, **score, "codes": changed(codes, place)}
            for place, name in enumerate(names, 1)
        }

    chips = Task(run, attrgetter("label"))
    for module in (die_outcomes, chip_dies):
        monkeypatch.setattr(module, "OUTCOME", Task(measure, attrgetter("label")))
    monkeypatch.setattr(runner, "Task", lambda *_, **__: chips)
    return made, broken


def of_kind(made, kind):
    return [one for one in made if isinstance(one, kind)]


def test_each_die_is_measured_once_and_each_chip_run_in_each_situation(file, ran):
    made, _ = ran
    experiment = read(file)
    run(experiment)
    dies = [
        (one.conditions.die, one.conditions.temperature, one.conditions.mismatch_scale)
        for one in of_kind(made, DieMeasurement)
    ]
    situations = ((27.0, 1.0), (27.0, 2.0), (60.0, 1.0))
    expected = [(die, *under) for under in situations for die in range(50, 56)]
    assert dies == [(None, 27.0, 1.0), *expected]
    chips = of_kind(made, ChipRun)
    assert len([one for one in chips if not one.transferred]) == 2
    assert len([one for one in chips if one.transferred]) == 6
    made.clear()
    run(experiment)
    assert made == []
    run(read(file, "chips=3"))
    assert [one.conditions.die for one in of_kind(made, DieMeasurement)] == 3 * [56, 57, 58]


def test_rows_are_the_dies_in_their_situation(file, ran):
    made, _ = ran
    run(read(file))
    second = {
        one.label: [row.membrane.tau for row in one.parameters.rows]
        for one in of_kind(made, ChipRun)
        if one.transferred and one.seed == 53
    }
    factors = np.array([1.04, 1.05, 1.06])
    assert second["chip 1, mismatch"] == pytest.approx(TAU * factors)
    assert second["chip 1, twice"] == pytest.approx(TAU * (2 * factors - 1))
    assert second["chip 1, hot"] == pytest.approx(0.8 * TAU * factors)


def test_dies_are_trimmed_where_nothing_is_hot_and_then_measured_where_they_are_used(file, ran):
    made, _ = ran
    trim = "trim = { bits = 2, biases = { i_spike = {} } }"
    hot = 'temperature = "60 °C"'
    file.write_text(CHIP.replace(hot, f"{hot}\n{trim}"), encoding="utf-8")
    report = run(read(file))
    trimmed = of_kind(made, TrimmedMeasurement)
    assert [one.used.die for one in trimmed] == [*range(50, 56)]
    for one in trimmed:
        assert (one.trimmed.temperature, one.used.temperature) == (27.0, 60.0)
        assert one.trimmed.die == one.used.die
        assert one.nominal == {"i_spike": 1e-8}
    [nominal] = of_kind(made, NominalRun)
    assert nominal.conditions.temperature == 27.0
    lines = (report.results / "trims_heat.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["die,code_i_spike,i_spike", *(f"{50 + n},{n},1e-09" for n in range(6))]
    first = trimmed[0]
    others = [
        replace(first, trim=Trim(bits=3, biases=first.trim.biases)),
        replace(first, table="published"),
        replace(first, trimmed=first.used),
        replace(first, used=first.trimmed),
        replace(first, nominal={"i_spike": 2e-8}),
    ]
    assert len({first.key, *(one.key for one in others)}) == 6


def test_windows_follow_thresholds_where_a_situation_says_so(file, ran, monkeypatch):
    made, _ = ran
    moved = NOMINAL.model_copy(update={"i_in": 1e-9})
    monkeypatch.setattr(runner, "with_window_below_threshold", lambda _row, _designed: moved)
    heat = 'temperature = "60 °C"'
    file.write_text(CHIP.replace(heat, f"{heat}\nwindow_follows = true"), encoding="utf-8")
    run(read(file))
    rows = {one.label: one.parameters.rows for one in of_kind(made, ChipRun)}
    assert rows["chip 0, hot"] == (moved,) * 3
    assert moved not in rows["chip 0, twice"]


def test_codes_are_programmed_and_inputs_scaled_for_the_nominal_die_that_was_measured(file, ran):
    """Under the circuit, table and conditions of the experiment, whatever the model has stored."""
    made, _ = ran
    run(read(file))
    assert NOMINAL.membrane.tau != TAU
    assert {one.parameters.neuron.membrane.tau for one in of_kind(made, ChipRun)} == {TAU}


def test_dies_are_those_of_the_project_that_the_file_states(file, ran):
    made, _ = ran
    run(read(file))
    made.clear()
    second = NETLISTS / "second_version"
    file.write_text(f'project = "{second}"\n{CHIP}', encoding="utf-8")
    with read_file(str(file)).in_project():
        run(read(file))
        tables = {one._biases.i_in for one in of_kind(made, DieMeasurement)}
        assert tables == {read_biases("network", "generic180").i_in}
    # Other dies than those of the circuit without the project.
    assert len(of_kind(made, DieMeasurement)) == 1 + 3 * 6
    assert tables != {read_biases("network", "generic180").i_in}


def test_the_nominal_model_has_no_mismatch_and_its_codes_are_transferred(file, ran):
    made, _ = ran
    text = CHIP.replace("neurons = 3", "neurons = 3\nmismatch = { weight = 0.1 }")
    file.write_text(text, encoding="utf-8")
    run(read(file))
    for one in of_kind(made, ChipRun):
        assert one.parameters.mismatch.weight == (0.1 if one.transferred else 0.0)
        assert bool(one.parameters.rows) == bool(one.transferred)
        if one.transferred:
            assert one.transferred == [[0, 1, 2], [3, 0, 4], [5, 6, 0]]
            assert one.refined == [[0, 2, 2], [3, 0, 4], [5, 6, 0]]


def test_the_summary_has_each_method_in_each_situation(file, ran):
    report = run(read(file))
    summary = summary_of(report.results)
    assert list(summary["chip"]) == ["one", "two", "heat"]
    found = summary["chip"]["one"]["matured"]
    assert found["unscaled_error"]["mean"] == pytest.approx(0.5)
    assert (found["chips"], found["ran_away"]) == (2, 0)
    text = (report.results / "chips.csv").read_text(encoding="utf-8")
    assert len(list(csv.DictReader(text.splitlines()))) == 2 * 2 + 2 * 3 * len(METHODS)
    assert (report.results / "figure.png").is_file()
    name = "learned and refined on the chip, over the nominal model: unscaled error"
    over = [check for check in report.checks if check.quantity == name]
    assert [check.measured for check in over] == ["2.5 [2.5, 2.5]"] * 3
    # The first situation requires something of it.
    assert [check.passed for check in over] == [False, None, None]


def test_a_chip_with_a_die_that_can_not_be_measured_is_left_out_and_named(file, ran):
    _, broken = ran
    broken.append(54)
    report = run(read(file))
    summary = summary_of(report.results)
    assert summary["chip"]["one"]["learned"]["chips"] == 1
    fault = {"1": "die 54: no spikes"}
    assert summary["faults"] == {"one": fault, "two": fault, "heat": fault}


def test_a_situation_in_which_no_chip_can_be_built_fails(file, ran):
    """The others are shown as always."""
    _, broken = ran
    broken += [f"generic180-27C-die{die}-mismatch2" for die in (50, 53)]
    report = run(read(file, "chips=2"))
    failed = [one for one in report.checks if one.passed is False and one.comparison == "twice"]
    assert [one.quantity for one in failed] == ["chips that could be built"]
    summary = summary_of(report.results)
    assert summary["chip"]["two"] == {}
    assert summary["chip"]["one"]["learned"]["chips"] == 2
    assert summary["faults"] == {"two": {"0": "die 50: no spikes", "1": "die 53: no spikes"}}


def test_a_chip_with_learned_codes_must_not_run_away(file, ran):
    _, broken = ran
    fine = file.read_text(encoding="utf-8").replace("over_nominal = 2.4", "over_nominal = 2.6")
    file.write_text(fine, encoding="utf-8")
    assert run(read(file)).passed
    broken.append("runaway")
    report = run(read(file), force=True)
    assert not report.passed
    required = [c.quantity for c in report.checks if c.passed is False]
    assert len(required) == 3 * (len(METHODS) - 1)
    assert not any(name.startswith("programmed") for name in required)


def test_without_the_nominal_die_there_is_no_chip(file, ran):
    _, broken = ran
    broken.append(None)
    with pytest.raises(InputError, match="nominal die can't be measured: no spikes"):
        run(read(file))


def test_a_report_needs_all_results(file):
    with pytest.raises(InputError, match=r"no current results of 1 of 1 dies of two"):
        next(iter(KIND.report([read(file)])))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("chips=0", "chips"),
        ("die=3", "state first_die instead"),
        ("biases=none", "none"),
        ("cases=1", "cases"),
    ],
)
def test_bad_settings_are_refused(file, change, reason):
    with pytest.raises(InputError, match=reason):
        read(file, change)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("mismatch_scale = 2.0", "mismatch_scale = 0.0", "situations.two.mismatch_scale"),
        ("mismatch_scale = 2.0", 'changes = { "mismatch.wieght" = 0.1 }', "mismatch.wieght"),
        (
            "mismatch_scale = 2.0",
            "changes = { iterations = 5 }",
            r"situations\.two\.changes: iterations is the same in all situations",
        ),
        ("neurons = 3", "rows = []\nneurons = 0", "neurons"),
        ("neurons = 3", "rows = []", "rows: constants are measured on the dies"),
        (
            "mismatch_scale = 2.0",
            'changes = { "neuron.i_in" = 5e-10 }',
            "two: neuron: constants are",
        ),
        (
            'title = "Two chips of three dies"',
            'configuration = "paper"',
            "not a network of the chip",
        ),
    ],
)
def test_bad_files_are_refused(file, old, new, reason):
    file.write_text(CHIP.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        read(file)


def test_other_conditions_have_a_folder_of_their_own(file):
    assert read(file, "chips=3").results == read(file).results
    hot = read(file, conditions=("temperature=85",))
    assert hot.results == read(file).results / "generic180-85C"


def test_inputs_and_decoders_that_change_later_are_not_what_the_nominal_model_learned_on(file, ran):
    made, _ = ran
    later = '\n[situations.later]\nlabel = "later"\nnew_decoder = 0.5\n'
    later += 'changes = { "task.smoothing" = 0.02 }\n'
    file.write_text(CHIP + later, encoding="utf-8")
    run(read(file))
    found = {
        (bool(one.transferred), one.new_decoder, one.task.smoothing)
        for one in of_kind(made, ChipRun)
    }
    assert found == {(False, 0.0, 0.03), (True, 0.0, 0.03), (True, 0.5, 0.02)}


def test_a_ratio_is_the_geometric_mean_over_chips():
    own, reference = ([{"rate": value} for value in values] for values in ((2.0, 8.0), (1.0, 1.0)))
    assert ratio(own, reference, "rate").mean == pytest.approx(4.0)


def test_a_chip_that_does_not_fire_has_no_ratio(file, ran):
    _, broken = ran
    broken.append("silent")
    texts = [c.measured for c in run(read(file)).checks if c.quantity.endswith("rate")]
    assert {*texts} == {"none, as a chip doesn't fire"}

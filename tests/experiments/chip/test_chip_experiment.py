"""Networks of dies: what is run, what is kept, and what their files say."""

import csv
import json
from dataclasses import replace
from operator import attrgetter

import numpy as np
import pytest

from cosim.cells import die_outcomes
from cosim.cells.die_constants import DieMeasurement
from cosim.circuits.neuron import read_biases
from cosim.experiments.chip import runner
from cosim.experiments.chip.chip_run import (
    GAIN_TRIALS,
    METHODS,
    REFINED,
    ChipRun,
    chip_of,
    finer,
    readout_gain,
    run_chip,
    with_codes,
)
from cosim.experiments.chip.chip_run import NOMINAL as NOMINAL_MODEL
from cosim.experiments.chip.kind import KIND
from cosim.experiments.chip.report import ratio
from cosim.experiments.chip.settings import FineLearning, read_chip
from cosim.experiments.protocol import Request, Work
from cosim.workbench.experiment_files import read_file
from cosim.workbench.placement import Placement
from cosim.workbench.places import NETLISTS
from cosim.workbench.report import SUMMARY
from cosim.workbench.task import Task
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters
from ebn_model.network.decoding import represented
from ebn_model.network.evaluation import draw_trial
from ebn_model.network.parameters import MismatchParameters, TaskParameters
from ebn_model.network.seeds import Purpose

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
scale = 2.0

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


def read(file, *changes, **request):
    return read_chip(read_file(str(file)), Request(changes=changes, **request))


TAU = 0.03
"""The membrane's time constant of the nominal stand-in, s: another one than NOMINAL has."""


def tau_of(conditions):
    """The membrane's time constant of a stand-in, s."""
    hot = 0.8 if conditions.temperature == 60 else 1.0
    return TAU * hot * (1 if conditions.die is None else 1 + 0.01 * (conditions.die - 49))


@pytest.fixture
def ran(monkeypatch):
    """Runs that were made, by stand-ins in this process; die 54 can't be measured if asked so."""
    made, broken = [], []

    def measure(one, _notify):
        made.append(one)
        if one.conditions.die in broken:
            return {"error": "no spikes"}
        membrane = NOMINAL.membrane.model_copy(update={"tau": tau_of(one.conditions)})
        return NOMINAL.model_copy(update={"membrane": membrane}).model_dump(mode="json")

    def run(one, _notify):
        made.append(one)
        away = "runaway" in broken
        tau = sum(row.membrane.tau for row in one.parameters.of_neurons)
        score = {"decoding_error": tau, "rate": 10.0, "ran_away": away, "calibrated_error": 0.05}
        codes = [[0, 1, 2], [3, 0, 4], [5, 6, 0]]
        names = METHODS if one.transferred else (NOMINAL_MODEL, REFINED)
        return {
            name: {"unscaled_error": 0.1 * place, **score, "codes": changed(codes, place)}
            for place, name in enumerate(names, 1)
        }

    chips = Task(run, attrgetter("label"))
    monkeypatch.setattr(die_outcomes, "OUTCOME", Task(measure, attrgetter("label")))
    monkeypatch.setattr(runner, "Task", lambda *_, **__: chips)
    return made, broken


def run(experiment, force=False):
    return next(KIND.run([experiment], Work(Placement(1), force)))


def of_kind(made, kind):
    return [one for one in made if isinstance(one, kind)]


def test_each_die_is_measured_once_and_each_chip_run_in_each_situation(file, ran):
    made, _ = ran
    experiment = read(file)
    run(experiment)
    dies = [
        (one.conditions.die, one.conditions.temperature) for one in of_kind(made, DieMeasurement)
    ]
    expected = [(None, 27.0), *((die, 27.0) for die in range(50, 56)), (None, 60.0)]
    assert sorted(dies, key=str) == sorted(expected, key=str)
    chips = of_kind(made, ChipRun)
    assert len([one for one in chips if not one.transferred]) == 2
    assert len([one for one in chips if one.transferred]) == 6
    made.clear()
    run(experiment)
    assert made == []
    run(read(file, "chips=3"))
    assert [one.conditions.die for one in of_kind(made, DieMeasurement)] == [56, 57, 58]


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
    assert second["chip 1, twice"] == pytest.approx(TAU * factors**2)
    assert second["chip 1, hot"] == pytest.approx(0.8 * TAU * factors)


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
    assert len(of_kind(made, DieMeasurement)) == 8
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
    summary = json.loads((report.results / SUMMARY).read_text(encoding="utf-8"))
    assert list(summary["chip"]) == ["one", "two", "heat"]
    found = summary["chip"]["one"]["matured"]
    assert found["unscaled_error"]["mean"] == pytest.approx(0.5)
    assert (found["chips"], found["ran_away"]) == (2, 0)
    text = (report.results / "chips.csv").read_text(encoding="utf-8")
    assert len(list(csv.DictReader(text.splitlines()))) == 2 * 2 + 2 * 3 * 6
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
    summary = json.loads((report.results / SUMMARY).read_text(encoding="utf-8"))
    assert summary["chip"]["one"]["learned"]["chips"] == 1
    assert summary["faults"] == {"1": "die 54: no spikes"}


def test_a_chip_with_learned_codes_must_not_run_away(file, ran):
    _, broken = ran
    fine = file.read_text(encoding="utf-8").replace("over_nominal = 2.4", "over_nominal = 2.6")
    file.write_text(fine, encoding="utf-8")
    assert run(read(file)).passed
    broken.append("runaway")
    report = run(read(file), force=True)
    assert not report.passed
    required = [c.quantity for c in report.checks if c.passed is False]
    assert len(required) == 3 * 5
    assert not any(name.startswith("programmed") for name in required)


def test_without_the_nominal_die_there_is_no_chip(file, ran):
    _, broken = ran
    broken.append(None)
    with pytest.raises(InputError, match="nominal die can't be measured: no spikes"):
        run(read(file))


def test_a_report_needs_all_results(file):
    with pytest.raises(InputError, match=r"no current results of \d+ of 7 dies of two"):
        next(iter(KIND.report([read(file)])))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("chips=0", "chips"),
        ("die=3", "state first_die and chips instead"),
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
        ("scale = 2.0", "scale = 0.0", "situations.two.scale"),
        ("scale = 2.0", 'changes = { "mismatch.wieght" = 0.1 }', "mismatch.wieght"),
        ("neurons = 3", "rows = []\nneurons = 0", "neurons"),
        ("neurons = 3", "rows = []", "rows: constants are measured on the dies"),
        ("scale = 2.0", 'changes = { "neuron.i_in" = 5e-10 }', "two: neuron: constants are"),
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


# ------------------------------------------------------------------- one chip, by the real model

TASK = TaskParameters(duration=0.5, validation=2)


def chip_run(**changes):
    parameters = ChipParameters(neurons=8, **changes.pop("parameters", {}))
    defaults = {"seed": 3, "input_gain": 0.0, "iterations": 3, "further": 1}
    defaults["fine"] = FineLearning()
    return ChipRun("chip", parameters, TASK, **{**defaults, **changes})


def test_a_nominal_chip_that_learns_is_the_nominal_model():
    own = run_chip(chip_run(), lambda _: None)
    nominal, refined = own[NOMINAL_MODEL], own[REFINED]
    codes = {"transferred": nominal["codes"], "refined": refined["codes"]}
    found = run_chip(chip_run(**codes), lambda _: None)
    assert list(found) == list(METHODS)
    for method in ("learned", "transferred"):
        assert found[method] == nominal
    for method in ("matured", "refined", "continued"):
        assert found[method] == refined
    assert refined["codes"] != nominal["codes"]
    assert found["programmed"]["codes"] != nominal["codes"]


def test_refined_is_learned_with_narrower_windows_and_smaller_steps():
    chip = chip_of(chip_run())
    fine = finer(chip, FineLearning(window=0.5, sub_lsbs=2))
    before, after = NOMINAL.decision, fine.parameters.of_neurons[0].decision
    assert after.i_upper - after.i_lower == pytest.approx(0.5 * (before.i_upper - before.i_lower))
    assert after.i_upper + after.i_lower == pytest.approx(before.i_upper + before.i_lower)
    assert fine.parameters.sub_lsbs == 2
    plain = FineLearning(window=1.0, sub_lsbs=0)
    outcomes = [run_chip(chip_run(fine=one), lambda _: None) for one in (FineLearning(), plain)]
    assert outcomes[0][NOMINAL_MODEL] == outcomes[1][NOMINAL_MODEL]
    assert outcomes[0][REFINED]["codes"] != outcomes[1][REFINED]["codes"]
    # Unchanged, the further trials are just more of them.
    longer = run_chip(chip_run(iterations=4), lambda _: None)[NOMINAL_MODEL]
    assert longer["codes"] == outcomes[1][REFINED]["codes"]


def test_one_gain_mends_a_read_out_that_is_wrong_by_one():
    """The inputs' weights are all larger, and so is the output."""
    run = chip_run()
    chip = chip_of(run)
    larger = replace(chip, input_gain=np.full_like(chip.input_gain, 1.3))
    assert readout_gain(larger, run) < 0.9 * readout_gain(chip, run)
    found = run_chip(run, lambda _: None)[NOMINAL_MODEL]
    assert 0 < found["calibrated_error"] <= found["unscaled_error"] * 1.1


def test_a_gain_that_learns_by_lms_ends_where_the_read_out_s_gain_is_fitted():
    """In the same trials, by the error of each sample: the chip needs no other read-out for it."""
    run = chip_run()
    chip = chip_of(run)
    larger = replace(chip, input_gain=np.full_like(chip.input_gain, 1.5))
    fitted, gain, first = readout_gain(larger, run), 1.0, run.iterations + run.further
    for number in range(first, first + GAIN_TRIALS):
        trial = draw_trial(chip.parameters, TASK, run.seed, Purpose.TRIAL, number)
        output = larger.run(trial.command).output[:-1]
        variable = represented(trial.command, chip.parameters)[:-1]
        # In a trial the gain comes e times nearer to where it belongs.
        step = 1 / (output**2).sum()
        for y, x in zip(output, variable, strict=True):
            gain += step * (x - gain * y) @ y
    assert abs(1 - fitted) > 0.2
    # e^-3 of the way is left, and the last trial counts for more than the first.
    assert abs(gain - fitted) < 0.1 * abs(1 - fitted) + 0.02


def test_dies_change_what_is_learned():
    own = run_chip(chip_run(), lambda _: None)
    nominal, refined = own[NOMINAL_MODEL], own[REFINED]["codes"]
    slow = NOMINAL.model_copy(
        update={"membrane": NOMINAL.membrane.model_copy(update={"tau": 0.04})}
    )
    rows = (NOMINAL,) * 4 + (slow,) * 4
    found = run_chip(
        chip_run(parameters={"rows": rows}, transferred=nominal["codes"], refined=refined),
        lambda _: None,
    )
    assert found["transferred"]["codes"] == nominal["codes"]
    assert found["transferred"]["unscaled_error"] != nominal["unscaled_error"]
    assert found["learned"]["codes"] != nominal["codes"]


def test_stuck_synapses_keep_random_codes_with_every_method():
    faults = {"mismatch": MismatchParameters(stuck=0.3)}
    none = np.zeros((8, 8), int).tolist()
    run = chip_run(parameters=faults, transferred=none, refined=none)
    chip = chip_of(run)
    stuck = chip.mismatch.stuck & ~np.eye(8, dtype=bool)
    kept = chip.state.weights
    assert stuck.any()
    assert (kept[stuck] != 0).mean() > 0.8
    assert (kept[~stuck] == 0).all()
    for method, outcome in run_chip(run, lambda _: None).items():
        codes = np.array(outcome["codes"])
        assert np.array_equal(codes[stuck], kept[stuck]), method
    assert (np.array(with_codes(chip, np.eye(8)[::-1]).state.weights)[stuck] == kept[stuck]).all()


def test_gains_of_the_inputs_follow_the_seed():
    one, other = (chip_of(chip_run(input_gain=0.2, seed=seed)) for seed in (3, 4))
    assert one.input_gain.std() == pytest.approx(0.2, rel=0.5)
    assert not np.array_equal(one.input_gain, other.input_gain)
    assert (chip_of(chip_run()).input_gain == 1).all()


def test_a_new_decoder_is_not_known_to_whoever_programmed_the_chip():
    none = np.zeros((8, 8), int).tolist()
    run = chip_run(transferred=none, refined=none)
    old, new = chip_of(run), chip_of(replace(run, new_decoder=0.5))
    assert np.linalg.norm(new.decoder, axis=0) == pytest.approx(np.ones(8))
    cosines = (old.decoder * new.decoder).sum(axis=0)
    # At most the angle whose sine is 0.5.
    assert (cosines >= np.sqrt(1 - 0.5**2) - 1e-9).all() and cosines.min() < 0.99
    before, after = (run_chip(one, lambda _: None) for one in (run, replace(run, new_decoder=0.5)))
    assert before["programmed"]["codes"] == after["programmed"]["codes"]
    assert before["programmed"]["unscaled_error"] != after["programmed"]["unscaled_error"]
    assert before["learned"]["codes"] != after["learned"]["codes"]


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


def test_what_an_outcome_depends_on_is_in_its_key():
    run = chip_run()
    others = [
        replace(run, seed=4),
        replace(run, iterations=4),
        replace(run, input_gain=0.1),
        replace(run, new_decoder=0.1),
        replace(run, transferred=[[0]]),
        replace(run, refined=[[0]]),
        replace(run, fine=FineLearning(window=0.5)),
        replace(run, parameters=ChipParameters(neurons=8, rows=(NOMINAL,) * 8)),
        replace(run, task=TASK.model_copy(update={"amplitude": 1.0})),
    ]
    assert len({run.key, *(one.key for one in others)}) == 1 + len(others)
    assert replace(run, label="other").key == run.key


def test_a_ratio_is_the_geometric_mean_over_chips():
    own, reference = ([{"rate": value} for value in values] for values in ((2.0, 8.0), (1.0, 1.0)))
    assert ratio(own, reference, "rate").mean == pytest.approx(4.0)

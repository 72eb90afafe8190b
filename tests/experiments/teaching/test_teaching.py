"""Chips that learn as circuits: trials, what is kept of them, and the verdict."""

import csv
from functools import partial
from operator import attrgetter

import fake_loop
import fake_rows
import numpy as np
import pytest
from experiment_calls import read_one, run_one, summary_of

from cosim.cells import die_outcomes
from cosim.comparison.decisions import total
from cosim.experiments.protocol import Work
from cosim.experiments.teaching import report as teaching_report
from cosim.experiments.teaching.kind import KIND
from cosim.experiments.teaching.lessons import give_lessons
from cosim.experiments.teaching.report import error_ratio
from cosim.replay import stored_loop
from cosim.workbench.placement import Placement
from cosim.workbench.task import Task
from ebn_model.chip.network import ChipNetwork
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters
from ebn_model.network.evaluation import draw_trial
from ebn_model.network.seeds import Purpose

read, run = partial(read_one, KIND), partial(run_one, KIND)

NOMINAL = measured_parameters("network_row")
TEACHING = """\
kind = "teaching"
title = "Three dies"
first_die = 40
trials = 2

[task]
duration = "60 ms"
validation = 1

[parameters]
neurons = 3
"""


TAU = 0.03
"""The membrane's time constant of the nominal stand-in, s: another one than NOMINAL has."""


def neuron_of(tau):
    return NOMINAL.model_copy(update={"membrane": NOMINAL.membrane.model_copy(update={"tau": tau})})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "three.toml"
    path.write_text(TEACHING, encoding="utf-8")
    return path


@pytest.fixture
def loop(monkeypatch):
    """Stand-ins for the loop, its rows and the benches, on which die 50 can't be measured."""

    def measure(one, _notify):
        die = one.conditions.die
        if die == 50:
            return {"error": "no spikes"}
        return neuron_of(TAU if die is None else 0.026 * (1 + 0.2 * (die - 39))).model_dump(
            mode="json"
        )

    task = Task(measure, attrgetter("label"))
    monkeypatch.setattr(die_outcomes, "OUTCOME", task)
    monkeypatch.setattr(stored_loop, "simulator_versions", lambda: {"ngspice": "39"})
    monkeypatch.setattr("cosim.replay.open_loop.RowCircuit", fake_rows.FakeRow)
    return fake_loop.install(monkeypatch)


def test_each_trial_goes_on_from_what_the_circuits_have_learned(file, loop):
    """The stand-in's network learns by itself, with the dies' constants: as their model does."""
    experiment = read(file, "trials=3")
    lessons = give_lessons(experiment, Work(Placement(1)))
    assert loop.ran() == 3
    assert np.abs(lessons.codes["circuits"]).max() > 0
    assert np.array_equal(lessons.codes["circuits"], lessons.codes["model"])
    assert not np.array_equal(lessons.codes["nominal"], lessons.codes["model"])
    assert error_ratio(lessons, "model", 5) == 1
    # And as the network of nominal dies, trial by trial, from codes 0.
    p = experiment.parameters.model_copy(update={"neuron": neuron_of(TAU)})
    network = ChipNetwork.build(p, 1)
    weights = []
    for number in range(3):
        command = draw_trial(p, experiment.settings.task, 1, Purpose.TRIAL, number).command
        state = network.run(command, learn=True).state
        network = ChipNetwork(p, network.decoder, state, network.mismatch)
        weights.append(state.weights)
    assert np.array_equal(lessons.codes["nominal"], weights[-1])
    iterations = [history.iteration.tolist() for history in lessons.histories.values()]
    assert iterations == [[0, 1, 2, 3]] * 3


def test_finished_trials_are_kept_and_more_go_on(file, loop):
    run(read(file))
    assert loop.ran() == 2
    run(read(file))
    assert loop.ran() == 0
    report = run(read(file, "trials=4"))
    assert loop.ran() == 2
    assert report.results == read(file).results
    run(read(file), force=True)
    assert loop.ran() == 2


def test_rows_have_as_many_dacs_as_the_file_says(file, loop, monkeypatch):
    made = []

    class Row(fake_rows.FakeRow):
        def __init__(self, view, *words, dacs, **named):
            made.append((view, dacs))
            super().__init__(view, *words, dacs=dacs, **named)

    monkeypatch.setattr("cosim.replay.open_loop.RowCircuit", Row)
    file.write_text(f"dacs = 7\n{TEACHING}", encoding="utf-8")
    run(read(file))
    assert {*made} == {("multiplexed", 7)}


def test_other_dies_are_another_chip(file, loop):
    run(read(file))
    loop.ran()
    other = read(file, "first_die=43")
    assert other.results != read(file).results
    run(other)
    assert loop.ran() == 2


def test_the_verdict_is_on_decisions_and_error(file, loop):
    """The stand-in's rows decide by another table: one step ahead they differ from the model."""
    report = run(read(file, "tolerances.dead_band=0"))
    one_step, error, *_ = report.checks
    assert one_step.passed is False
    assert (error.measured, error.passed) == ("1.000", True)
    assert report.passed is False
    lenient = run(read(file, "tolerances.one_step=0", "tolerances.error_ratio=0.9"))
    assert [check.passed for check in lenient.checks[:2]] == [True, False]


def test_networks_that_decide_nothing_show_nothing(file, loop, monkeypatch):
    monkeypatch.setattr(teaching_report, "total", lambda _: total(()))
    one_step, error, *_ = run(read(file)).checks
    assert (one_step.passed, error.passed) == (None, None)


def test_tables_and_summary_say_what_came_out(file, loop):
    report = run(read(file))
    summary = summary_of(report.results)
    assert summary["dies"] == [40, 41, 42]
    assert len(summary["taught_by"]["circuits"]["unscaled_error"]) == 3
    lines = report.results.joinpath("trials.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines))
    assert [row["trials"] for row in rows] == ["0", "1", "2"]
    errors = summary["taught_by"]["nominal"]["unscaled_error"]
    assert [float(row["unscaled_error_nominal"]) for row in rows] == errors
    codes = report.results.joinpath("codes.csv").read_text(encoding="utf-8").splitlines()
    assert len(codes) == 1 + 6
    assert report.results.joinpath("figure.png").stat().st_size > 10_000


def test_a_report_of_what_was_not_run_is_refused(file, loop):
    with pytest.raises(InputError, match="no current results of 4 of 4 dies of three"):
        next(KIND.report([read(file)]))
    run(read(file))
    assert next(KIND.report([read(file)])).checks
    with pytest.raises(InputError, match=r"no current results of the loop in .*003"):
        next(KIND.report([read(file, "trials=3")]))


def test_a_die_that_can_not_be_measured_is_named(file, loop):
    with pytest.raises(InputError, match="die 50 can't be measured: no spikes"):
        run(read(file, "first_die=48"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("trials=0", "trials"),
        ("first_die=-1", "first_die"),
        ("view=transistor", "view"),
        ("dacs=0", "dacs"),
        ("die=3", "state first_die instead"),
        ("nothing=3", "unknown key 'nothing'"),
        ("biases=none", "none"),
    ],
)
def test_what_can_not_be_is_refused(file, change, reason):
    with pytest.raises(InputError, match=reason):
        read(file, change)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('configuration = "paper"', "not a network of the chip"),
        ("parameters = { rows = [1] }", "rows"),
        ("parameters = { noise = 1e-11 }", "noise: rows as circuits don't have this"),
        ('parameters = { window = "own" }', "window: rows as circuits don't have this"),
        ("parameters = { neurons = 1 }", "a row of one neuron has no synapse"),
        ("parameters = { neuron = { i_in = 5e-10 } }", "neuron: constants are measured on the"),
    ],
)
def test_networks_that_can_not_be_are_refused(file, line, reason):
    text = TEACHING.replace("[parameters]\nneurons = 3\n", "").replace("[task]", f"{line}\n[task]")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        read(file)


@pytest.mark.ngspice
def test_circuits_of_dies_teach_a_network(file):
    """Broken off after a trial, it goes on with the same outcome as without a break."""
    two = TEACHING.replace("neurons = 3", "neurons = 2").replace("60 ms", "30 ms")
    file.write_text(two, encoding="utf-8")
    run(read(file, "trials=1"))
    report = run(read(file))
    there = report.results.joinpath("codes.csv").read_bytes()
    forced = run(read(file), force=True)
    assert forced.results.joinpath("codes.csv").read_bytes() == there
    assert report.checks[0].passed is not False

import json
from dataclasses import replace

import fake_circuit
import pytest
from synthetic import neuron_parameters, result

from cosim.compare import compare
from cosim.experiments.config import Tolerances
from cosim.experiments.runner import run
from cosim.experiments.simulation import read_simulation
from cosim.experiments.store import read_json
from cosim.experiments.verdict import published_rows
from cosim.solver_options import SolverOptions
from ebn_model.learning_neuron import LearningNeuron

CELLS = ["cell one", "cell two"]


@pytest.fixture
def solver(monkeypatch):
    return fake_circuit.install(monkeypatch, draw=False)


@pytest.fixture
def short(tmp_path, solver):
    return fake_circuit.short_simulation(tmp_path / "short")


def comparisons(report):
    """Headings of the verdict, in order."""
    return list(dict.fromkeys(row.comparison for row in report.rows))


def test_the_summary_tells_what_ran_and_how_well(short):
    run([short()])
    summary = json.loads((short().results / "summary.json").read_text())
    assert summary["passed"] is True
    assert summary["seed"] is None
    assert summary["metrics"]["transistor against published"]["equal_decisions"] == 5
    assert summary["metrics"]["model against transistor"]["one_step"]["outside"] == 5
    assert summary["views"]["transistor"]["edges"]["checked"] == 5
    assert summary["views"]["transistor"]["edges"]["fewest_points_per_pulse"] >= 10
    assert summary["views"]["transistor"]["solver"] == SolverOptions().model_dump()
    assert len(summary["views"]["transistor"]["key"]["deck_sha256"]) == 64
    assert summary["versions"]["ngspice"]
    assert summary["experiment"]["tolerances"]["decisions"] == 5


def test_each_view_runs_alone_and_is_compared_with_what_is_current(short, solver):
    [report] = run([short()], views=["model"])
    assert solver.ran() == CELLS
    assert comparisons(report) == ["model against published"]
    assert report.passed is None
    [report] = run([short()], views=["mixed"])
    assert solver.ran() == ["short mixed"]
    assert comparisons(report) == ["mixed against published", "model against mixed", "mixed"]
    [report] = run([short()], views=["transistor"])
    assert solver.ran() == ["short transistor"]
    assert comparisons(report) == [
        "transistor against published",
        "mixed against transistor",
        "model against transistor",
        "transistor",
        "mixed",
    ]
    assert report.passed


def test_results_that_are_not_current_are_not_compared_with(short, tmp_path):
    run([short("i_in=1.4n", out=tmp_path)], views=["model"])
    [report] = run([short("i_in=1.5n", out=tmp_path)], views=["transistor"])
    assert "model against transistor" not in {row.comparison for row in report.rows}


def test_a_mixed_view_that_decides_otherwise_fails(short, monkeypatch):
    other = LearningNeuron(neuron_parameters(i_omega=1e-9))
    monkeypatch.setattr(
        fake_circuit.FakeMixedCircuit, "result", lambda self, stimulus, _: other.run(stimulus)
    )
    [report] = run([short()], views=["transistor", "mixed"])
    missed = [row for row in report.rows if row.passed is False]
    assert {row.comparison for row in missed} == {"mixed against transistor"}
    assert [row.quantity for row in missed] == ["equal decisions", "I_mem over time, RMS"]


def test_the_part_that_was_fitted_is_reported_apart(short, tmp_path):
    config = tmp_path / "short" / "config.toml"
    config.write_text(config.read_text() + 'fitted_until = "10 ms"\n')
    [report] = run([short()])
    parts = {row.quantity: row.measured for row in report.rows if "10 ms" in row.quantity}
    assert parts == {
        "fitted, before 10 ms: equal decisions": "2 of 2",
        "fitted, before 10 ms: I_mem at rising edges, RMS": "0.000 nA",
        "predicted, from 10 ms: equal decisions": "3 of 3",
        "predicted, from 10 ms: I_mem at rising edges, RMS": "0.000 nA",
    }
    metrics = read_json(short().results / "summary.json")["metrics"]
    part = metrics["transistor against published"]["predicted, from 10 ms"]
    assert part["spikes"] == 3


@pytest.mark.parametrize("limit", ["1 ms", "25 ms"])
def test_a_part_without_spikes_is_left_out(short, tmp_path, limit):
    config = tmp_path / "short" / "config.toml"
    config.write_text(config.read_text() + f'fitted_until = "{limit}"\n')
    [report] = run([short()])
    assert sum(limit in row.quantity for row in report.rows) == 2


def test_where_nothing_is_published_the_views_are_compared(short, solver, tmp_path):
    stimulus = tmp_path / "train.toml"
    stimulus.write_text('[stimulus]\nrate = "200 Hz"\nduration = "60 ms"\nseed = 5\n')
    simulation = read_simulation(str(stimulus))
    [report] = run([simulation])
    assert comparisons(report) == ["model against transistor", "transistor"]
    assert report.passed
    assert report.results == tmp_path / "train_results"
    summary = read_json(report.results / "summary.json")
    assert summary["seed"] == 5
    assert summary["experiment"]["biases"] == "published"


def test_changed_parameters_are_shown_against_the_published_but_not_judged(short, tmp_path):
    [report] = run([short("stimulus.start_weight=5", out=tmp_path)])
    published = [row for row in report.rows if row.comparison == "transistor against published"]
    assert len(published) == 3
    assert {row.passed for row in published} == {None}
    assert any(row.passed for row in report.rows)
    assert report.title.endswith(", with stimulus.start_weight=5")


def test_other_spikes_are_not_compared_with_the_published(short, tmp_path):
    [report] = run([short("stimulus.period=4 ms", out=tmp_path)])
    assert "transistor against published" not in {row.comparison for row in report.rows}


@pytest.mark.parametrize(
    ("required", "turns"), [([8, 13], [8]), ([8], [8, 13]), ([8, 13], [8, 13, 12]), ([8], [])]
)
def test_another_number_of_turning_points_fails(required, turns):
    """However far one may be from what is required."""
    run = result([2e-9, 8e-9], [1, 0])
    comparison = replace(compare(run, run), turning_points=turns)
    tolerances = Tolerances(turning_points=required, turning_point_deviation=63)
    row = published_rows("circuit", comparison, tolerances, judge=True)[0]
    assert (row.quantity, row.passed) == ("turning points", False)


def test_a_missed_requirement_fails(short, tmp_path):
    config = tmp_path / "short" / "config.toml"
    config.write_text(config.read_text().replace("turning_points = [8", "turning_points = [9"))
    [report] = run([short()])
    assert not report.passed
    assert [row.quantity for row in report.rows if row.passed is False] == ["turning points"]
    assert read_json(short().results / "summary.json")["passed"] is False

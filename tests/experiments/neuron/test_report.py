from dataclasses import replace

import fake_circuit
import faults
import pytest
from experiment_calls import read_simulation, run, summary_of
from fake_circuit import FakeCircuit
from faults import shifted
from synthetic import neuron_parameters, result, spike_table

from cosim.comparison.spikes import compare
from cosim.engine.solver_options import SolverOptions
from cosim.experiments.neuron.config import Tolerances
from cosim.experiments.neuron.verdict import published_checks
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.sealed import read_sealed

CELLS = ["cell one", "cell two"]


def comparisons(report):
    """Headings of the verdict, in order."""
    return list(dict.fromkeys(row.comparison for row in report.checks))


def test_the_summary_tells_what_ran_and_how_well(short):
    run([short()])
    summary = summary_of(short().results)
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
    assert "model against transistor" not in {row.comparison for row in report.checks}


def test_a_mixed_view_that_decides_otherwise_fails(short, monkeypatch):
    other = LearningNeuron(neuron_parameters(i_omega=1e-9))
    monkeypatch.setattr(
        fake_circuit.FakeMixedCircuit, "result", lambda self, stimulus, _: other.run(stimulus)
    )
    [report] = run([short()], views=["transistor", "mixed"])
    missed = [row for row in report.checks if row.passed is False]
    assert {row.comparison for row in missed} == {"mixed against transistor"}
    assert [row.quantity for row in missed] == ["equal decisions", "I_mem over time, RMS"]


def test_the_part_that_was_fitted_is_reported_apart(short, tmp_path):
    config = tmp_path / "short" / "config.toml"
    config.write_text(config.read_text() + 'fitted_until = "10 ms"\n')
    [report] = run([short()])
    parts = {row.quantity: row.measured for row in report.checks if "10 ms" in row.quantity}
    assert parts == {
        "fitted, before 10 ms: equal decisions": "2 of 2",
        "fitted, before 10 ms: I_mem at rising edges, RMS": "0.000 nA",
        "predicted, from 10 ms: equal decisions": "3 of 3",
        "predicted, from 10 ms: I_mem at rising edges, RMS": "0.000 nA",
    }
    metrics = read_sealed(short().results / "summary.json")["metrics"]
    part = metrics["transistor against published"]["predicted, from 10 ms"]
    assert part["spikes"] == 3


@pytest.mark.parametrize("limit", ["1 ms", "25 ms"])
def test_a_part_without_spikes_is_left_out(short, tmp_path, limit):
    config = tmp_path / "short" / "config.toml"
    config.write_text(config.read_text() + f'fitted_until = "{limit}"\n')
    [report] = run([short()])
    assert sum(limit in row.quantity for row in report.checks) == 2


@pytest.fixture
def own(tmp_path, solver):
    """Reads a stimulus of one's own, with changes."""
    stimulus = tmp_path / "train.toml"
    stimulus.write_text('[stimulus]\nrate = "200 Hz"\nduration = "60 ms"\nseed = 5\n')

    def read(*changes):
        return read_simulation(str(stimulus), changes)

    return read


def row(report, quantity, comparison="model against transistor"):
    [found] = [
        row for row in report.checks if (row.comparison, row.quantity) == (comparison, quantity)
    ]
    return found


ALIKE = "I_mem until the first different decision, RMS"
LOOSER = "solver options looser than tested"


@pytest.mark.parametrize("view", ["transistor", "mixed", "model"])
def test_a_view_alone_is_not_judged(own, view):
    [report] = run([own()], views=[view])
    assert report.passed is None
    assert not any(row.passed is False for row in report.checks)
    assert read_sealed(report.results / "summary.json")["passed"] is None


def test_the_membrane_of_an_own_stimulus_is_judged(own, monkeypatch):
    """Whatever was changed, and though all decisions are the same."""
    change = "biases=rule"
    assert row(run([own(change)])[0], ALIKE).passed is True
    faults.give(monkeypatch, FakeCircuit, shifted(1947e-9))
    [report] = run([own(change)], force=True)
    assert row(report, ALIKE).passed is False
    assert row(report, ALIKE).measured == "1947.000 nA"
    assert report.passed is False


@pytest.mark.parametrize(
    ("changes", "limit"),
    [
        (("i_rest=12n",), 12e-9 / 45),
        (("i_rest=90n",), 90e-9 / 45),
        (("tolerances.model_alike_rms=1 nA",), 1e-9),
    ],
)
@pytest.mark.parametrize(("factor", "passed"), [(0.99, True), (1.01, False)])
def test_its_limit_goes_with_i_rest_or_is_stated(own, monkeypatch, changes, limit, factor, passed):
    faults.give(monkeypatch, FakeCircuit, shifted(limit * factor))
    [report] = run([own(*changes)])
    assert row(report, ALIKE).passed is passed


@pytest.mark.parametrize(("share", "passed"), [(0.022, True), (0.0224, False)])
def test_its_limit_goes_with_the_models_membrane_where_that_is_higher(
    own, monkeypatch, share, passed
):
    simulation = own("i_rest=1n")
    model = LearningNeuron(neuron_parameters()).run(simulation.experiment.stimulus.stimulus())
    faults.give(monkeypatch, FakeCircuit, shifted(share * model.i_mem.max()))
    assert row(run([simulation])[0], ALIKE).passed is passed


def test_along_the_trajectory_the_model_is_judged_where_the_file_says_so(own):
    for quantity in ("free-running decisions", "I_mem over time, RMS"):
        assert row(run([own()])[0], quantity).passed is None
    [report] = run([own("tolerances.model_free_running=0.9", "tolerances.model_i_mem_rms=1n")])
    for quantity in ("free-running decisions", "I_mem over time, RMS"):
        assert row(report, quantity).passed is True


def test_looser_options_are_told_and_prove_nothing_alone(own):
    [report] = run([own("solver.trtol=20")], views=["transistor"])
    told = row(report, LOOSER, "transistor")
    assert told.measured == "trtol = 20 (tested 10): not proven with these options"
    assert told.passed is report.passed is False


def test_each_view_has_options_that_it_was_tested_with(own):
    [report] = run([own("solver.trtol=5")], views=["mixed"])
    told = row(report, LOOSER, "mixed")
    assert told.measured == "trtol = 5 (tested 1): not proven with these options"
    [report] = run([own("solver.reltol=1e-6")], views=["mixed"])
    assert LOOSER not in [row.quantity for row in report.checks]


def test_looser_options_pass_with_results_that_were_judged(own):
    [report] = run([own("solver.trtol=20", "solver.reltol=1e-6")])
    assert row(report, LOOSER, "transistor").passed is None
    assert report.passed is True
    [report] = run([own("solver.trtol=7")])
    assert LOOSER not in [row.quantity for row in report.checks]


def test_decisions_within_the_dead_band_are_not_judged(own):
    [report] = run([own("tolerances.dead_band=1 uA")])
    assert row(report, "one-step decisions beyond ± 1e+06 pA").passed is None


def test_how_a_run_is_solved_and_judged_does_not_unbind_it_from_the_published(short, tmp_path):
    [report] = run([short("solver.trtol=20", "tolerances.decisions=6", out=tmp_path)])
    published = [row for row in report.checks if row.comparison == "transistor against published"]
    assert [row.passed for row in published] == [True, False, True]


@pytest.mark.parametrize(
    ("turns", "expected", "deviation", "agree"),
    [
        ([8, 12, 3], [8, 12, 3], 0, True),
        ([8, 12, 3], [8, 13, 2], 1, True),
        ([8, 12, 3], [8, 14, 3], 1, False),
    ],
)
def test_turning_points_agree_within_the_deviation(turns, expected, deviation, agree):
    run = spike_table([9e-9], [0])
    comparison = replace(compare(result([9e-9], [0]), run), turning_points=turns)
    tolerances = Tolerances(turning_points=expected, turning_point_deviation=deviation)
    judged, *_ = published_checks("circuit", comparison, tolerances, judge=True)
    assert judged.passed is agree


def test_where_nothing_is_published_the_views_are_compared(short, solver, tmp_path):
    stimulus = tmp_path / "train.toml"
    stimulus.write_text('[stimulus]\nrate = "200 Hz"\nduration = "60 ms"\nseed = 5\n')
    simulation = read_simulation(str(stimulus))
    [report] = run([simulation])
    assert comparisons(report) == ["model against transistor", "transistor"]
    assert report.passed
    assert report.results == tmp_path / "train_results"
    summary = read_sealed(report.results / "summary.json")
    assert summary["seed"] == 5
    assert summary["experiment"]["biases"] == "published"


def test_changed_parameters_are_shown_against_the_published_but_not_judged(short, tmp_path):
    [report] = run([short("stimulus.start_weight=5", out=tmp_path)])
    published = [row for row in report.checks if row.comparison == "transistor against published"]
    assert len(published) == 3
    assert {row.passed for row in published} == {None}
    assert any(row.passed for row in report.checks)
    assert report.title.endswith(", with stimulus.start_weight=5")


def test_other_spikes_are_not_compared_with_the_published(short, tmp_path):
    [report] = run([short("stimulus.period=4 ms", out=tmp_path)])
    assert "transistor against published" not in {row.comparison for row in report.checks}
    assert report.passed


def test_a_published_table_of_other_spikes_is_no_requirement_that_is_met(short, tmp_path):
    table = tmp_path / "short" / "published.csv"
    table.write_text(table.read_text().replace("4.0000", "4.0020"), encoding="utf-8")
    [report] = run([short()])
    assert report.passed is False
    assert [row.comparison for row in report.checks if row.passed is False] == ["published table"]


@pytest.mark.parametrize("key", ["turning_points", "decisions", "i_mem_rise_rms", "fitted_until"])
def test_requirements_on_what_is_not_published_are_refused(key, tmp_path):
    value = "[8]" if key == "turning_points" else "1" if key == "decisions" else "1e-9"
    for name in ("mine.toml", "config.toml"):
        text = f"[stimulus]\nspikes = [4e-3]\n[tolerances]\n{key} = {value}\n"
        tmp_path.joinpath(name).write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=rf"{name}: tolerances\.{key} is about published"):
            read_simulation(str(tmp_path / name))


@pytest.mark.parametrize(
    ("required", "turns"), [([8, 13], [8]), ([8], [8, 13]), ([8, 13], [8, 13, 12]), ([8], [])]
)
def test_another_number_of_turning_points_fails(required, turns):
    """However far one may be from what is required."""
    run = result([2e-9, 8e-9], [1, 0])
    comparison = replace(compare(run, run), turning_points=turns)
    tolerances = Tolerances(turning_points=required, turning_point_deviation=63)
    row = published_checks("circuit", comparison, tolerances, judge=True)[0]
    assert (row.quantity, row.passed) == ("turning points", False)


def test_a_missed_requirement_fails(short, tmp_path):
    config = tmp_path / "short" / "config.toml"
    config.write_text(config.read_text().replace("turning_points = [8", "turning_points = [9"))
    [report] = run([short()])
    assert not report.passed
    assert [row.quantity for row in report.checks if row.passed is False] == ["turning points"]
    assert read_sealed(short().results / "summary.json")["passed"] is False

import csv

import pytest
from experiment_calls import read_networks, run_networks, summary_of
from small import CONFIG, write_config

from cosim.cli import main
from cosim.experiments.network import runner
from cosim.experiments.network.report import make_network_report
from cosim.workbench.statistics import estimate
from ebn_model.errors import InputError


@pytest.fixture
def trained(monkeypatch):
    """Seeds that were trained, in this process."""
    seeds = []
    original = runner.run_training

    def spy(run, notify):
        seeds.append(run.seed)
        original(run, notify)

    monkeypatch.setattr(runner, "run_training", spy)
    return seeds


@pytest.mark.slow
def test_a_report_is_about_all_seeds(experiment, trained):
    [report] = run_networks([experiment], workers=1)
    assert trained == [1, 2]
    assert report.passed
    summary = summary_of(experiment.results)
    assert summary["seeds"] == [1, 2]
    assert len(summary["trainings"]) == 2
    errors = [one["validation"]["learned"]["paper_error"] for one in summary["trainings"]]
    assert summary["metrics"]["learned_paper_error"]["mean"] == pytest.approx(sum(errors) / 2)
    assert {"numba", "Python", "ebn-cosim"} <= set(summary["versions"])
    rows = list(csv.DictReader((experiment.results / "learning_curve.csv").open()))
    assert [(row["seed"], row["iteration"]) for row in rows] == [
        (seed, iteration) for seed in "12" for iteration in "023"
    ]
    for name in ("figure.png", "figure.pdf"):
        assert (experiment.results / name).stat().st_size > 10_000
    redrawn = (experiment.results / "figure.png").stat().st_mtime_ns
    make_network_report(experiment, redraw_figure=True)
    assert (experiment.results / "figure.png").stat().st_mtime_ns > redrawn


def test_what_is_current_is_kept(experiment, trained, config, quick_figures):
    run_networks([experiment], workers=1)
    stamps = {path: path.stat().st_mtime_ns for path in experiment.results.rglob("*")}
    run_networks([experiment], workers=1)
    assert trained == [1, 2]
    assert {path: path.stat().st_mtime_ns for path in experiment.results.rglob("*")} == stamps
    run_networks(read_networks(config, seeds=[2, 3]), workers=1)
    assert trained == [1, 2, 3]
    run_networks([experiment], workers=1, force=True)
    assert trained == [1, 2, 3, 1, 2]


@pytest.mark.slow
def test_summaries_are_the_same_bytes_whatever_the_workers(config, tmp_path):
    texts = []
    for workers in (1, 2):
        [one] = read_networks(config, out=tmp_path / str(workers))
        run_networks([one], workers)
        names = ("summary.json", "figure.png", "figure.pdf", "learning_curve.csv")
        texts.append([(one.results / name).read_bytes() for name in names])
    assert texts[0] == texts[1]


def test_the_verdict_binds_what_is_as_stated(tmp_path, quick_figures):
    text = CONFIG.replace("correlation = -1.0", "correlation = 1.0\nrate = 1e-3")
    config = write_config(tmp_path, text.replace("deviation = 100.0", "deviation = 1e-9"))
    [report] = run_networks(read_networks(config), workers=1)
    failed = [row.quantity for row in report.checks if row.passed is False]
    assert failed == ["correlation", "learned", "rate (Hz)"]
    [changed] = run_networks(read_networks(config, ["bits=5"]), workers=1)
    assert all(row.passed is None for row in changed.checks)
    assert changed.passed is None


def test_a_report_needs_current_trainings(experiment):
    with pytest.raises(InputError, match="no current results of small for seed 1, 2"):
        make_network_report(experiment)


def test_the_command_prints_checkpoints_and_verdict(config, capsys, quick_figures):
    assert main(["run", config, "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "small, seed 2, iteration 2: decoding error" in out
    assert "distance to optimal weights" in out
    assert "Small network" in out and "pass" in out
    assert main(["figures", config]) == 0
    assert "small_results/figure.png" in capsys.readouterr().out


def test_a_sweep_prints_one_table_and_writes_it(config, tmp_path, capsys, quick_figures):
    arguments = ["run", config, "--set", "bits=4,5", "--set", "iterations=1", "--seed", "3"]
    assert main([*arguments, "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert "small: mean of 1 seed" in out and "iteration 0:" not in out
    rows = list(csv.DictReader((tmp_path / "small_results" / "sweep.csv").open()))
    assert [(row["bits"], row["iterations"], row["seed_numbers"]) for row in rows] == [
        ("4", "1", "3"),
        ("5", "1", "3"),
    ]
    assert float(rows[0]["learned_rate_mean"]) >= 0
    assert rows[0]["learned_rate_low"] == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "figure_1", "--view", "model"], "is of the kind 'network', which takes no --view"),
        (
            ["run", "figure_1", "--biases", "rule"],
            "is of the kind 'network', which takes no --biases",
        ),
        (["run", "simulation_1", "--seed", "3"], "is of the kind 'neuron', which takes no --seed"),
        (["run", "figure_1", "--set", "bits=many"], "bits: Input should be a valid integer"),
    ],
)
def test_mistakes_get_one_clear_line(capsys, arguments, message):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_estimates_are_means_with_intervals():
    two = estimate([1.0, 3.0])
    # Student's t of one degree of freedom at 97.5 % is 12.706; the standard error is 1.
    assert (two.mean, two.seeds) == (2.0, 2)
    assert two.low == pytest.approx(2 - 12.706, abs=1e-3)
    assert two.high == pytest.approx(2 + 12.706, abs=1e-3)
    assert str(two) == "2 [-10.7, 14.7]"
    assert str(estimate([0.25])) == "0.25"

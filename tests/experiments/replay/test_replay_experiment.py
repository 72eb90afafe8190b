import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from experiment_calls import read_replay, run_replay, summary_of
from fake_circuit import largest_file
from fake_rows import LostError
from small_replay import CONFIG

from cosim.cli import main
from cosim.experiments.replay import experiment as experiment_module
from cosim.experiments.replay.recorded_run import recorded_run
from cosim.experiments.replay.trajectories import COLUMNS
from cosim.workbench import output
from cosim.workbench.output import OutputError
from ebn_model.errors import InputError
from ebn_model.network.evaluation import draw_trial
from ebn_model.network.files import load
from ebn_model.network.results import NetworkResult
from ebn_model.network.seeds import Purpose
from ebn_model.network.training import Training, train

pytestmark = pytest.mark.usefixtures("solver")

VALIDATION = "[network.task]\nvalidation = 1\n\n[stretch]"
FILES = {"summary.json", "network.h5", "spikes.csv", "trajectories", "logic", "report", "rows"}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "small" / "config.toml"
    path.parent.mkdir()
    path.write_text(CONFIG.replace("[stretch]", VALIDATION))
    return str(path)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "small" / "results"


def test_all_that_comes_out(config, results):
    report = run_replay(read_replay(config))
    assert report.passed
    assert report.fault is None
    assert {path.name for path in results.iterdir()} == FILES
    summary = summary_of(results)
    expected = {
        "passed": True,
        "rows": 2,
        "one_step_agreement": 1.0,
        "trajectory_agreement": 1.0,
        "final_weight_correlation": 1.0,
        "missing_rows": [],
        "failures": {},
        "view": "mixed",
        "seeds": {"network": 2},
        "transistors": {"1": 1, "3": 1},
        "points": {"1": 7, "3": 7},
    }
    assert {key: summary[key] for key in expected} == expected
    assert summary["pulses"] > 5
    assert summary["tolerances"]["one_step"] == 0.9
    assert summary["configuration"]["parameters"]["neurons"] == 5
    assert set(summary["timing"]["seconds_per_row"]) == {"1", "3"}
    assert {"ngspice", "Python", "numpy", "joblib"} <= summary["versions"].keys()
    assert set(summary["network"]) == {"untrained", "optimal", "model", "circuit"}
    assert summary["network"]["circuit"] == summary["network"]["model"]
    assert report.page.is_file()


def test_the_weights_of_each_synapse_over_time(config, results):
    run_replay(read_replay(config))
    folder = results / "trajectories"
    assert sorted(path.name for path in folder.iterdir()) == ["row_001.csv", "row_003.csv"]
    text = (folder / "row_001.csv").read_text()
    assert text.startswith(f"{','.join(COLUMNS)}\n0.000000,0,,")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["pre"] for row in rows[:4]] == ["0", "2", "3", "4"]
    result = load(results / "network.h5", NetworkResult)
    last = {int(row["pre"]): row for row in rows}
    for pre, row in last.items():
        assert (
            int(row["weight_circuit"]) == int(row["weight_model"]) == result.state.weights[1, pre]
        )
    steps = {"INC": 1, "SL": 0, "DEC": -1}
    for number, row in enumerate(rows[4:], 4):
        before = next(r for r in reversed(rows[:number]) if r["pre"] == row["pre"])
        change = int(row["weight_circuit"]) - int(before["weight_circuit"])
        ended = float(row["time_ms"]) + 1 < 50
        assert change == (steps[row["decision"]] if ended else 0)
        assert 0 < float(row["time_ms"]) < 50


def test_the_same_seed_gives_the_same_and_finished_rows_are_kept(config, results, solver):
    run_replay(read_replay(config))
    assert len(solver.ran()) == 2
    names = ("spikes.csv", "trajectories/row_001.csv", "report/report.md")
    before, summary = [(results / name).read_bytes() for name in names], summary_of(results)
    run_replay(read_replay(config), workers=1)
    assert solver.ran() == []
    assert [(results / name).read_bytes() for name in names] == before
    assert summary_of(results) == summary
    run_replay(read_replay(config), force=True)
    assert len(solver.ran()) == 2
    assert [(results / name).read_bytes() for name in names] == before


def test_small_and_full_do_not_displace_each_other(config, results, solver):
    for full, rows in ((False, 2), (True, 5)):
        run_replay(read_replay(config, full=full))
        assert len(solver.ran()) == rows
        assert summary_of(results)["rows"] == rows
    run_replay(read_replay(config))
    assert solver.ran() == []
    assert summary_of(results)["rows"] == 2


def test_a_missing_row_fails_the_verdict_and_is_run_again(config, results, solver, capsys):
    solver.errors["row 3, mixed"] = LostError("the process was killed by SIGKILL")
    assert main(["run", config]) == 1
    captured = capsys.readouterr()
    assert "rows are missing: 3; run again to get just these" in captured.err
    assert "row 3, mixed: the process was killed by SIGKILL" in captured.err
    summary = summary_of(results)
    assert (summary["passed"], summary["rows"], summary["missing_rows"]) == (False, 1, [3])
    assert summary["network"] == {}
    assert summary["failures"] == {"3": "row 3, mixed: the process was killed by SIGKILL"}
    assert not (results / "trajectories" / "row_003.csv").exists()
    solver.errors.clear()
    solver.ran()
    assert main(["run", config]) == 0
    assert solver.ran() == ["row 3, mixed"]
    assert summary_of(results)["missing_rows"] == []


@pytest.mark.parametrize("size", [100, 5000, 30_000])
def test_a_disk_that_fills_up_leaves_no_summary(config, results, size, capsys):
    with largest_file(size), pytest.raises(OutputError, match="cannot write to"):
        run_replay(read_replay(config))
    assert not (results / "summary.json").exists()
    assert not list(results.rglob("*.part"))
    assert run_replay(read_replay(config)).passed


def test_a_disk_that_fills_up_leaves_the_earlier_results(config, results, capsys):
    run_replay(read_replay(config))
    before = {p: p.read_bytes() for p in results.rglob("*") if p.is_file()}
    with largest_file(100), pytest.raises(OutputError):
        run_replay(read_replay(config), force=True)
    assert {p: p.read_bytes() for p in results.rglob("*") if p.is_file()} == before


def test_a_full_disk_is_found_before_the_run(config, solver, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(output.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OutputError, match="are needed"):
        run_replay(read_replay(config))
    assert solver.ran() == []


def test_the_stretch_comes_after_the_training_and_begins_alike(config):
    replay = read_replay(config)
    recorded = recorded_run(replay)
    chosen = replay.settings.network
    start = Training(type(recorded.network).build(replay.parameters, 2), chosen.task, 2)
    trained = train(start, 1).network
    assert np.array_equal(recorded.network.state.weights, trained.state.weights)
    assert recorded.network.state.weights.any()
    trial = draw_trial(replay.parameters, chosen.task, 2, Purpose.TRIAL, 1)
    assert np.array_equal(recorded.command, trial.command[:501])
    longer = recorded_run(read_replay(config, full=True))
    assert longer.result.duration == pytest.approx(80e-3)
    count = len(recorded.result.spike_times)
    assert np.array_equal(longer.result.spike_times[:count], recorded.result.spike_times)


def test_a_stretch_longer_than_a_trial(config):
    with pytest.raises(InputError, match="longer than a trial"):
        recorded_run(read_replay(config, ["stretch.duration=2"]))


def test_rows_that_there_are_not(config, capsys):
    assert main(["run", config, "--set", "stretch.rows=9"]) == 2
    assert "row 9 is not one of 0 .. 4" in capsys.readouterr().err


def test_the_command_line_changes_view_and_seed(config, results, solver):
    assert main(["run", config, "--view", "multiplexed", "--seed", "3"]) == 0
    assert solver.ran() == ["row 1, multiplexed", "row 3, multiplexed"]
    summary = summary_of(results / "network.seed=3,view=multiplexed")
    assert (summary["view"], summary["seeds"]) == ("multiplexed", {"network": 3})
    assert main(["run", config, "--seed", "3", "--seed", "4"]) == 2


def test_figures_are_drawn_from_finished_rows(config, solver, capsys, results):
    main(["run", config])
    solver.ran()
    capsys.readouterr()
    assert main(["figures", config]) == 0
    assert capsys.readouterr().out.strip() == str(results / "report" / "report.html")
    assert solver.ran() == []


def test_a_report_on_nothing_trains_nothing(config, capsys, results, monkeypatch):
    monkeypatch.setattr(experiment_module, "recorded_run", None)
    assert main(["report", config]) == 2
    assert "no current results of small in" in capsys.readouterr().err
    assert not results.exists()


def test_a_report_of_an_edited_file_leaves_what_there_is(config, capsys, results, solver):
    assert main(["run", config]) == 0
    whole = {path: path.read_bytes() for path in results.iterdir() if path.is_file()}
    path = Path(config)
    path.write_text(path.read_text().replace("seed = 2", "seed = 3"), encoding="utf-8")
    assert main(["report", config]) == 2
    assert {path: path.read_bytes() for path in whole} == whole

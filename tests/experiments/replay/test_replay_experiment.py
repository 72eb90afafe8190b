import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from experiment_calls import read_replay, run_replay
from fake_circuit import largest_file
from fake_rows import LostError
from small_replay import CONFIG

from cosim.cli import main
from cosim.experiments.replay import experiment as experiment_module
from cosim.experiments.replay.recorded_run import recorded_run
from cosim.experiments.replay.trajectories import COLUMNS
from cosim.workbench import output
from cosim.workbench.output import OutputError
from cosim.workbench.places import NETLISTS, in_project
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters
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


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text())


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


@pytest.fixture
def spikes(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("time_ms,neuron\n5,0\n8,1\n8.2,2\n12,0\n20,1\n24,2\n")
    return path


def test_spikes_of_ones_own(spikes, tmp_path, solver, capsys):
    out = tmp_path / "out"
    options = ["--row", "1", "--view", "multiplexed", "--input", "5p", "--rule", "robust"]
    assert main(["replay", str(spikes), *options, "--duration", "40ms", "--out", str(out)]) == 0
    assert solver.ran() == ["row 1, multiplexed"]
    assert "Replay of mine.csv" in capsys.readouterr().out
    summary = summary_of(out)
    assert (summary["rows"], summary["view"], summary["pulses"]) == (1, "multiplexed", 4)
    assert summary["configuration"]["duration"] == 40e-3
    for words in ("replay", "--row 1", "--input 5p", "--rule robust", "--duration 40ms"):
        assert words in summary["command"]
    assert "--free" not in summary["command"]
    table = (out / "trajectories" / "row_001.csv").read_text().splitlines()
    assert table[:3] == [",".join(COLUMNS), "0.000000,0,,0,0", "0.000000,2,,0,0"]
    assert main(["replay", str(spikes), *options, "--duration", "40ms", "--out", str(out)]) == 0
    assert solver.ran() == []


def test_spikes_of_ones_own_from_codes_of_ones_own(spikes, tmp_path, capsys):
    codes = tmp_path / "codes.csv"
    codes.write_text("0,1,2\n3,0,5\n6,7,0\n")
    arguments = ["replay", str(spikes), "--codes", str(codes), "--free", "--out", str(tmp_path)]
    assert main(arguments) == 0
    table = (tmp_path / "trajectories" / "row_002.csv").read_text().splitlines()
    assert table[1:3] == ["0.000000,0,,6,6", "0.000000,1,,7,7"]
    assert "--free" in summary_of(tmp_path)["command"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--row", "3"], "mine.csv: row 3 is not one of 0 .. 2"),
        (["--neurons", "0"], "--neurons: '0' is neither a positive number nor like 1-20"),
        (["--neurons", "3-1"], "--neurons: '3-1' is neither"),
        (["--neurons", "two"], "--neurons: 'two' is neither"),
        (["--time-unit", "s"], "mine.csv, line 1: times are in ms, --time-unit says s"),
        (["--neurons", "2"], "line 4: neuron 2 is not one of 0 .. 1"),
        (["--duration", "20ms"], "line 6: 0.02 s is not before the end"),
        (["--duration", "20nA"], "--duration: '20nA' has the unit nA, expected s"),
        (["--input", "5ms"], "--input: '5ms' has the unit ms, expected A"),
        (["--input", "10"], "--input: 10 is more than 1e-06 A"),
        (["--codes", "missing.csv"], "no file 'missing.csv'"),
        (["--technology", "none"], "none"),
    ],
)
def test_options_that_cannot_be(spikes, tmp_path, capsys, solver, options, complaint):
    assert main(["replay", str(spikes), *options, "--out", str(tmp_path / "out")]) == 2
    assert complaint in capsys.readouterr().err
    assert solver.ran() == []
    assert not (tmp_path / "out" / "summary.json").exists()


@pytest.mark.parametrize("name", ["report", "logic", "trajectories"])
def test_a_folder_of_the_users_is_not_replaced(spikes, tmp_path, capsys, solver, name):
    own = tmp_path / name
    own.mkdir()
    own.joinpath("thesis.tex").touch()
    command = ["replay", str(spikes), "--row", "1", "--out", str(tmp_path)]
    assert main(command) == 2
    assert f"has a {name} that isn't of a replay" in capsys.readouterr().err
    assert solver.ran() == []
    assert own.joinpath("thesis.tex").exists()


def test_a_row_needs_a_synapse(tmp_path, capsys, solver):
    path = tmp_path / "alone.csv"
    path.write_text("time_ms,neuron\n5,0\n8,0\n")
    assert main(["replay", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "a row of one neuron has no synapse; state --neurons" in capsys.readouterr().err


def test_neurons_have_the_users_ids_in_all_that_comes_out(tmp_path, solver, capsys):
    """Of NEST, which numbers from 1 and gives neurons of later populations large numbers."""
    spikes = tmp_path / "nest.dat"
    lines = ["# NEST version: 3.6.0", "# RecordingBackendASCII version: 2", "sender\ttime_ms"]
    lines += ["12\t5.0", "1000123\t8.0", "14\t8.2", "12\t12.0", "14\t20.0"]
    spikes.write_text("\n".join(lines) + "\n")
    out = tmp_path / "out"
    arguments = ["replay", str(spikes), "--row", "1000123", "--row", "14", "--time-unit", "ms"]
    assert main([*arguments, "--out", str(out)]) == 0
    assert set(solver.ran()) == {"row 14, mixed", "row 1000123, mixed"}
    summary = summary_of(out)
    assert summary["configuration"]["neuron_ids"] == [12, 14, 1000123]
    assert summary["configuration"]["neurons"] == 3
    assert list(summary["transistors"]) == ["14", "1000123"]
    assert "--row 1000123 --row 14" in summary["command"]
    assert "--time-unit ms" in summary["command"]
    report = (out / "report" / "report.md").read_text()
    assert "Rows and synapses are called as nest.dat calls neurons: 12, 14, 1000123." in report
    assert "\n| 14 | 3 |" in report
    assert "\n| 1000123 | 4 |" in report
    with (out / "trajectories" / "row_1000123.csv").open(newline="") as file:
        pulses = [row["pre"] for row in csv.DictReader(file)]
    assert pulses == ["12", "14", "12", "14", "12", "14"]
    assert main([*arguments[:2], "--row", "1", "--out", str(out)]) == 2
    assert "nest.dat: row 1 is not one of 12, 14, 1000123" in capsys.readouterr().err


def test_neurons_that_never_spike_have_rows_and_synapses_if_stated(spikes, tmp_path):
    arguments = ["--neurons", "0-4", "--row", "4", "--out", str(tmp_path / "out")]
    assert main(["replay", str(spikes), *arguments]) == 0
    summary = summary_of(tmp_path / "out")
    assert summary["configuration"]["neuron_ids"] == [0, 1, 2, 3, 4]
    assert "--neurons 0-4" in summary["command"]


def test_no_pulse_at_all_is_no_crash(tmp_path, capsys):
    spikes = tmp_path / "silent.csv"
    spikes.write_text("time,neuron\n")
    arguments = ["--neurons", "2", "--duration", "10ms", "--out", str(tmp_path / "out")]
    assert main(["replay", str(spikes), *arguments]) == 0
    assert summary_of(tmp_path / "out")["pulses"] == 0


def test_a_network_of_dies_has_the_constants_of_its_rows(config, monkeypatch):
    """It learns with them, and its rows are these dies as circuits."""
    nominal, asked = measured_parameters("network_row"), []

    def measured(_table, conditions, _pool):
        asked.append(conditions.die)
        return nominal.model_copy(update={"i_in": nominal.i_in * (1 + 0.01 * conditions.die)})

    monkeypatch.setattr("cosim.replay.open_loop.row_constants", measured)
    experiment = read_replay(config, ["first_die=3"])
    run_replay(experiment)
    count = experiment.parameters.neurons
    # Each is measured once, for the network and for its row's model.
    assert asked == list(range(3, 3 + count))
    parameters = summary_of(experiment.results)["configuration"]["parameters"]
    assert [row["i_in"] for row in parameters["rows"]] == [
        pytest.approx(nominal.i_in * (1 + 0.01 * die)) for die in asked
    ]


SECOND = NETLISTS / "second_version"


@pytest.mark.parametrize(
    ("project", "changes", "folder"),
    [
        (None, [], None),
        (None, ["temperature=60 °C"], None),
        (None, ["technology=gf180"], NETLISTS / "biases" / "gf180"),
        (SECOND, [], SECOND / "biases" / "generic180"),
    ],
)
def test_the_networks_neurons_are_those_of_the_circuit(
    config, monkeypatch, project, changes, folder
):
    """As it was designed: the temperature is that of the rows alone."""
    with in_project(project):
        expected = measured_parameters("network_row", folder)
        monkeypatch.setattr("cosim.replay.open_loop.row_constants", lambda *_: expected)
        experiment = read_replay(config, changes)
        run_replay(experiment)
    parameters = summary_of(experiment.results)["configuration"]["parameters"]
    assert parameters["neuron"] == expected.model_dump(mode="json")


def test_constants_that_are_stated_stay(config):
    other = measured_parameters("network_row").model_dump(mode="json") | {"i_in": 6e-10}
    path = Path(config)
    text = path.read_text().replace("neurons = 5", f"neurons = 5\nneuron = {inline(other)}")
    path.write_text(text)
    experiment = read_replay(config)
    run_replay(experiment)
    parameters = summary_of(experiment.results)["configuration"]["parameters"]
    assert parameters["neuron"]["i_in"] == 6e-10


def inline(table):
    """The table on one line of TOML; None has no place there."""
    if not isinstance(table, dict):
        return str(table)
    pairs = (f"{key} = {inline(value)}" for key, value in table.items() if value is not None)
    return f"{{ {', '.join(pairs)} }}"


def test_one_die_for_all_rows_and_dies_of_their_own_exclude_each_other(config):
    with pytest.raises(InputError, match="first_die states those of the rows"):
        read_replay(config, ["first_die=3", "die=4"])

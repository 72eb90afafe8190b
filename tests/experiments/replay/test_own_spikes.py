"""Replays of recordings of the user's own, from the command line."""

import csv

import pytest
from experiment_calls import summary_of

from cosim.cli import main
from cosim.experiments.replay.trajectories import COLUMNS

pytestmark = pytest.mark.usefixtures("solver")


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

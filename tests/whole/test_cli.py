import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import fake_circuit
import pytest
from children import is_simulation, wait_for
from experiment_calls import summary_of
from synthetic import neuron_parameters

from cosim.cli import EXIT_STATUS, main
from cosim.speed import neuron
from cosim.workbench.errors import CosimError
from cosim.workbench.places import ROOT
from ebn_model.learning_neuron import LearningNeuron


@pytest.fixture
def solver(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    return fake_circuit.install(monkeypatch)


@pytest.fixture
def short(tmp_path, solver):
    """The path of a config.toml without published spikes."""
    config = tmp_path / "short" / "config.toml"
    config.parent.mkdir()
    config.write_text(fake_circuit.CONFIG)
    return str(config)


def error_line(capsys):
    """The one line of an error message."""
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.strip().splitlines()
    return line


def test_run_prints_verdict_and_place_and_draws(short, capsys, tmp_path):
    assert main(["run", short]) == 0
    printed = capsys.readouterr().out
    assert "a short run" in printed
    assert "verdict: pass\n" in re.sub(" +\n", "\n", printed)
    assert re.search(r"free-running decisions.*≥ 95%.*100\.0% \(5 of 5\).*pass", printed)
    assert str(tmp_path / "short" / "results") in printed.replace("\n", "")
    figure = tmp_path / "short" / "results" / "figure.png"
    assert figure.read_bytes().startswith(b"\x89PNG")
    drawn = figure.stat().st_mtime_ns
    assert main(["figures", short]) == 0
    assert capsys.readouterr().out.strip() == str(figure)
    assert figure.stat().st_mtime_ns > drawn


def test_a_view_alone_is_said_to_be_not_judged_and_is_no_failure(tmp_path, capsys, solver):
    stimulus = tmp_path / "stimulus.toml"
    stimulus.write_text('[stimulus]\nspikes = ["4 ms", "9 ms"]\n')
    assert main(["run", str(stimulus), "--view", "mixed"]) == 0
    assert "verdict: nothing judged" in capsys.readouterr().out


def test_help_names_the_exit_status(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert EXIT_STATUS in capsys.readouterr().out


def test_any_stimulus_with_any_table_in_any_view(tmp_path, monkeypatch, capsys, solver):
    monkeypatch.chdir(tmp_path)
    stimulus = tmp_path / "stimulus.toml"
    stimulus.write_text('[stimulus]\nspikes = ["4 ms", "9 ms"]\n')
    assert main(["run", "stimulus.toml", "--biases", "rule", "--view", "mixed"]) == 0
    assert solver.ran() == ["stimulus mixed"]
    assert "stimulus, with biases=rule" in capsys.readouterr().out
    assert (tmp_path / "stimulus_results" / "mixed" / "per_spike.csv").is_file()
    arguments = ["stimulus.toml", "--biases", "rule"]
    assert main(["figures", *arguments]) == 0
    assert main(["figures", "stimulus.toml"]) == 2
    assert "no current results of stimulus" in capsys.readouterr().err


def test_all_is_transistor_and_model(short, tmp_path):
    assert main(["run", short, "--view", "all"]) == 0
    results = tmp_path / "short" / "results"
    assert {path.name for path in results.iterdir() if path.is_dir()} == {"transistor", "model"}


def test_a_failed_verdict_has_its_own_exit_code(short, capsys, monkeypatch):
    other = LearningNeuron(neuron_parameters(i_omega=1e-9))
    monkeypatch.setattr(
        fake_circuit.FakeCircuit, "result", lambda self, stimulus, vectors: other.run(stimulus)
    )
    assert main(["run", short]) == 1
    assert "FAIL" in capsys.readouterr().out


def test_changes_go_to_the_given_folder_and_leave_the_own_results(short, tmp_path, solver):
    out = tmp_path / "elsewhere"
    assert main(["run", short, "--set", "i_sl=0.3n", "--out", str(out)]) == 0
    assert (out / "short" / "summary.json").is_file()
    assert not (tmp_path / "short" / "results").exists()


def test_options_reach_the_run(short, solver):
    assert main(["run", short, "--view", "transistor", "--workers", "1"]) == 0
    assert (solver.ran(), solver.pool.workers) == (["short transistor"], 1)
    assert main(["run", short, "--view", "transistor"]) == 0
    assert solver.ran() == []
    assert main(["run", short, "--view", "transistor", "--force"]) == 0
    assert solver.ran() == ["short transistor"]


def test_list_shows_names_and_titles(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "figure_1: Figure 1: learning in the paper's network" in lines
    assert any(line.startswith("omega: What") for line in lines)
    assert "simulation_1: Simulation 1: constant input current" in lines
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["run", "simulation_9"],
            "no simulation 'simulation_9'; there are: chip, chip_in_circuits, ",
        ),
        (["figures", "simulation_9"], "no simulation 'simulation_9'"),
        (["run", "simulation_1", "--set", "i_sl=1n"], "--set needs --out DIR"),
        (["run", "simulation_1", "--technology", "sky"], "unknown technology 'sky'; there are:"),
        (["run", "simulation_1", "--corner", "xx"], "unknown corner 'xx'; there are: tt, ff, ss"),
        (["bench-cells", "--supply", "5V"], "supply: 5 V is outside 1.4 .. 2.2 V"),
        (["calibrate", "--temperature", "85"], "a table for generic180-85C needs --out DIR"),
        (
            ["run", "figure_1", "--corner", "ss", "--mismatch-scale", "2"],
            "which takes no --corner, --mismatch-scale",
        ),
        (["run", "omega", "--mismatch-scale", "2"], "mismatch_scale: state a die, as the nominal"),
        (["run", "simulation_1", "--biases", "rules"], "unknown bias table 'rules'; there are:"),
        (
            ["run", "omega", "--biases", "rule"],
            "omega is of the kind 'bias_comparison', which takes no --biases",
        ),
        (["run", "simulation_1", "--out", "/tmp/x", "--set", "i_x=1"], "unknown key 'i_x'"),
        (["run", "simulation_1", "--out", "/dev/null"], "cannot write to /dev/null/simulation_1"),
    ],
)
def test_mistakes_get_one_clear_line(solver, capsys, arguments, message):
    assert main(arguments) == 2
    line = error_line(capsys)
    assert line.startswith("ebn-cosim: ") and message in line
    assert solver.ran() == []


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "simulation_1", "--view", "layout"], ["simulate"], []]
)
def test_a_wrong_command_shows_the_usage(capsys, arguments):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: ebn-cosim" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_workers_must_be_a_positive_number(capsys, number):
    with pytest.raises(SystemExit, match="2"):
        main(["run", "simulation_1", "--workers", number])
    assert "--workers" in capsys.readouterr().err


def test_two_simulations_must_not_share_their_results(short, tmp_path, capsys, solver):
    other = tmp_path / "other" / "short" / "config.toml"
    other.parent.mkdir(parents=True)
    other.write_text(fake_circuit.CONFIG)
    assert main(["run", short, str(other), "--out", str(tmp_path / "out")]) == 2
    assert "both write to" in error_line(capsys)


def test_a_failed_run_gives_its_reason(short, solver, capsys):
    solver.errors["short transistor"] = CosimError("time step too small")
    assert main(["run", short]) == 2
    assert "ebn-cosim: time step too small" in capsys.readouterr().err


def workers_of(pid):
    """Processes with simulations that a process has started and that still run."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if is_simulation(int(child))]


@pytest.mark.ngspice
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_all_processes_and_leaves_nothing(tmp_path, number, code):
    out, scratch = tmp_path / "out", tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "cosim", "run", "simulation_1", "--out", str(out)]
    environment = os.environ | {"TMPDIR": str(scratch)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    workers = wait_for(lambda: workers_of(process.pid))
    assert workers
    process.send_signal(number)
    _, messages = process.communicate(timeout=30)
    assert process.returncode == code
    assert "ebn-cosim: interrupted" in messages
    assert "Traceback" not in messages
    assert list((out / "simulation_1").iterdir()) == []
    assert list(scratch.iterdir()) == []
    # One that was just being started ends by itself, when it finds its parent gone.
    assert wait_for(lambda: not any(map(is_simulation, workers)))


def test_any_thread_may_call_it(short, capsys):
    codes = []
    thread = threading.Thread(target=lambda: codes.append(main(["run", short])))
    thread.start()
    thread.join()
    assert codes == [0]
    assert "a short run" in capsys.readouterr().out


def test_make_help_names_every_target():
    answer = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = re.findall(r"^make ([\w-]+) +\w", answer.stdout, re.M)
    networks = ["figure1", "figure1-hardware", "study", "cosim", "cosim-full", "cosim-loop"]
    circuits = ["omega", "dies", "chip", "calibrate", "report", "all", "figures"]
    tools = [
        "docs",
        "test",
        "test-fast",
        "platforms",
        "bench",
        "schematics",
        "bench-cells",
        "pdks",
        "exchange",
        "technologies",
        "ledger",
        "sizing",
        "verilog",
        "browser",
        "lint",
        "clean",
    ]
    assert named == ["help", "setup", "sim", "sim1", "sim2", *networks, *circuits, *tools]


def test_bench_names_the_package_of_a_missing_ngspice(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert neuron.main() == 2
    assert "apt-get install ngspice" in error_line(capsys)


def test_a_reader_that_has_gone_is_no_error_message():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write) as gone:
        answer = subprocess.run(
            [sys.executable, "-m", "cosim", "list"], cwd=ROOT, stdout=gone, stderr=subprocess.PIPE
        )
    assert (answer.returncode, answer.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_new_project_is_used_by_what_runs_in_it(tmp_path, monkeypatch, capsys, solver):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mychip", "--technology", "gf180"]) == 0
    assert "mychip: a project; ebn-cosim.toml in it" in capsys.readouterr().out
    stimulus = tmp_path / "mychip" / "simulations" / "mine" / "config.toml"
    stimulus.parent.mkdir()
    stimulus.write_text('[stimulus]\nspikes = ["4 ms"]\nduration = "6 ms"\n', encoding="utf-8")
    inside = tmp_path / "mychip" / "cells"
    for folder, arguments in ((inside, []), (tmp_path, ["--project", "mychip"])):
        monkeypatch.chdir(folder)
        assert main([*arguments, "list"]) == 0
        assert "mine: mine\n" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    assert main(["run", "mine", "--view", "mixed", "--project=mychip"]) == 0
    summary = summary_of(stimulus.parent / "results")
    assert summary["experiment"]["technology"] == "gf180"
    capsys.readouterr()
    assert main(["list"]) == 0
    assert "mine" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--project", "nowhere", "list"], "nowhere is no project: it has no ebn-cosim.toml"),
        (["new", "."], ". is there already"),
        (["cells", "membrane"], "no cell 'membrane'; there are: analog_neuron"),
    ],
)
def test_mistakes_with_projects_get_one_clear_line(
    tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert message in error_line(capsys)

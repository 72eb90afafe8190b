"""An experiment with dies: what is run, what is kept, and what its files say."""

import csv
import json
from operator import attrgetter

import pytest

from cosim import cli
from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.dies import runner
from cosim.experiments.dies.die_run import CellsRun
from cosim.experiments.dies.kind import KIND
from cosim.experiments.dies.settings import read_dies
from cosim.experiments.protocol import Request, Work
from cosim.workbench.experiment_files import read_file
from cosim.workbench.placement import Placement
from cosim.workbench.report import SUMMARY
from cosim.workbench.task import Task
from ebn_model.errors import InputError

STIMULUS = '[stimulus]\nspikes = ["4 ms", "9 ms"]\nduration = "12 ms"\nstart_weight = 8\n'
DIES = """\
kind = "dies"
title = "Three dies"
first_die = 5
dies = 3
quantities = ["published"]

[cases.short]
simulation = "stimulus.toml"
label = "short run"
"""


@pytest.fixture
def file(tmp_path):
    tmp_path.joinpath("stimulus.toml").write_text(STIMULUS, encoding="utf-8")
    path = tmp_path / "three.toml"
    path.write_text(DIES, encoding="utf-8")
    return path


def read(file, *changes, **request):
    return read_dies(read_file(str(file)), Request(changes=changes, **request))


@pytest.fixture
def ran(monkeypatch):
    """Labels of what was run, by a stand-in in this process; dies above 6 don't settle."""
    labels = []

    def run_die(one, _notify):
        labels.append(one.label)
        die = die_of(one)
        if isinstance(one, CellsRun):
            return dict.fromkeys(QUANTITIES, 1e-09 * (die or 1))
        weight = 3 if (die or 0) <= 6 else 31
        learned = {"settled": weight == 3, "lowest": weight, "highest": weight}
        compared = {"model_equal": 50 - (die or 0), "model_outside": 50, "model_inside": 2}
        return {
            **learned,
            "i_mem": 9e-9,
            "weights": [8, weight],
            **(compared if one.model else {}),
        }

    monkeypatch.setattr(runner, "Task", lambda *_, **__: Task(run_die, attrgetter("label")))
    return labels


def die_of(one):
    return (one.conditions if isinstance(one, CellsRun) else one.experiment).die


def run(experiment, force=False):
    return next(KIND.run([experiment], Work(Placement(1), force)))


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_each_die_and_the_nominal_one_is_run_once(file, ran):
    experiment = read(file)
    report = run(experiment)
    names = ["nominal die", "die 5", "die 6", "die 7"]
    expected = [f"{what}, {name}" for what in ("short", "cells under published") for name in names]
    assert ran == expected
    measured = {check.quantity: check.measured for check in report.checks}
    assert measured["dies that settle"].startswith("2 of 3, 66.7%")
    assert measured["not, the weight is at the end of its range"] == "1: 7"
    assert measured["centre of the window at weight 0"] == "6e-09 A, cv 16.7%, 3 dies"


def test_summary_and_tables_say_what_came_out(file, ran):
    experiment = read(file)
    run(experiment)
    summary = json.loads(experiment.results.joinpath(SUMMARY).read_text(encoding="utf-8"))
    assert (summary["short"]["dies"], summary["short"]["settled"]) == (3, 2)
    assert summary["short"]["yield_low"] < 2 / 3 < summary["short"]["yield_high"]
    tau = summary["quantities"]["published"]["tau_mem"]
    assert (tau["mean"], tau["cv"]) == pytest.approx((6e-9, 1 / 6))
    rows = table(experiment.results / "short.csv")
    assert [row["die"] for row in rows] == ["5", "6", "7"]
    assert rows[2]["weights"] == "8 31"
    assert len(table(experiment.results / "cells_published.csv")) == 3
    assert experiment.results.joinpath("figure.png").stat().st_size > 10_000


def test_decisions_of_each_die_s_model_are_judged_together(file, ran):
    with file.open("a", encoding="utf-8") as stream:
        stream.write("model = true\n")
    report = run(read(file))
    [check] = [one for one in report.checks if "model" in one.quantity]
    assert check.measured == "88.0% (132 of 150, 3 of 3 dies, worst 86.0%)"
    assert check.passed is False
    summary = json.loads(read(file).results.joinpath(SUMMARY).read_text(encoding="utf-8"))
    assert summary["short"]["model"]["by_die"] == {"5": 0.9, "6": 0.88, "7": 0.86}


def test_finished_dies_are_kept_and_more_are_added(file, ran):
    run(read(file))
    ran.clear()
    run(read(file, "dies=4"))
    assert ran == ["short, die 8", "cells under published, die 8"]
    ran.clear()
    run(read(file, "dies=4"), force=True)
    assert len(ran) == 10


def test_other_conditions_are_other_results(file, ran):
    run(read(file))
    ran.clear()
    hot = read(file, conditions=("temperature=60",))
    assert hot.results != read(file).results
    run(hot)
    assert len(ran) == 8


def test_a_report_of_what_was_not_run_is_refused(file):
    with pytest.raises(InputError, match="no current results of 8 of 8 dies of three in "):
        next(KIND.report([read(file)]))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("dies=0", "dies"),
        ("first_die=-1", "first_die"),
        ("die=3", "state first_die and dies instead"),
        ("nothing=3", "unknown key 'nothing'"),
    ],
)
def test_what_can_not_be_is_refused(file, change, reason):
    with pytest.raises(InputError, match=reason):
        read(file, change)


def test_a_file_that_states_nothing_to_run_is_refused(file):
    file.write_text('kind = "dies"\ndies = 3\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"three\.toml: neither cases nor quantities"):
        read(file)


def test_a_neuron_on_dies(file, ran, tmp_path, capsys):
    stimulus = str(tmp_path / "stimulus.toml")
    command = ["run", stimulus, "--dies", "2", "--first-die", "6", "--biases", "rule"]
    assert cli.main([*command, "--workers", "1"]) == 0
    assert ran == [f"stimulus, {name}" for name in ("nominal die", "die 6", "die 7")]
    assert "1 of 2, 50.0%" in capsys.readouterr().out
    [summary] = tmp_path.glob("stimulus_results/**/dies/summary.json")
    assert json.loads(summary.read_text(encoding="utf-8"))["stimulus"]["settled"] == 1


def test_a_first_die_without_a_number_of_dies_is_refused(file, tmp_path, capsys):
    assert cli.main(["run", str(tmp_path / "stimulus.toml"), "--first-die", "6"]) == 2
    assert "takes no --first-die" in capsys.readouterr().err


@pytest.mark.ngspice
def test_dies_run_for_real(file, tmp_path, capsys):
    """And a single one again, by `--die`, with the same weights."""
    assert cli.main(["run", str(file), "--out", str(tmp_path / "out")]) == 0
    assert "dies that settle" in capsys.readouterr().out
    folder = tmp_path / "out" / "three"
    rows = table(folder / "short.csv")
    i_mem = {float(row["i_mem"]) for row in rows}
    assert len(i_mem) == 3
    cells = table(folder / "cells_published.csv")
    assert len({row["tau_mem"] for row in cells}) == 3
    one = ["run", str(tmp_path / "stimulus.toml"), "--view", "mixed", "--die", "6"]
    assert cli.main([*one, "--out", str(tmp_path / "one")]) == 0
    [spikes] = (tmp_path / "one").glob("*/mixed/per_spike.csv")
    weights = [row["weight_after"] for row in table(spikes)]
    assert rows[1]["weights"].split() == weights

"""Benches on many dies: what is run, kept and reported."""

import csv
import json
from operator import attrgetter

import pytest
from experiment_calls import summary_of

from cosim.cells import die_outcomes, die_runner
from cosim.cells.die_runner import run_benches_on_dies
from cosim.cells.runner import BenchConditions
from cosim.cells.specification import read_specification
from cosim.cli import main
from cosim.workbench.placement import Placement
from cosim.workbench.task import Task

SPECIFICATION = """
[gain]
name = "gain"
unit = "A"
typical = 1
min = "typical / 2"
max = "1.2 * limit"
reason = "limit is measured, too"

[offset]
name = "offset"
unit = "A"
reason = "reported"
"""
NAMES = ["dpi_membrane", "wta_cell"]


@pytest.fixture
def ran(monkeypatch, tmp_path):
    """Labels of runs that were made, by stand-ins in this process; die 13 can't be measured."""
    made = []
    path = tmp_path / "cell.toml"
    path.write_text(SPECIFICATION, encoding="utf-8")

    def measure(run, _notify):
        made.append(run.label)
        die = run.conditions.die
        if die == 13:
            return {"error": "no window"}
        gain = 1.0 if die is None else 1.0 + 0.1 * (die - 10)
        values = {"gain": gain, "limit": 1.0, "offset": 0.0}
        # As a value that isn't finite.
        return {"values": values if die != 11 else {k: values[k] for k in ("gain", "limit")}}

    task = Task(measure, attrgetter("label"))
    monkeypatch.setattr(die_outcomes, "OUTCOME", task)
    monkeypatch.setattr(
        "cosim.cells.measured_bench.read_specification", lambda _: read_specification(path)
    )
    return made


def run(out, first=10, dies=4, names=("dpi_membrane",)):
    dies = range(first, first + dies)
    return run_benches_on_dies(names, BenchConditions(), dies, out, Placement(1))


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_each_die_is_a_line_and_says_what_it_is_out_of(tmp_path, ran):
    [sheets], folder = run(tmp_path)
    assert folder == tmp_path / "published-generic180-27C-dies"
    rows = table(folder / "dpi_membrane" / "dies.csv")
    assert [row["die"] for row in rows] == ["10", "11", "12", "13"]
    assert [row["gain"] for row in rows] == ["1.0", "1.1", "1.2", ""]
    assert [row["offset"] for row in rows] == ["0.0", "", "0.0", ""]
    assert [row["fault"] for row in rows] == ["", "", "", "no window"]
    assert [row["out_of_limits"] for row in rows] == [""] * 4
    assert sheets.faults == {13: "no window"}
    assert sheets.passed is False
    assert (folder / "dpi_membrane" / "figure.png").stat().st_size > 5000


def test_the_datasheet_has_spreads_and_the_dies_that_fail(tmp_path, ran):
    [sheets], folder = run(tmp_path, first=14, dies=2)
    assert sheets.passed is False
    gain, offset = table(folder / "datasheet.csv")
    assert (gain["bench"], gain["key"], gain["nominal"]) == ("dpi_membrane", "gain", "1.0")
    assert [float(gain[name]) for name in ("min", "max")] == [0.5, 1.2]
    assert float(gain["mean"]) == pytest.approx(1.45)
    assert float(gain["cv"]) == pytest.approx(0.05 * 2**0.5 / 1.45)
    assert (gain["dies"], gain["failing"], gain["failing_dies"]) == ("2", "2", "14 15")
    # No share of a mean that is 0, and no limits.
    assert (offset["cv"], offset["failing"]) == ("", "0")
    summary_of(folder / "dpi_membrane")
    [sheets], _ = run(tmp_path, first=10, dies=3)
    assert sheets.passed is True


def test_what_is_kept_is_not_run_again(tmp_path, ran):
    run(tmp_path, dies=2, names=NAMES)
    dies = ("", "-die10", "-die11")
    assert ran == [f"bench {n} under published, generic180-27C{d}" for n in NAMES for d in dies]
    ran.clear()
    run(tmp_path, dies=3, names=NAMES)
    assert ran == [f"bench {name} under published, generic180-27C-die12" for name in NAMES]


def test_a_nominal_die_that_can_not_be_measured_is_said(tmp_path, ran, monkeypatch):
    dead = {"error": "dead"}
    monkeypatch.setattr(die_runner, "bench_outcomes", lambda *_: {None: dead, 10: dead})
    [sheets], folder = run(tmp_path, dies=1)
    assert (sheets.nominal.fault, sheets.passed, sheets.quantities) == ("dead", False, [])
    assert table(folder / "dpi_membrane" / "dies.csv")[0]["fault"] == "dead"


def test_the_command_prints_spreads_and_gives_the_verdict(tmp_path, ran, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    command = ["bench-cells", "dpi_membrane", "--workers=1", "--out", str(tmp_path)]
    assert main([*command, "--dies", "3", "--first-die", "12"]) == 1
    printed = capsys.readouterr().out
    assert "1: 14" in printed and "could not be measured" in printed and "1: 13" in printed
    assert main([*command, "--dies", "3", "--first-die", "10"]) == 0
    assert "9.1%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dies", "3", "--die", "1"], "--die: state --first-die and --dies instead"),
        (["--first-die", "3"], "--first-die: state --dies, too"),
        (["nothing", "--dies", "3"], "no bench 'nothing'"),
    ],
)
def test_options_that_contradict_are_refused(options, message, capsys):
    assert main(["bench-cells", *options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.ngspice
def test_a_die_measures_the_same_alone_and_among_others(tmp_path):
    command = ["bench-cells", "dpi_membrane", "--out", str(tmp_path)]
    main([*command, "--die", "10001"])
    main([*command, "--dies", "2", "--first-die", "10000"])
    alone = json.loads(
        (tmp_path / "published-generic180-27C-die10001" / "datasheet.json").read_text("utf-8")
    )
    checks = alone["benches"]["dpi_membrane"]["checks"]
    _, row = table(tmp_path / "published-generic180-27C-dies" / "dpi_membrane" / "dies.csv")
    assert {one["key"]: one["measured"] for one in checks} == {
        one["key"]: float(row[one["key"]]) for one in checks
    }

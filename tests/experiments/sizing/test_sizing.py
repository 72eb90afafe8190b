"""A sizing: the scaled circuit, what is run at each area, and the report."""

import csv
from functools import partial
from operator import attrgetter

import pytest
from experiment_calls import read_one, run_one, summary_of

from cosim.cells.bench_run import BenchRun
from cosim.circuits.conditions import Conditions
from cosim.cli import main
from cosim.engine.worker import run_all
from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.calibration.cells_run import CellsRun
from cosim.experiments.dies import runner as dies_runner
from cosim.experiments.ledger.energy_run import BLOCKS
from cosim.experiments.sizing import runner
from cosim.experiments.sizing.kind import KIND
from cosim.experiments.sizing.scaled_circuit import scaled_cell, scaled_project
from cosim.workbench.places import NETLISTS, files_in_use, in_project
from cosim.workbench.pool import LocalPool
from cosim.workbench.report import FIGURES
from cosim.workbench.task import Task
from ebn_model.errors import InputError

read, run = partial(read_one, KIND), partial(run_one, KIND)

CELL = """\
* a mirror: w=4 l=4
.subckt mirror in out vss w_unit=1 l_unit=4
xin in in vss vss nfet w=2 l=8
xout out in vss vss nfet w={w_unit} l={l_unit} m=2
xswitch out on in vss nfet w=0.42 l=0.5
xgate on off inverter l=9
.ends mirror
"""
STIMULUS = '[stimulus]\nspikes = ["4 ms", "9 ms"]\nduration = "12 ms"\nstart_weight = 8\n'
SIZING = """\
kind = "sizing"
title = "Sizes"
areas = [0.5, 1.0]
smallest_gate = 4.0
simulations = ["short.toml"]
biases = "published"
first_die = 5
dies = 3

[layout]
analog = 3.0
logic = 10.0
capacitors = 1.2
[layout.density]
generic180 = 1.0
"""


@pytest.fixture
def file(tmp_path):
    tmp_path.joinpath("short.toml").write_text(STIMULUS, encoding="utf-8")
    path = tmp_path / "sizes.toml"
    path.write_text(SIZING, encoding="utf-8")
    return path


@pytest.fixture
def ran(monkeypatch):
    """Runs and the area they were made at, by a stand-in; at half the area die 7 doesn't settle,
    and energy can't be measured."""
    labels = []

    def stand_in(one, _notify):
        area = float(files_in_use("cells", ".cir")["decision"].parents[1].parent.name[5:])
        labels.append((area, one.label))
        if isinstance(one, CellsRun):
            return dict.fromkeys(QUANTITIES, 1e-09 * (1 + (one.conditions.die or 0) / area))
        die = one.experiment.die
        settled = area > 0.5 or die != 7
        return {
            "settled": settled,
            "lowest": 3,
            "highest": 3 if settled else 4,
            "i_mem": 9e-9 + 1e-10 * (die or 0),
            "weights": [8, 3],
        }

    def energy(one, _notify):
        area = float(files_in_use("cells", ".cir")["decision"].parents[1].parent.name[5:])
        labels.append((area, one.label))
        if area == 0.5:
            return {"error": "energy: no operating point"}
        each = dict.fromkeys(BLOCKS, 1e-9)
        gates, none = dict.fromkeys(BLOCKS, area * 1e-12), dict.fromkeys(BLOCKS, 0.0)
        return {"static": each, "pulse": none, "update": 0.0, "gates": gates, "capacitance": none}

    monkeypatch.setattr(dies_runner, "OUTCOME", Task(stand_in, attrgetter("label")))
    monkeypatch.setattr(runner, "OUTCOME", Task(energy, attrgetter("label")))
    return labels


def test_width_and_length_of_large_devices_go_with_the_root_of_the_area():
    text, devices = scaled_cell(CELL, 4.0, 4.0, "mirror.cir")
    assert devices == 2
    assert text.splitlines() == [
        "* a mirror: w=4 l=4",
        ".subckt mirror in out vss w_unit=2 l_unit=8",
        "xin in in vss vss nfet w=4 l=16",
        "xout out in vss vss nfet w={w_unit} l={l_unit} m=2",
        "xswitch out on in vss nfet w=0.42 l=0.5",
        "xgate on off inverter l=9",
        ".ends mirror",
    ]
    assert scaled_cell(CELL, 0.5, 16.0, "mirror.cir")[0].count("w=1.414 l=5.657") == 1
    assert scaled_cell(CELL, 1.0, 4.0, "mirror.cir")[0] == CELL
    assert scaled_cell("xa d g s b nfet W=2 L=5\n", 4.0, 4.0, "a.cir")[0].endswith("W=4 L=10\n")


@pytest.mark.parametrize(
    "device",
    [
        "xa d g s b nfet l=5 w=2",
        "XA d g s b sky130_fd_pr__nfet_01v8 L=5 W=2",
        "xa d g s b nfet w=2 m=2 l=5",
        "xa d g s b pfet w = 2 l = 5",
        "xa d g s b pfet w=2\n+ l=5",
        "xa d g s b pfet w=2 l=1e1",
        ".subckt a d g s b wp=3\nxa d g s b nfet w={wp} l=5\n.ends",
        "xa d g s b nfet w={wide} l=5",
    ],
)
def test_a_device_that_can_not_be_scaled_is_refused(device):
    with pytest.raises(InputError, match=r"own\.cir:\d: .*area can't be scaled; state width and"):
        scaled_cell(f"{device}\n", 4.0, 4.0, "own.cir")


def test_a_small_device_may_be_stated_in_any_way():
    text = "xa d g s b nfet l=0.5 w=0.42\n.subckt b d wp=3\nxb d g s b nfet w={wp} l=1\n.ends\n"
    assert scaled_cell(text, 4.0, 4.0, "own.cir") == (text, 0)


def test_a_scaled_project_lies_over_the_circuit_of_another_one(tmp_path):
    base = NETLISTS / "second_version"
    scaled_project(base, tmp_path / "four", 4.0, 4.0)
    before = (base / "cells" / "wta_cell.cir").read_text(encoding="utf-8")
    with in_project(tmp_path / "four"):
        cells = files_in_use("cells", ".cir")
        after = cells["wta_cell"].read_text(encoding="utf-8")
        assert files_in_use("biases/generic180", ".spice")["rule"].is_relative_to(tmp_path)
    assert "xsink in common vss vss nfet w=2 l=8" in before
    assert "xsink in common vss vss nfet w=4 l=16" in after
    # Logic has no large device.
    assert cells["nand2"].parent == NETLISTS / "cells"


def test_no_device_that_large_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no device of the circuit has a gate of 1e\+06 um\^2"):
        scaled_project(None, tmp_path / "none", 2.0, 1e6)
    assert not tmp_path.joinpath("none").exists()


def test_a_technology_without_capacitors_is_named(file):
    file.write_text(SIZING.replace("generic180 = 1.0", "gf180 = 1.0"), encoding="utf-8")
    with pytest.raises(InputError, match=r"layout\.density has no generic180"):
        read(file)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chosen = 2.0", "2 is none of areas"),
        ('biases = "nosuch"', "nosuch"),
        ('simulations = ["nosuch"]', "no simulation 'nosuch'"),
    ],
)
def test_a_fault_in_the_file_is_named(file, line, message):
    key = line.split()[0]
    kept = [one for one in SIZING.splitlines() if not one.startswith(f"{key} ")]
    file.write_text("\n".join([line, *kept]), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read(file)


def test_each_area_runs_the_same_dies_in_its_own_circuit(file, ran):
    sizing = read(file, dies=2)
    report = run(sizing)
    simulated = [f"short, {name}" for name in ("nominal die", "die 5", "die 6")]
    places = [f"generic180-27C{die}" for die in ("", "-die5", "-die6")]
    cells = [f"cells under published, {place}" for place in places]
    for area in (0.5, 1.0):
        of_area = [label for at, label in ran if at == area]
        assert of_area[:-1] == [*simulated, *cells]
        assert of_area[-1].startswith("energy")
    ran.clear()
    again = run(sizing)
    assert not ran
    assert again.checks == report.checks


def test_the_report_has_yield_error_spread_and_cost_of_each_area(file, ran):
    sizing = read(file)
    report = run(sizing)
    assert report.passed is False
    measured = {(one.comparison, one.quantity): one.measured for one in report.checks}
    assert measured["0.5 times the area", "energy"] == "energy: no operating point"
    assert measured["1 times the area", "learning event"] == "0.03 nJ"
    summary = summary_of(sizing.results)["areas"]
    assert [one["yields"]["short"]["settled"] for one in summary.values()] == [2, 3]
    # sqrt(mean(0.5, 0.6, 0.7)^2)) nA
    assert summary["1"]["errors"]["short"] == pytest.approx(0.6055e-9, rel=1e-3)
    assert summary["1"]["area"] == pytest.approx(4 * 3 + 10)
    rows = csv.DictReader((sizing.results / "sizing.csv").read_text("utf-8").splitlines())
    assert [float(one["area"]) for one in rows] == [0.5, 1.0]
    for name in FIGURES:
        assert (sizing.results / name).stat().st_size > 5000
    sizing.folder(1.0).joinpath(runner.JOURNAL).unlink()
    with pytest.raises(InputError, match="no current results of 1 of 1 energies"):
        next(KIND.report([sizing]))


@pytest.mark.ngspice
def test_the_second_version_in_another_size_as_a_user_runs_it(file, capsys):
    """Dies, cells and energies of real circuits."""
    text = f'project = "{NETLISTS / "second_version"}"\n{SIZING}\n[use]\nstart_weight = 6\n'
    for stated, wanted in (("[0.5, 1.0]", "[1.0, 2.0]"), ("published", "rule"), ("= 3\n", "= 2\n")):
        text = text.replace(stated, wanted)
    file.write_text(text, encoding="utf-8")
    status = main(["run", str(file)])
    table = next(file.parent.rglob("sizing.csv")).read_text("utf-8")
    nominal, larger = csv.DictReader(table.splitlines())
    assert {one["short_dies"] for one in (nominal, larger)} == {"2"}
    # 0.84 nJ in all sizes
    assert float(nominal["energy"]) == pytest.approx(0.85e-9, rel=0.1), capsys.readouterr().out
    assert float(larger["energy"]) == pytest.approx(float(nominal["energy"]), rel=0.05)
    assert float(larger["layout"]) > 1.2 * float(nominal["layout"])
    # Within the few spikes of the stimulus no circuit comes to rest.
    assert status == 1


@pytest.mark.ngspice
def test_four_times_the_area_halves_what_a_die_deviates_by(tmp_path):
    widths = {}
    for area in (1.0, 4.0):
        folder = tmp_path / f"area_{area:g}"
        scaled_project(NETLISTS / "second_version", folder, area, 4.0)
        with in_project(folder), LocalPool(1) as pool:
            for die in (None, 12):
                bench = BenchRun("decision", "rule", Conditions(die=die))
                found = bench(lambda job, pool=pool: run_all([job], pool)[0])
                widths[area, die] = found["values"]["half_width"]
    deviations = [widths[area, 12] / widths[area, None] - 1 for area in (1.0, 4.0)]
    assert abs(deviations[0]) > 0.01
    assert deviations[1] == pytest.approx(deviations[0] / 2, rel=0.15)


def test_simulations_are_called_by_their_folders_each_by_one_of_its_own(file):
    names = []
    for place in ("a", "b", "c/a"):
        config = file.parent / place / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(STIMULUS, encoding="utf-8")
        names.append(f'"{place}/config.toml"')
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"short.toml"', ", ".join(names[:2])), encoding="utf-8")
    assert [*read(file).dies(1.0).simulations] == ["a", "b"]
    file.write_text(text.replace('"short.toml"', ", ".join(names)), encoding="utf-8")
    with pytest.raises(InputError, match=r"sizes\.toml: two simulations are called 'a'"):
        read(file)

"""The commands as a user types them, with real ngspice, from the command to the report."""

import csv
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from commands import RECIPE
from PIL import Image

from cosim.circuits.bias_tables import read_biases
from ebn_model.measured import measured_parameters
from ebn_model.network.files import load
from ebn_model.network.results import NetworkResult
from ebn_model.units import to_si

pytestmark = pytest.mark.slow

STIMULUS = """\
[stimulus]
spikes = ["2 ms", "4.5 ms", "7 ms"]
start_weight = 8
duration = "9 ms"
"""
VIEWS = ("mixed", "model", "transistor")
STEPS = {"INC": 1, "SL": 0, "DEC": -1}


def command(*arguments, folder, **options):
    """Run ebn-cosim in a folder; returns what it printed. Fails where its exit code isn't 0."""
    done = subprocess.run(
        [sys.executable, "-m", "cosim", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def column(rows, name):
    return np.array([float(row[name]) for row in rows])


def assert_drawn(path):
    """A picture that isn't empty."""
    with Image.open(path) as image:
        low, high = image.convert("L").getextrema()
    assert (low, high) == (0, 255)


# A stimulus in each view.


@pytest.fixture(scope="module")
def stimulus(tmp_path_factory):
    """The folder of a stimulus' results in all views, and what the last command printed."""
    folder = tmp_path_factory.mktemp("stimulus")
    folder.joinpath("short.toml").write_text(STIMULUS, encoding="utf-8")
    for view in VIEWS:
        printed = command("run", "short.toml", "--biases=rule", f"--view={view}", folder=folder)
    return folder / "short_results", printed


@pytest.fixture(scope="module")
def spikes(stimulus):
    """The rows of each view's table."""
    return {view: table(stimulus[0] / view / "per_spike.csv") for view in VIEWS}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_has_a_decision_for_each_spike(view, spikes):
    rows = spikes[view]
    assert column(rows, "t_rise_ms") == pytest.approx([2, 4.5, 7])
    assert column(rows, "t_fall_ms") == pytest.approx([3, 5.5, 8])
    before, after = column(rows, "weight_before"), column(rows, "weight_after")
    decided = np.array([STEPS[row["decision"]] for row in rows])
    assert before.tolist() == [8, *after[:-1]]
    assert (after - before).tolist() == decided.tolist()
    assert decided.any()
    # Excitation raises I_mem in each pulse, from its rest.
    assert column(rows, "i_mem_rise_nA")[0] == pytest.approx(9.1, abs=0.1)
    assert (column(rows, "i_mem_fall_nA") > column(rows, "i_mem_rise_nA") + 0.1).all()


@pytest.mark.parametrize("view", ["mixed", "model"])
def test_the_views_agree(view, spikes):
    mine, detailed = spikes[view], spikes["transistor"]
    for name in ("decision", "weight_before", "weight_after"):
        assert [row[name] for row in mine] == [row[name] for row in detailed]
    for name in ("i_mem_rise_nA", "i_mem_fall_nA"):
        assert column(mine, name) == pytest.approx(column(detailed, name), abs=0.03)


def test_the_verdict_is_what_the_views_give(stimulus, spikes):
    results, printed = stimulus
    summary = read_json(results / "summary.json")
    assert summary["passed"] is True
    last = [row["weight_after"] for row in spikes["transistor"]][-1]
    assert summary["metrics"]["transistor"]["turning_points"] == [8, int(last)]
    compared = summary["metrics"]["mixed against transistor"]
    assert (compared["spikes"], compared["equal_decisions"]) == (3, 3)
    assert 0 < compared["i_mem_rms"] < 5e-12
    ahead = summary["metrics"]["model against transistor"]["one_step"]
    assert ahead["equal"] == ahead["outside"] > 0
    assert "mixed against transistor" in printed
    assert_drawn(results / "figure.png")


def test_all_views_that_are_current_are_shown_again(stimulus):
    results, _ = stimulus
    records = [results / view / "run.json" for view in ("transistor", "model")]
    before = [path.stat().st_mtime_ns for path in records]
    printed = command("run", "short.toml", "--biases=rule", "--view=all", folder=results.parent)
    assert "model against transistor" in printed
    assert [path.stat().st_mtime_ns for path in records] == before


def test_a_figure_is_drawn_again(stimulus):
    figure = stimulus[0] / "figure.png"
    figure.unlink()
    assert command("figures", "short.toml", "--biases=rule", folder=figure.parent.parent) == (
        f"{figure}\n"
    )
    assert_drawn(figure)


# Rows.


def assert_learned_alike(folder, rows, decisions):
    """Circuits and model of all rows have the same weights, with so many decisions at least."""
    paths = sorted(folder.joinpath("trajectories").iterdir())
    assert len(paths) == rows
    found = [row for path in paths for row in table(path)]
    assert all(row["weight_circuit"] == row["weight_model"] for row in found)
    assert sum(row["decision"] in ("INC", "DEC") for row in found) >= decisions
    summary = read_json(folder / "summary.json")
    assert (summary["passed"], summary["rows"], summary["failures"]) == (True, rows, {})
    assert summary["one_step_agreement"] == summary["trajectory_agreement"] == 1
    html = folder.joinpath("report", "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in html


def test_spikes_of_ones_own(tmp_path):
    """Two neurons with the strongest weights push the third above its window."""
    lines = ["time,neuron", "0.002,1", "0.0035,2", "0.005,1", "0.0065,2"]
    tmp_path.joinpath("spikes.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    np.savetxt(tmp_path / "codes.csv", 31 * (1 - np.eye(3)), delimiter=",", fmt="%d")
    options = ("--neurons=3", "--codes=codes.csv", "--duration=10ms", "--out=out")
    command("replay", "spikes.csv", "--row=0", *options, folder=tmp_path)
    assert_learned_alike(tmp_path / "out", 1, 2)
    pulses = [row for row in table(tmp_path / "out/trajectories/row_000.csv") if row["decision"]]
    # 0.1 ms behind the spikes: the slot of the event bus.
    assert column(pulses, "time_ms") == pytest.approx([2.1, 3.6, 5.1, 6.6])
    assert [row["pre"] for row in pulses] == ["1", "2", "1", "2"]


def test_spikes_of_nest_with_its_ids(tmp_path):
    """The same stimulus as the neurons 0, 1 and 2 of a table of ours gives the same row."""
    spikes = [(0.3, 1), (2.0, 7), (3.5, 1000123), (5.0, 7), (6.5, 1000123)]
    by_sender = sorted(spikes, key=lambda spike: spike[1])
    nest = "".join(f"{sender}\t{time:.3f}\n" for time, sender in by_sender)
    header = "# NEST version: 3.6.0\n# RecordingBackendASCII version: 2\nsender\ttime_ms\n"
    tmp_path.joinpath("nest.dat").write_text(header + nest, encoding="utf-8")
    places = {1: 0, 7: 1, 1000123: 2}
    plain = "".join(f"{time},{places[sender]}\n" for time, sender in spikes)
    tmp_path.joinpath("plain.csv").write_text(f"time_ms,neuron\n{plain}", encoding="utf-8")
    tmp_path.joinpath("codes.csv").write_text("0,31,28\n0,0,0\n0,0,0\n", encoding="utf-8")
    options = ("--codes=codes.csv", "--duration=12ms")
    command("replay", "nest.dat", "--row=1", *options, "--out=nest", folder=tmp_path)
    command("replay", "plain.csv", "--row=0", *options, "--out=plain", folder=tmp_path)
    assert_learned_alike(tmp_path / "nest", 1, 2)
    report = tmp_path.joinpath("nest/report/report.md").read_text(encoding="utf-8")
    assert "called as nest.dat calls neurons: 1, 7, 1000123." in report
    ours = table(tmp_path / "plain/trajectories/row_000.csv")
    theirs = table(tmp_path / "nest/trajectories/row_001.csv")
    assert [row.pop("pre") for row in theirs] == ["7", "1000123"] * 3
    assert [row.pop("pre") for row in ours] == ["1", "2"] * 3
    assert theirs == ours


@pytest.mark.parametrize(("name", "view"), [("closed_loop", "multiplexed"), ("live", "mixed")])
def test_a_closed_loop(name, view, tmp_path):
    """Three neurons with random weights for 40 ms; what they have learned is no better yet."""
    changes = (
        "iterations=1",
        "neurons=3",
        "initial=random",
        "stretch.duration=40ms",
        "tolerances.untrained_error_ratio=2",
    )
    options = [f"--set={change}" for change in changes]
    command("run", f"network_{name}", *options, "--out=out", folder=tmp_path)
    [folder] = tmp_path.joinpath("out", f"network_{name}").iterdir()
    assert_learned_alike(folder, 3, 2)
    summary = read_json(folder / "summary.json")
    assert summary["view"] == view
    # The network's weights at the end are those of the circuits.
    network = load(folder / "closed_loop.h5", NetworkResult)
    assert network.duration == pytest.approx(40e-3)
    for post in range(3):
        last = {row["pre"]: row for row in table(folder / f"trajectories/row_{post:03}.csv")}
        for pre, row in last.items():
            assert float(row["weight_circuit"]) == network.state.weights[post, int(pre)]


# Cells.


def test_a_datasheet(tmp_path):
    names = ("dpi_membrane", "bus_keeper")
    printed = command("bench-cells", *names, "--biases=network", "--out=out", folder=tmp_path)
    [folder] = tmp_path.joinpath("out").iterdir()
    sheet = read_json(folder / "datasheet.json")
    assert sheet["passed"] is True
    assert {*sheet["benches"]} == {*names}
    rows = {row["key"]: row for row in sheet["benches"]["dpi_membrane"]["checks"]}
    # The bias table's own current, and what I_mem rests at.
    assert rows["i_tau"]["typical"] == pytest.approx(read_biases("network").i_tau_mem)
    assert rows["i_tau"]["measured"] == pytest.approx(rows["i_tau"]["typical"], rel=0.1)
    assert "exponent of the law" in printed
    for name in names:
        assert_drawn(folder / name / "figure.png")


def test_a_calibration(tmp_path):
    tmp_path.joinpath("near.toml").write_text(RECIPE, encoding="utf-8")
    printed = command("calibrate", "near.toml", "--out=made", folder=tmp_path)
    assert "target missed by 0.0% at most" in printed
    made = tmp_path / "made"
    text = made.joinpath("near.spice").read_text(encoding="utf-8")
    found = {name: to_si(value, "A") for name, value in re.findall(r"\.param (\w+)=(\S+)", text)}
    assert found["i_omega"] == pytest.approx(read_biases("rule").i_omega, rel=1e-3)
    others = read_biases("rule").model_dump(exclude={"i_omega"})
    assert {name: found[name] for name in others} == pytest.approx(others)
    slope = read_json(made / "near.json")["parameters"]["decision"]["i_omega"]
    assert slope == pytest.approx(measured_parameters("rule").decision.i_omega, rel=1e-3)
    report = read_json(made / "near_report.json")
    assert report["table"] == pytest.approx(found)
    assert report["measured"]["slope_over_kick"] == pytest.approx(0.5, rel=1e-3)

"""The kind `technologies`: short runs in one technology, and what it says of them."""

import shutil
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
from experiment_calls import summary_of

from cosim.cli import main
from cosim.experiments.protocol import Work
from cosim.experiments.technologies import corners
from cosim.experiments.technologies.cause import cause
from cosim.experiments.technologies.corner_run import TRIMMED, CornerOutcome, CornerTrial
from cosim.experiments.technologies.corners import read_corners, run_corners
from cosim.experiments.technologies.learned import Learned, learned
from cosim.experiments.technologies.report import _datasheet_check
from cosim.experiments.technologies.settings import read_comparison
from cosim.workbench.experiment_files import read_file
from cosim.workbench.placement import Placement
from cosim.workbench.places import SIMULATIONS, in_project
from cosim.workbench.pool import LocalPool
from cosim.workbench.task import Task
from ebn_model.errors import InputError
from ebn_model.results import LearningResult, read_spike_table

CONFIG = """
kind = "technologies"
title = "Short"
technologies = ["generic180"]

[typical]
simulations = ["short/config.toml"]
views = ["mixed"]

[corners]
simulation = "short/config.toml"
corners = ["tt", "ss"]
supplies = [1.0, 0.9]

[required.short]
decisions = 12
"""
SPIKES = 12
GOOD = Learned([8, 15, 0], 100, 100, 50e-12, True, 0, 9.0e-9, 8.96e-9)


@pytest.fixture
def config(tmp_path):
    """A comparison of a simulation that is the beginning of simulation 1."""
    whole, short = SIMULATIONS / "simulation_1", tmp_path / "short"
    short.mkdir()
    text = (whole / "config.toml").read_text(encoding="utf-8")
    text = text.replace("count = 100", f"count = {SPIKES}").replace('"500 ms"', '"62 ms"')
    (short / "config.toml").write_text(text, encoding="utf-8")
    lines = (whole / "published.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (short / "published.csv").write_text("".join(lines[: SPIKES + 1]), encoding="utf-8")
    path = tmp_path / "few.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def read(config):
    return read_comparison(read_file(str(config)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"generic180"]', '"generic180", "nowhere"]', "nowhere"),
        ('"ss"]', '"slow"]', "unknown corner 'slow'"),
        ("0.9]", "0.5]", "0.9 V is outside"),
        ('"mixed"', '"mxied"', "unknown view 'mxied'"),
        ("required.short", "required.long", "required.long"),
        ('"generic180"]', '"generic180", "generic180"]', "two technologies"),
        ("views", "veiws", "unknown key"),
        (
            'simulations = ["short/config.toml"]',
            'simulations = ["short/config.toml", "short/config.toml"]',
            r"few\.toml: two simulations are called 'short'",
        ),
    ],
)
def test_a_fault_in_the_file_is_named(config, old, new, message):
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read(config)


def test_each_corner_is_meant_once_and_the_supply_is_a_share(config):
    plan = read(config).plans["generic180"]
    points = [(at.corner, at.temperature, at.supply) for at in plan.corners]
    assert points == [(corner, 27.0, supply) for corner in ("tt", "ss") for supply in (1.8, 1.62)]


def test_a_supply_of_the_project_is_the_corners_too(config, tmp_path):
    tmp_path.joinpath("ebn-cosim.toml").write_text('supply = "1.6 V"\n', encoding="utf-8")
    with in_project(tmp_path):
        plan = read(config).plans["generic180"]
    assert {at.supply for at in plan.corners} == {1.6, 1.44}


def test_corners_are_compared_with_the_simulation_s_own_currents(config, monkeypatch):
    path = config.parent / "short" / "config.toml"
    path.write_text(f'{path.read_text()}\n[bias_changes]\ni_lsb = "50 pA"\n', encoding="utf-8")
    measured = []

    def measure(biases, conditions, pool):
        measured.append(biases.i_lsb)
        raise KeyboardInterrupt

    monkeypatch.setattr(corners, "measure_neuron", measure)
    with pytest.raises(KeyboardInterrupt):
        corners._of_technology(read(config).plans["generic180"], None)
    assert measured == [50e-12]


@pytest.mark.parametrize(
    ("verdicts", "passed", "text"),
    [
        ([None, None], None, "none has limits"),
        ([True, None], True, "1"),
        ([True, False, None], False, "1"),
    ],
)
def test_only_benches_with_limits_are_judged(verdicts, passed, text):
    outcome = SimpleNamespace(sheets=[SimpleNamespace(passed=one) for one in verdicts])
    check = _datasheet_check("mine", outcome)
    assert (check.passed, check.measured) == (passed, text)


def state(config, line):
    """The file of the simulation states it, too."""
    path = config.parent / "short" / "config.toml"
    text = path.read_text(encoding="utf-8").replace('temperature = "27 °C"\n', "")
    path.write_text(f"{line}\n{text}", encoding="utf-8")


@pytest.mark.parametrize(("key", "value"), [("temperature", 85), ("die", 3)])
def test_conditions_that_corners_would_lose_are_refused(config, key, value):
    state(config, f"{key} = {value}")
    with pytest.raises(InputError, match=rf"config\.toml: {key} = .*few\.toml names this file"):
        read(config)


def test_supplies_that_corners_state_hold_whatever_the_simulation_states(config):
    state(config, 'supply = "1.7 V"')
    assert {at.supply for at in read(config).plans["generic180"].corners} == {1.8, 1.62}


def spikes_of(shift, change=0):
    """The published run with I_mem shifted in A, and its last weight changed."""
    table = read_spike_table(SIMULATIONS / "simulation_1" / "published.csv")
    table.i_mem_rise[:] += shift
    table.weight_after[-1] += change
    return LearningResult(np.zeros(1), np.zeros(1), np.zeros(1), table, np.zeros(0))


def test_what_comes_to_rest_near_the_published_end_has_learned():
    published = spikes_of(0.0).spikes
    same = learned(spikes_of(0.0), published)
    assert (same.decisions, same.settled, same.i_mem_rise_rms) == (100, True, 0.0)
    assert same.within(0.1)
    beside = learned(spikes_of(1.0e-9), published)
    assert beside.i_mem_rise_rms == pytest.approx(1.0e-9)
    assert beside.settled
    assert not beside.within(0.1)
    moving = learned(spikes_of(0.0, change=1), published)
    assert not moving.settled
    assert not moving.within(0.1)


def test_a_cause_names_what_is_off_the_worst_first():
    right = dict.fromkeys(TRIMMED, 1.01)
    text = cause(
        CornerTrial(None, quantities={**right, "train_exc": 1.3, "window_half_width": 0.2})
    )
    assert text == (
        "half-width of the window 0.20 of typical; "
        "change of I_mem by one LSB in a train, excitation 1.30 of typical"
    )
    centre = cause(CornerTrial(None, quantities={**right, "window_centre": 1.05}))
    assert centre == "centre of the window at weight 0 1.05 of typical"
    assert "what it should be" in cause(CornerTrial(None, quantities=right))
    del right["train_inh"]
    assert "inhibition shows nothing" in cause(CornerTrial(None, quantities=right))
    assert cause(CornerTrial(None, "no convergence", {}, "no window")) == "no window"


def outcome(run, _notify):
    """A corner's outcome without ngspice; the slow one learns only when it is trimmed."""
    bad = CornerTrial(None, "gave up", dict.fromkeys(TRIMMED, 0.5))
    good = CornerTrial(GOOD, quantities=dict.fromkeys(TRIMMED, 1.0))
    slow = run.conditions.corner == "ss"
    return asdict(CornerOutcome(bad if slow else good, good, {"i_sl": 2.0}))


@pytest.mark.ngspice
def test_each_corner_has_a_key_of_its_own():
    plan = read_comparison(read_file("technologies")).plans["generic180"]
    assert np.isnan(plan.learning.published.t_fall).any()
    runs = corners._of_technology(plan, LocalPool(1))
    assert len(runs) == len({run.key for run in runs}) == 45


@pytest.mark.ngspice
def test_finished_corners_are_kept(config, monkeypatch):
    ran = []

    def counted(run, notify):
        ran.append(run.conditions.corner)
        if len(ran) == 3:
            raise InputError("stopped")
        return outcome(run, notify)

    work, comparison = Work(Placement(workers=1)), read(config)
    monkeypatch.setattr(corners, "CORNER", Task(counted))
    with pytest.raises(InputError, match="stopped"):
        run_corners(comparison, work)
    with pytest.raises(InputError, match="no current results of 2 of 4 corners"):
        read_corners(comparison, work)
    found = run_corners(comparison, work)
    assert ran == ["tt", "tt", "ss", "ss", "ss"]
    assert run_corners(comparison, work) == found == read_corners(comparison, work)
    assert len(ran) == 5


@pytest.mark.ngspice
def test_a_comparison_from_end_to_end(config, capsys, monkeypatch):
    monkeypatch.setattr(corners, "CORNER", Task(outcome))
    assert main(["run", str(config), "--workers", "1"]) == 0
    results = config.parent / "few_results"
    summary = summary_of(results)
    found = summary["technologies"]["generic180"]
    first = found["typical"]["short"]
    assert (first["view"], first["decisions"], first["spikes"]) == ("mixed", SPIKES, SPIKES)
    assert first["turning_points"][:2] == [8, 15]
    assert 0 < first["i_mem_rise_rms"] < 0.2e-9
    assert found["tt-27C-1.8V"]["short"]["learned"] is True
    slow = found["ss-27C-1.62V"]
    assert slow["short"]["learned"] is False
    assert slow["short"]["cause"].startswith("gave up; ")
    assert slow["calibrated"]["short"]["learned"] is True
    for name in ("report.html", "report.md", "corners.png", "typical.png"):
        assert (results / name).stat().st_size > 1000
    page = (results / "report.md").read_text(encoding="utf-8")
    assert "generic180, corners" in page
    assert "2 of 4" in page
    shutil.rmtree(results / "generic180")
    assert main(["report", str(config)]) == 2
    assert "no current results" in capsys.readouterr().err

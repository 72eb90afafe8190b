"""Shift of the window over a kick at corners: what is measured, kept and judged."""

import pytest

from cosim.circuits.conditions import Conditions
from cosim.experiments.protocol import Work
from cosim.experiments.technologies import slopes
from cosim.experiments.technologies.settings import Slope, read_comparison
from cosim.experiments.technologies.slopes import (
    RATIO,
    read_slopes,
    run_slopes,
    slope_check,
    slope_numbers,
)
from cosim.workbench.experiment_files import read_file
from cosim.workbench.placement import Placement
from cosim.workbench.task import Task
from ebn_model.errors import InputError

CONFIG = """
kind = "technologies"
technologies = ["generic180"]

[typical]
simulations = ["simulation_1"]

[corners]
simulation = "simulation_1"
corners = ["tt", "ss"]
supplies = [1.0, 0.9]
"""
SLOPE = '[corners.slope]\nbiases = "rule"\nover_kick = 1.5\n'
TYPICAL, SLOW = Conditions(), Conditions(corner="ss")


def read(tmp_path, text=CONFIG + SLOPE):
    path = tmp_path / "few.toml"
    path.write_text(text, encoding="utf-8")
    return read_comparison(read_file(str(path)))


def measured(run, _notify):
    """Takes the place of ngspice."""
    return {RATIO: 2.0 if run.conditions.corner == "tt" else 1.25, "slope": 1e-9}


def test_each_corner_is_measured_once_and_kept(tmp_path, monkeypatch):
    ran = []

    def counted(run, notify):
        ran.append((run.table, run.spikes, run.conditions.corner, run.conditions.supply))
        return measured(run, notify)

    monkeypatch.setattr(slopes, "OUTCOME", Task(counted))
    comparison, work = read(tmp_path), Work(Placement(workers=1))
    with pytest.raises(InputError, match="no current results of 4 of 4 cells under rule of few"):
        read_slopes(comparison)
    found = run_slopes(comparison, work)
    corners = [(corner, supply) for corner in ("tt", "ss") for supply in (1.8, 1.62)]
    assert ran == [("rule", False, *corner) for corner in corners]
    assert run_slopes(comparison, work) == found == read_slopes(comparison)
    assert len(ran) == 4
    assert [one[RATIO] for one in found["generic180"].values()] == [2.0, 2.0, 1.25, 1.25]


def test_the_smallest_ratio_is_judged():
    found = {TYPICAL: {RATIO: 2.0}, SLOW: {RATIO: 1.25}}
    check = slope_check("generic180", found, Slope(biases="network", over_kick=1.5))
    assert (check.measured, check.passed) == ("1.25 to 2.00, 2 of 2 corners", False)
    assert slope_check("generic180", found, Slope(biases="network", over_kick=1.2)).passed is True
    assert slope_check("generic180", found, Slope(biases="network")).passed is None


def test_a_corner_that_can_not_be_measured_fails_by_name():
    found = {TYPICAL: {RATIO: 2.0}, SLOW: {"error": "no window"}}
    check = slope_check("generic180", found, Slope(biases="network", over_kick=1.5))
    assert (check.measured, check.passed) == ("2.00 to 2.00, 1 of 2 corners", False)
    assert slope_numbers(found) == {"tt-27C-1.8V": 2.0, "ss-27C-1.8V": {"error": "no window"}}
    none = slope_check("generic180", {SLOW: found[SLOW]}, Slope(biases="network", over_kick=1.5))
    assert (none.measured, none.passed) == ("0 of 1 corners", False)


def test_nothing_is_measured_unless_it_is_stated(tmp_path):
    comparison = read(tmp_path, CONFIG)
    assert run_slopes(comparison, Work()) == read_slopes(comparison) == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"rule"', '"rules"', "rules"),
        ("over_kick", "over_kicks", "over_kicks"),
        ("1.5", "0", "over_kick"),
    ],
)
def test_a_fault_in_the_file_is_named(tmp_path, old, new, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, CONFIG + SLOPE.replace(old, new))

"""A bench as a run whose outcome is kept."""

from dataclasses import replace

import pytest

from cosim.cells.bench_run import BenchRun
from cosim.cells.benches import dpi_membrane
from cosim.circuits.conditions import Conditions
from cosim.workbench.errors import SimulationError


def test_what_an_outcome_depends_on_is_in_its_key():
    one = BenchRun("dpi_membrane", "published", Conditions(die=1))
    others = [
        replace(one, name="wta_cell"),
        replace(one, table="rule"),
        replace(one, conditions=Conditions(die=2)),
        replace(one, conditions=Conditions(die=1, temperature=40)),
    ]
    assert len({one.key, *(other.key for other in others)}) == 1 + len(others)


def test_a_measurement_that_finds_nothing_is_the_outcome_of_the_die(monkeypatch):
    def nothing(_):
        raise IndexError("none")

    monkeypatch.setattr(dpi_membrane, "measure", nothing)
    with pytest.raises(SimulationError, match="nothing can be measured: IndexError: none"):
        BenchRun("dpi_membrane", "published", Conditions(die=1))(lambda _: {})

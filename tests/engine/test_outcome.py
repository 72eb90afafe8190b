"""Outcomes of runs that may not work."""

import pytest

from cosim.engine import worker
from cosim.engine.outcome import outcome_or_error
from cosim.workbench.errors import SimulationError
from ebn_model.errors import InputError


@pytest.fixture(autouse=True)
def simulator(monkeypatch):
    monkeypatch.setattr(worker, "simulator", lambda _notify: lambda _job: {"v": 1.0})


def measured(*_):
    raise InputError("tau_mem: -1 ms isn't positive")


def stopped(*_):
    raise SimulationError("Timestep too small")


@pytest.mark.parametrize("end", [measured, stopped])
def test_what_a_circuit_can_not_do_is_its_outcome(end):
    def run(simulate):
        end(simulate(None))

    assert list(outcome_or_error(run, print)) == ["error"]


def test_what_a_run_can_not_read_ends_the_command():
    """It would be the outcome of all dies, none of which was simulated."""

    def run(_simulate):
        raise InputError("cannot read mine.spice: No such file or directory")

    with pytest.raises(InputError, match="cannot read mine"):
        outcome_or_error(run, print)

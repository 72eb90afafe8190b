"""A second attempt for what ngspice gives up because of the steps it happens to take."""

import pytest

from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.ngspice import NgSpice
from cosim.engine.other_steps import again_in_other_steps
from cosim.workbench.errors import SimulationError
from cosim.workbench.pool import LocalPool, results
from cosim.workbench.task import Task

GIVEN_UP = "TRAN: Timestep too small; time = 0.061"


def job(analysis=".tran 20u 75m 0 20u"):
    deck = Deck("bench").append(f"r1 a 0 1k\nv1 a 0 1\n{analysis}", "deck")
    return Job("bench", deck, t_stop=75e-3)


class Simulator:
    """Raises errors in their order, then gives what it was asked to run."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.decks = []

    def __call__(self, job):
        self.decks.append(job.deck.text)
        if self.errors:
            raise self.errors.pop(0)
        return {"runs": len(self.decks)}


def test_what_is_given_up_runs_again_in_shorter_steps():
    simulate = Simulator(SimulationError(GIVEN_UP))
    assert again_in_other_steps(simulate)(job()) == {"runs": 2}
    first, second = simulate.decks
    assert second == first.replace("75m 0 20u", "75m 0 1.8e-05")


def test_what_ends_well_runs_once():
    simulate = Simulator()
    again_in_other_steps(simulate)(job())
    assert simulate.decks == [job().deck.text]


def test_what_is_given_up_twice_has_failed():
    simulate = Simulator(SimulationError(GIVEN_UP), SimulationError(f"{GIVEN_UP}, again"))
    with pytest.raises(SimulationError, match="again"):
        again_in_other_steps(simulate)(job())
    assert len(simulate.decks) == 2


@pytest.mark.parametrize(
    ("error", "analysis"),
    [
        (SimulationError("no operating point"), ".tran 20u 75m 0 20u"),
        (SimulationError(GIVEN_UP), ".tran 20u 75m"),
        (SimulationError(GIVEN_UP.replace("TRAN", "OP")), ".op"),
    ],
)
def test_other_failures_have_no_second_attempt(error, analysis):
    simulate = Simulator(error)
    with pytest.raises(SimulationError):
        again_in_other_steps(simulate)(job(analysis))
    assert len(simulate.decks) == 1


# Beyond 0.5 V of the pulse nothing is a solution.
HOPELESS = """v1 in 0 pulse(0 1 1m 1u 1u 10m)
b1 y 0 v = v(in) > 0.5 ? (v(y) > 0.5 ? 0 : 1) : 0
.tran 10u 5m 0 10u"""
POSSIBLE = """v1 in 0 pulse(0 1 1m 1u 1u 10m)
r1 in out 1k
c1 out 0 1u
.tran 10u 5m 0 10u"""


def end_after(first, _notify):
    """The end of a run after one that may be given up; by its deck, None for no such run."""
    attempts = iter([Deck("first").append(first, "deck")] if first else [])
    possible = Deck("possible").append(POSSIBLE, "deck")
    ngspice = NgSpice()

    def simulate(job):
        deck = next(attempts, possible)
        return ngspice.simulate(Job(job.label, deck, t_stop=5e-3))

    return again_in_other_steps(simulate)(job())["out"].tolist()


@pytest.mark.ngspice
def test_an_attempt_after_one_that_was_given_up_is_as_any():
    """To the last bit, in the same process."""
    runs = LocalPool(1).run(Task(end_after, isolated=True), [None, HOPELESS])
    alone, second = (outcome for _, outcome in sorted(results(runs)))
    assert second == alone
    assert second[-1] == pytest.approx(1, abs=0.03)

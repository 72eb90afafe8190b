"""Runs of a circuit that may not work: what it can't do is an outcome, too.

Apart from `worker`, as that loads ngspice, which a process that only plans needn't.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Protocol

from cosim.engine.job import Job, Vectors
from cosim.engine.other_steps import again_in_other_steps
from cosim.workbench.errors import SimulationError
from cosim.workbench.task import Task
from ebn_model.errors import InputError


class CircuitRun(Protocol):
    """Some simulations, and what follows from them."""

    def __call__(self, simulate: Callable[[Job], Vectors]) -> dict[str, Any]:
        """The outcome, of JSON's types; simulate: runs a Job."""


def outcome_or_error(run: CircuitRun, notify: Callable[[float], None]) -> dict[str, Any]:
    """The outcome, in a process of its own, whose ngspice does all that the run needs.

    A simulation that ngspice gives up by chance is run once more in other steps (other_steps).
    Where ngspice can't finish, or measures what no circuit's constants can be (InputError), the
    outcome is the reason, in one line, under `error`. notify gets the simulated time in s.

    Raises:
        InputError: the run's own files can't be read, found before anything was simulated; it
            would be the outcome of all dies.
    """
    from cosim.engine.worker import simulator

    again, simulated = again_in_other_steps(simulator(notify)), False

    def simulate(job: Job) -> Vectors:
        nonlocal simulated
        simulated = True
        return again(job)

    try:
        return run(simulate)
    except (SimulationError, InputError) as error:
        if isinstance(error, InputError) and not simulated:
            raise
        return {"error": " ".join(str(error).split())}


OUTCOME = Task(outcome_or_error, attrgetter("label"), isolated=True, key=attrgetter("key"))
"""Task for a CircuitRun that has a `label` in messages, and a `key`, digest of all that its outcome
depends on."""

"""Simulations as tasks, isolated since a fault can spoil or kill the ngspice in a process."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from operator import attrgetter

from cosim.engine.job import Job, Vectors
from cosim.engine.ngspice import NgSpice
from cosim.workbench.pool import LocalPool, OnMessage, Outcomes, Pool, ignore, in_order, results
from cosim.workbench.task import Task
from cosim.workbench.task_process import Link


def simulate(job: Job, notify: Callable[[float], None]) -> Vectors:
    """Run a job in this process, which is an isolated task's; notify gets the simulated time in s.

    Raises as NgSpice.simulate.
    """
    raw_path, deck_path = (path and path.absolute() for path in (job.raw_path, job.deck_path))
    return simulator(notify)(replace(job, raw_path=raw_path, deck_path=deck_path))


def simulator(notify: Callable[[float], None]) -> Callable[[Job], Vectors]:
    """A function that runs jobs in this process, one after the other, as `simulate` runs one."""
    # ngspice obeys files that it finds in the working directory.
    os.chdir(tempfile.gettempdir())
    ngspice = NgSpice()
    return lambda job: ngspice.simulate(job, notify)


def _simulate_in_step(job: Job, link: Link) -> Vectors:
    assert job.controller, "a run in lockstep has a controller"
    return simulate(replace(job, controller=partial(job.controller, link=link)), link)


SIMULATION = Task(simulate, attrgetter("label"), isolated=True)
STEPPED_SIMULATION = replace(SIMULATION, function=_simulate_in_step)
"""Its job's controller gets the Link to the process that it is in lockstep with."""


def job_outcomes(
    jobs: Iterable[Job], pool: Pool | None = None, on_progress: OnMessage = ignore
) -> Outcomes:
    """Run jobs (default: on all processors of this machine); the error of a run is its outcome.

    Calls on_progress(index of the job, simulated time in s) meanwhile. An error is what a run
    raises (see NgSpice.simulate), or WorkerError where its process was killed, or showed no sign of
    progress. When the iterator is closed, all other runs are killed.
    """
    return (pool or LocalPool()).run(SIMULATION, jobs, on_progress)


def run_jobs(
    jobs: Iterable[Job], pool: Pool | None = None, on_progress: OnMessage = ignore
) -> Iterator[tuple[int, Vectors]]:
    """Run jobs, as `job_outcomes`, all of which must succeed.

    Yields (index of the job, its vectors) as runs finish. Raises the first error of a run; all
    other runs are then killed.
    """
    return results(job_outcomes(jobs, pool, on_progress))


def run_all(jobs: Iterable[Job], pool: Pool | None = None) -> list[Vectors]:
    """The vectors of all jobs, in their order; pool and errors as for `run_jobs`."""
    return in_order(job_outcomes(jobs, pool))

"""Jobs that belong together, run in parallel with those of other batches."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from cosim.engine.job import Job, Vectors
from cosim.engine.worker import job_outcomes
from cosim.workbench.errors import CosimError
from cosim.workbench.pool import Pool
from cosim.workbench.progress import AddBar


@dataclass(frozen=True, eq=False)
class Batch:
    """Jobs whose vectors are of use only together.

    label: name on the progress bar. finish: gets the vectors of all jobs, in their order.
    fail: gets the error of a job that failed, or of `finish`, whereupon the other batches go on; by
        default it is raised.
    """

    label: str
    jobs: list[Job]
    finish: Callable[[list[Vectors]], None]
    fail: Callable[[CosimError], None] | None = None


def run_batches(batches: list[Batch], pool: Pool, add_bar: AddBar) -> None:
    """Run all jobs, and finish each batch when it is done.

    Raises what a run or a `finish` raises, but for what a `fail` takes; all runs are then
    killed.
    """
    places = [
        (running, number)
        for running in (_Running(batch, add_bar) for batch in batches)
        for number in range(len(running.batch.jobs))
    ]
    jobs = [running.batch.jobs[number] for running, number in places]

    def on_progress(index: int, time: float) -> None:
        running, number = places[index]
        running.show(number, time)

    with closing(job_outcomes(jobs, pool, on_progress)) as outcomes:
        for index, outcome in outcomes:
            running, number = places[index]
            if isinstance(outcome, Exception):
                running.fail(outcome)
            else:
                running.collect(number, outcome)


class _Running:
    """A batch with what has come of it so far."""

    def __init__(self, batch: Batch, add_bar: AddBar):
        self.batch = batch
        # Analyses other than transients count as nothing.
        self._lengths = [job.t_stop or 0.0 for job in batch.jobs]
        self._vectors: dict[int, Vectors] = {}
        self.show = add_bar(batch.label, self._lengths)

    def fail(self, error: Exception) -> None:
        if self.batch.fail is None or not isinstance(error, CosimError):
            raise error
        self.batch.fail(error)

    def collect(self, number: int, vectors: Vectors) -> None:
        self.show(number, self._lengths[number])
        self._vectors[number] = vectors
        if len(self._vectors) == len(self.batch.jobs):
            try:
                self.batch.finish([self._vectors[k] for k in range(len(self._vectors))])
            except CosimError as error:
                self.fail(error)

"""Jobs that belong together, run in parallel with those of other batches."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from cosim.engine.job import Job, Vectors
from cosim.engine.worker import job_outcomes
from cosim.workbench.errors import CosimError
from cosim.workbench.progress import AddBar


@dataclass(frozen=True, eq=False)
class Batch:
    """Jobs whose vectors are of use only together.

    label: name on the progress bar. finish: gets the vectors of all jobs, in their order.
    fail: gets the error of a job that failed, whereupon the other batches go on; by default it is
        raised.
    """

    label: str
    jobs: list[Job]
    finish: Callable[[list[Vectors]], None]
    fail: Callable[[CosimError], None] | None = None

    @property
    def length(self) -> float:
        """Time to simulate, s; analyses other than transients count as nothing."""
        return sum(job.t_stop or 0.0 for job in self.jobs)


def run_batches(batches: list[Batch], workers: int | None, add_bar: AddBar) -> None:
    """Run all jobs in at most `workers` processes at once, and finish each batch when it is done.

    Raises what `job_outcomes` or a `finish` raises, but for what a `fail` takes; all runs are then
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
        running.advance(number, time)

    with closing(job_outcomes(jobs, workers, on_progress)) as outcomes:
        for index, outcome in outcomes:
            running, number = places[index]
            if isinstance(outcome, CosimError):
                running.fail(outcome)
            else:
                running.collect(number, outcome)


class _Running:
    """A batch with what has come of it so far."""

    def __init__(self, batch: Batch, add_bar: AddBar):
        self.batch = batch
        self._times = [0.0] * len(batch.jobs)
        self._vectors: dict[int, Vectors] = {}
        self._show = add_bar(batch.label, batch.length)

    def advance(self, number: int, time: float) -> None:
        self._times[number] = time
        self._show(sum(self._times))

    def fail(self, error: CosimError) -> None:
        if self.batch.fail is None:
            raise error
        self.batch.fail(error)

    def collect(self, number: int, vectors: Vectors) -> None:
        self.advance(number, self.batch.jobs[number].t_stop or 0.0)
        self._vectors[number] = vectors
        if len(self._vectors) == len(self.batch.jobs):
            self.batch.finish([self._vectors[k] for k in range(len(self._vectors))])

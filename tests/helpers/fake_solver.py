"""Stand-in for the processes that run ngspice: the same interface, no computing."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from cosim.engine.job import Job, Vectors
from cosim.workbench.errors import CosimError
from cosim.workbench.pool import OnMessage, Pool, ignore


class FakeSolver:
    """Its methods take the places of functions of cosim.engine.worker; it remembers what it ran.

    errors: by label, what a run raises. pool: that it was given last.
    """

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.errors: dict[str, BaseException] = {}
        self.pool: Pool | None = None

    def job_outcomes(
        self, jobs: Iterable[Job], pool: Pool | None = None, on_progress: OnMessage = ignore
    ) -> Iterator[tuple[int, Vectors | CosimError]]:
        self.pool = pool
        for index, job in enumerate(jobs):
            try:
                yield index, self.simulate(job, partial(on_progress, index))
            except CosimError as error:
                yield index, error

    def simulate(self, job: Job, notify: Callable[[float], None]) -> Vectors:
        self.labels.append(job.label)
        if job.t_stop:
            notify(job.t_stop / 2)
        if job.label in self.errors:
            raise self.errors[job.label]
        for path, content in ((job.raw_path, b"raw"), (job.deck_path, b"deck")):
            if path:
                Path(path).write_bytes(content)
        return {"time": np.linspace(0, job.t_stop or 0.0, 7)}

    def ran(self) -> list[str]:
        """Labels of what ran since the last call, in order."""
        labels, self.labels = self.labels, []
        return labels

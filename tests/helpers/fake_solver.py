"""Stand-in for the processes that run ngspice: the same interface, no computing."""

import threading
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

import numpy as np

from cosim.engine.job import Job, Vectors
from cosim.engine.worker import PATIENCE
from cosim.workbench.errors import CosimError

OnProgress = Callable[[int, float], None]


class FakeSolver:
    """Its methods take the places of those of cosim.engine.worker; it remembers what it ran.

    errors: by label, what a run raises.
    """

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.errors: dict[str, BaseException] = {}
        self.processes_asked_for: int | None = None
        self._lock = threading.Lock()

    def run_jobs(
        self,
        jobs: Iterable[Job],
        workers: int | None = None,
        on_progress: OnProgress | None = None,
        patience: float = PATIENCE,
    ) -> Generator[tuple[int, Vectors], None, None]:
        for index, outcome in self.job_outcomes(jobs, workers, on_progress, patience):
            if isinstance(outcome, CosimError):
                raise outcome
            yield index, outcome

    def job_outcomes(
        self,
        jobs: Iterable[Job],
        workers: int | None = None,
        on_progress: OnProgress | None = None,
        patience: float = PATIENCE,
    ) -> Generator[tuple[int, Vectors | CosimError], None, None]:
        self.processes_asked_for = workers
        for index, job in enumerate(jobs):
            yield index, self._outcome(index, job, on_progress)

    def _outcome(
        self, index: int, job: Job, on_progress: OnProgress | None
    ) -> Vectors | CosimError:
        with self._lock:
            self.labels.append(job.label)
        if on_progress and job.t_stop:
            on_progress(index, job.t_stop / 2)
        error = self.errors.get(job.label)
        if isinstance(error, CosimError):
            return error
        if error:
            raise error
        for path, content in ((job.raw_path, b"raw"), (job.deck_path, b"deck")):
            if path:
                Path(path).write_bytes(content)
        return {"time": np.linspace(0, job.t_stop or 0.0, 7)}

    def ran(self) -> list[str]:
        """Labels of what ran since the last call, in order."""
        labels, self.labels = self.labels, []
        return labels

"""Runs that go in step with each other and with the process that started them."""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import numpy as np

from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import CosimError, WorkerError
from cosim.workbench.scratch import ScratchFolder

_AT_WORK = (os.cpu_count() or 1) + 1
"""Runs that work at the same time: one more than processors, so that none of them has to wait for
the next run's message."""
_POLL = 0.2
"""How often a run that has not reported yet is looked after, s."""


class StepLostError(CosimError):
    """The process that keeps the runs in step is gone."""


@dataclass(frozen=True)
class Meeting:
    """Where a run finds the process that keeps it in step; picklable.

    address: of a Unix socket. index: of the run.
    """

    address: str
    index: int

    def join(self) -> Link:
        """Called in the run's process."""
        return Link(self)


class Link:
    """The run's end of the connection."""

    def __init__(self, meeting: Meeting):
        end = socket.socket(socket.AF_UNIX)
        end.connect(meeting.address)
        self._connection = Connection(end.detach())
        self._connection.send(meeting.index)

    def receive(self) -> Any:
        """What this run does next; waits for it.

        Raises:
            StepLostError: nobody is there any more.
        """
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            raise StepLostError("the process that kept the run in step has gone") from None

    def send(self, answer: Any) -> None:
        """What this run did; raises StepLostError where nobody is there any more."""
        try:
            self._connection.send(answer)
        except OSError:
            raise StepLostError("the process that kept the run in step has gone") from None


class Runs:
    """The other end: all runs, in the order of their jobs."""

    def __init__(self, work: _Work, connections: list[Connection], at_work: int):
        self._work, self._connections, self._at_work = work, connections, at_work

    def exchange(self, messages: Sequence[Any]) -> list[Any]:
        """Send each run its message, and wait for all answers; both in the order of the jobs.

        Only so many runs work meanwhile as in_step was told; which one is ready first makes
        no difference. More would take turns within their steps, and the caches with them.

        Raises:
            CosimError: what ended a run, which ends all.
        """
        waiting = deque(zip(self._connections, messages, strict=True))
        working: list[Connection] = []
        answers: dict[Connection, Any] = {}
        try:
            while len(answers) < len(self._connections):
                while waiting and len(working) < self._at_work:
                    connection, message = waiting.popleft()
                    connection.send(message)
                    working.append(connection)
                for connection in wait(working):
                    answers[connection] = connection.recv()
                    working.remove(connection)
        except (EOFError, OSError):
            raise self._work.error() from None
        return [answers[connection] for connection in self._connections]

    def send(self, messages: Sequence[Any]) -> None:
        """Send each run its message, in the order of the jobs; raises what ended a run."""
        try:
            for connection, message in zip(self._connections, messages, strict=True):
                connection.send(message)
        except OSError:
            raise self._work.error() from None

    def vectors(self) -> list[dict[str, np.ndarray]]:
        """What the runs yield, after their last step; waits for their ends."""
        return self._work.results()


@contextmanager
def in_step(
    make_jobs: Callable[[list[Meeting]], list[Job]], count: int, workers: int | None = None
) -> Iterator[Runs]:
    """Start `count` runs at once, each a process, and meet them.

    Args:
        make_jobs: gets a Meeting for each run; the job's controller has to join it.
        count: how many.
        workers: how many of them work at the same time; by default hardly more than there are
            processors.

    Raises:
        CosimError: a run ended before all had come. All runs have ended when the block is left.
    """
    with ScratchFolder() as folder, socket.socket(socket.AF_UNIX) as server:
        address = str(Path(folder, "meeting"))
        server.bind(address)
        server.listen(count)
        jobs = make_jobs([Meeting(address, index) for index in range(count)])
        work, connections = _Work(jobs), []
        try:
            connections = _meet(server, work, count)
            yield Runs(work, connections, workers or _AT_WORK)
        finally:
            # Runs that still wait for a step end with an error, and the rest with them.
            for connection in connections:
                connection.close()
            server.close()
            work.join()


class _Work:
    """The runs' processes, looked after in a thread: results and errors come in any order."""

    def __init__(self, jobs: list[Job]):
        self._jobs = jobs
        self._vectors: dict[int, dict[str, np.ndarray]] = {}
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with closing(run_jobs(self._jobs, workers=len(self._jobs))) as done:
                for index, vectors in done:
                    self._vectors[index] = vectors
        except BaseException as error:
            self._error = error

    def running(self) -> bool:
        return self._thread.is_alive()

    def join(self) -> None:
        self._thread.join()

    def results(self) -> list[dict[str, np.ndarray]]:
        self._thread.join()
        if self._error:
            raise self._error
        return [self._vectors[index] for index in range(len(self._jobs))]

    def error(self) -> BaseException:
        """Why a run has gone."""
        self._thread.join()
        return self._error or WorkerError("a run ended before its last step")


def _meet(server: socket.socket, work: _Work, count: int) -> list[Connection]:
    """The connections of all runs, by index."""
    found: dict[int, Connection] = {}
    server.settimeout(_POLL)
    while len(found) < count:
        try:
            end, _ = server.accept()
        except TimeoutError:
            if not work.running():
                raise work.error() from None
            continue
        end.setblocking(True)
        connection = Connection(end.detach())
        found[connection.recv()] = connection
    return [found[index] for index in range(count)]

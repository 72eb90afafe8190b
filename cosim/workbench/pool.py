"""Pools of tasks: one interface for this process, processes of this machine, a cluster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Any

from cosim.workbench.process import PATIENCE, Process, ready, start
from cosim.workbench.task import Task
from cosim.workbench.task_process import DONE, MESSAGE

OnMessage = Callable[[int, Any], None]
"""Takes the number of an argument and a message of its task."""
Outcomes = Generator[tuple[int, Any], None, None]
"""The number of an argument, and its result or the Exception that ended it, as they get done."""


def ignore(_number: int, _message: Any) -> None:
    """The OnMessage that does nothing."""


def processors() -> int:
    """Number of processors that this process may use."""
    # Here, since it takes a while, which processes that only do a task needn't wait for.
    from joblib import cpu_count

    return cpu_count()


class Pool(ABC):
    """Does tasks; a context manager, at whose end nothing of it is left."""

    @abstractmethod
    def run(self, task: Task, arguments: Iterable, on_message: OnMessage = ignore) -> Outcomes:
        """Do a task with each argument.

        An error of a task is its outcome, and the others go on. Where the iterator is closed, or
        on_message raises something, what is being done is given up.
        """

    @abstractmethod
    def close(self) -> None:
        """Give up what is left."""

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class LocalPool(Pool):
    """Processes of this machine, of which no more are started than there is to do.

    A single worker, or a single argument, of a task that needn't be isolated is this process.
    """

    def __init__(self, workers: int | None = None, patience: float = PATIENCE):
        """workers: at most so many tasks are done at once (default: as there are processors).
        patience: for an isolated task without a sign of life, s.
        """
        self.workers, self._patience = workers or processors(), patience
        self._idle: list[Process] = []

    def run(self, task: Task, arguments: Iterable, on_message: OnMessage = ignore) -> Outcomes:
        """As in every Pool; a process that dies, or hangs, is a WorkerError of its task."""
        arguments = list(arguments)
        if task.isolated or min(self.workers, len(arguments)) > 1:
            return self._in_processes(task, arguments, on_message)
        return _in_this_process(task, arguments, on_message)

    def _in_processes(self, task: Task, arguments: list, on_message: OnMessage) -> Outcomes:
        waiting = enumerate(arguments)
        busy: dict[Process, int] = {}

        def begin() -> None:
            for number, argument in islice(waiting, self.workers - len(busy)):
                busy[self._begin(task, argument)] = number

        try:
            begin()
            while busy:
                for process in ready(busy):
                    kind, value = process.receive()
                    if kind == MESSAGE:
                        on_message(busy[process], value)
                    elif kind == DONE:
                        number = busy.pop(process)
                        outcome = self._end(process)
                        begin()
                        yield number, outcome
        finally:
            for process in busy:
                process.close()

    def _begin(self, task: Task, argument: Any) -> Process:
        for process in self._idle:
            if process.fit_for(task):
                self._idle.remove(process)
                process.begin(task, argument)
                return process
        return start(task, [argument], self._patience)[0]

    def _end(self, process: Process) -> Any:
        outcome = process.outcome()
        if process.lives:
            self._idle.append(process)
        else:
            process.close()
        while len(self._idle) > self.workers:
            self._idle.pop(0).close()
        return outcome

    def close(self) -> None:
        """Kill the processes that wait for more to do."""
        while self._idle:
            self._idle.pop().close()


def _in_this_process(task: Task, arguments: list, on_message: OnMessage) -> Outcomes:
    for number, argument in enumerate(arguments):
        try:
            outcome = task.function(argument, partial(on_message, number))
        except Exception as error:
            outcome = error
        yield number, outcome


def results(outcomes: Outcomes) -> Outcomes:
    """The outcomes, for whom none must be an error: raises the first, and gives up the others."""
    with closing(outcomes):
        for number, outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
            yield number, outcome


def in_order(outcomes: Outcomes) -> list:
    """All results in the order of their arguments; raises the first error, as `results`."""
    found = dict(results(outcomes))
    return [found[number] for number in range(len(found))]

"""Tasks in lockstep: at each step they wait for each other, and for this process."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cosim.workbench.errors import WorkerError
from cosim.workbench.pool import processors
from cosim.workbench.process import Process, ready, start
from cosim.workbench.task import Task
from cosim.workbench.task_process import ANSWER, DONE


class Runs:
    """The end of all tasks that this process has, in the order of their arguments."""

    def __init__(self, processes: Sequence[Process], at_work: int):
        self._processes, self._at_work = processes, at_work

    def exchange(self, messages: Sequence[Any]) -> list[Any]:
        """Send each task its message, and wait for all answers; both in the order of the tasks.

        Only so many tasks work meanwhile as in_step was told; which one is ready first makes no
        difference. More would take turns within their steps, and the caches with them.

        What ends a task ends all, and is raised.
        """
        waiting = deque(zip(self._processes, messages, strict=True))
        working: list[Process] = []
        answers: dict[Process, Any] = {}
        while len(answers) < len(self._processes):
            while waiting and len(working) < self._at_work:
                process, message = waiting.popleft()
                process.send(message)
                working.append(process)
            for process in ready(working):
                kind, value = process.receive()
                if kind == ANSWER:
                    answers[process] = value
                    working.remove(process)
                elif kind == DONE:
                    _result(process)
                    raise WorkerError(f"{process.label}: ended before its last step")
        return [answers[process] for process in self._processes]

    def send(self, messages: Sequence[Any]) -> None:
        """Send each task its message, in the order of the tasks."""
        for process, message in zip(self._processes, messages, strict=True):
            process.send(message)

    def results(self) -> list[Any]:
        """Results of the tasks after their last step; waits for them, and raises what ended one."""
        found: dict[Process, Any] = {}
        while working := [process for process in self._processes if process not in found]:
            for process in ready(working):
                kind, _ = process.receive()
                if kind == DONE:
                    found[process] = _result(process)
        return [found[process] for process in self._processes]


def _result(process: Process) -> Any:
    outcome = process.outcome()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@contextmanager
def in_step(task: Task, arguments: Sequence, workers: int | None = None) -> Iterator[Runs]:
    """Start an isolated task with each argument at once; all have ended when the block is left.

    Args:
        task: its function takes a Link, from which it receives its steps, and sends its answers.
        arguments: one for each.
        workers: how many of them work at the same time (default: one more than there are
            processors, so that none of these has to wait for the next task's message).
    """
    processes: list[Process] = []
    try:
        processes = start(task, arguments)
        yield Runs(processes, workers or processors() + 1)
    finally:
        for process in processes:
            process.close()

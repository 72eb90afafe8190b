"""Independent tasks in several processes, with messages on their way."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import Manager
from threading import Thread
from typing import Any

from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from cosim.errors import CosimError

Notify = Callable[[Any], None]
Task = Callable[[Any, Notify], Any]
"""Takes an argument and a function for its messages; both pass from process to process."""
OnMessage = Callable[[int, Any], None]
"""Takes the number of a task and a message of it."""


class LostWorkerError(CosimError):
    """A process died; what it had finished is kept."""


def run_tasks(
    task: Task, arguments: Sequence, workers: int | None, on_message: OnMessage
) -> Iterator[tuple[int, Any]]:
    """Run a task on each argument, in at most `workers` processes (default: all processors).

    Yields:
        (number of the argument, what the task returned) as they get done.

    Raises:
        LostWorkerError: a process was killed.
        whatever a task raises; the others are then ended.
    """
    processes = min(workers or cpu_count(), len(arguments))
    if processes <= 1:
        for number, argument in enumerate(arguments):
            yield number, task(argument, _Sender(on_message, number))
        return
    with _collected(on_message) as send:
        pool = Parallel(n_jobs=processes, return_as="generator_unordered", batch_size=1)
        jobs = (
            delayed(_numbered)(task, number, argument, _Sender(send, number))
            for number, argument in enumerate(arguments)
        )
        try:
            yield from pool(jobs)
        except TerminatedWorkerError:
            raise LostWorkerError(
                "a process was killed, perhaps for want of memory; run again to go on, "
                "with fewer --workers where memory is short"
            ) from None


class _Sender:
    """Sends a task's messages with its number; a class, since it goes to other processes."""

    def __init__(self, send: OnMessage, number: int):
        self._send, self._number = send, number

    def __call__(self, message: Any) -> None:
        self._send(self._number, message)


class _Post:
    """Puts messages into a queue between processes."""

    def __init__(self, queue):
        self._queue = queue

    def __call__(self, number: int, message: Any) -> None:
        self._queue.put((number, message))


def _numbered(task: Task, number: int, argument: Any, notify: Notify) -> tuple[int, Any]:
    return number, task(argument, notify)


@contextmanager
def _collected(on_message: OnMessage) -> Iterator[_Post]:
    """Give what processes can send messages with, and pass these on as they come."""
    with Manager() as manager:
        queue = manager.Queue()

        def pass_on() -> None:
            while (item := queue.get()) is not None:
                on_message(*item)

        thread = Thread(target=pass_on, daemon=True)
        thread.start()
        try:
            yield _Post(queue)
        finally:
            queue.put(None)
            thread.join()

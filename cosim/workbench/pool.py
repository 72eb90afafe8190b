"""A pool of processes for tasks in Python, none of which outlives the process that has made it."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import threading
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any

from joblib import cpu_count

from cosim.workbench.child import python_command
from cosim.workbench.errors import CosimError

Notify = Callable[[Any], None]
Task = Callable[[Any, Notify], Any]
"""Takes an argument and a function for its messages; both pass from process to process."""
OnMessage = Callable[[int, Any], None]
"""Takes the number of a task and a message of it."""

_MESSAGE, _RESULT, _ERROR = range(3)
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For numpy: the processes together use all processors."""


class LostWorkerError(CosimError):
    """A process died; what it had finished is kept."""


def run_tasks(
    task: Task, arguments: Sequence, workers: int | None, on_message: OnMessage
) -> Iterator[tuple[int, Any]]:
    """Run a task on each argument, in at most `workers` processes (default: all processors).

    Yields and raises as `Pool.run`. One process is this one.
    """
    processes = min(workers or cpu_count(), len(arguments))
    if processes <= 1:
        for number, argument in enumerate(arguments):
            yield number, task(argument, partial(on_message, number))
        return
    with Pool(processes) as pool:
        yield from pool.run(task, arguments, on_message)


class Pool:
    """Processes that wait for tasks; a context manager, at whose end they are killed."""

    def __init__(self, processes: int):
        """Start so many processes."""
        self._workers: list[_Worker] = []
        for _ in range(processes):
            self._workers.append(_Worker())

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_error) -> None:
        self.close()

    def close(self) -> None:
        """Kill the processes."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def run(
        self, task: Task, arguments: Iterable, on_message: OnMessage
    ) -> Iterator[tuple[int, Any]]:
        """Run a task on each argument.

        Yields:
            (number of the argument, what the task returned) as they get done.

        Raises:
            LostWorkerError: a process was killed.
            whatever a task raises. The pool is closed where not all was done.
        """
        waiting = enumerate(arguments)
        busy: dict[Connection, int] = {}

        def give(connection: Connection) -> None:
            for number, argument in waiting:
                connection.send((task, argument))
                busy[connection] = number
                return

        try:
            for worker in self._workers:
                give(worker.connection)
            while busy:
                for connection in wait(list(busy)):
                    kind, value = connection.recv()
                    if kind == _MESSAGE:
                        on_message(busy[connection], value)
                        continue
                    number = busy.pop(connection)
                    if kind == _ERROR:
                        _raise(*value)
                    give(connection)
                    yield number, value
        except (EOFError, ConnectionError):
            raise LostWorkerError(
                "a process was killed, perhaps for want of memory; run again to go on, "
                "with fewer --workers where memory is short"
            ) from None
        finally:
            if busy:
                self.close()

    def map(self, function: Callable[[Any], Any], arguments: Iterable) -> list:
        """What the function gives for each argument, in their order; raises as `run`."""
        results = dict(self.run(partial(_call, function), arguments, _ignore))
        return [results[number] for number in range(len(results))]


def _call(function: Callable[[Any], Any], argument: Any, _notify: Notify) -> Any:
    return function(argument)


def _ignore(_number: int, _message: Any) -> None:
    pass


def _raise(error: Exception, trace: str) -> None:
    if isinstance(error, CosimError):
        raise error
    raise error from LostWorkerError(trace)


class _Worker:
    """The parent's end of one process."""

    def __init__(self):
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                python_command(__name__, theirs.fileno()),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**_ONE_THREAD, **os.environ},
            )
        self.connection = Connection(ours.detach())
        self.close = weakref.finalize(self, _end, process, self.connection)


def _end(process: subprocess.Popen, connection: Connection) -> None:
    process.kill()
    process.wait()
    connection.close()


def main(descriptor: int) -> None:
    """Entry of a process; its argument is its end of the connection, which tells it what to do."""
    connection, tasks = Connection(descriptor), SimpleQueue()
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    while True:
        connection.send_bytes(_outcome(tasks.get(), connection))


def _outcome(request: bytes, connection: Connection) -> bytes:
    """Do what is asked for; the answer, pickled."""
    try:
        task, argument = pickle.loads(request)
        result = task(argument, lambda message: connection.send((_MESSAGE, message)))
        return pickle.dumps((_RESULT, result))
    except Exception as error:
        return pickle.dumps((_ERROR, (portable(error), traceback.format_exc())))


def portable(error: Exception) -> Exception:
    """The error, or one with the same text where it can't pass from process to process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _receive(connection: Connection, tasks: SimpleQueue) -> None:
    """Pass tasks on until the parent has gone, which is the end, whatever is being done."""
    try:
        while True:
            tasks.put(connection.recv_bytes())
    except (EOFError, OSError):
        os._exit(1)

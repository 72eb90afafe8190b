"""A process that works for another one: it does tasks, one after the other.

A task that isn't isolated is done by the process itself, which keeps what it has imported and
compiled. An isolated one is done by a fork of it: so each begins with the same memory, in which
nothing has run yet, and only what it takes to import modules is saved. Tasks that run in step have
a fork each at the same time.

Neither the process, its forks, nor its files outlive the one that has started it, whatever that one
dies of.
"""

import ctypes
import logging
import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from cosim.workbench.scratch import remove
from cosim.workbench.task import Failure

MESSAGE, ANSWER, DONE, _ALIVE = range(4)
"""Kinds of a process' messages: one of its task, its answer to a step, the end of the task with the
exit code of who did it, and a sign of life."""
TASK, OUTCOME, LOG = "task.pickle", "outcome.pickle", "log"
"""Files in a process' folder. What is long goes by file: a process that is stopped while it sends
something would stop who reads it, too."""

_OF_FORK = "of_fork"
"""Folder of a fork's temporary files, in that of its process."""
_SIGN_OF_LIFE = 0.5
"""Least time between signs of life without a message, s."""
_TRIES, _PAUSE = 20, 0.05
"""Number of tries of a process whose parent has gone to remove its folder, and s between them."""
_PR_SET_PDEATHSIG = 1
"""Of Linux' prctl: the signal that a process gets when its parent dies."""


class Link:
    """The end that a task has: called with a message, it sends it."""

    def __init__(self, connection: Connection):
        self._connection = connection

    def __call__(self, message: Any) -> None:
        """Pass a message on to who waits for the task."""
        self._connection.send((MESSAGE, message))

    def receive(self) -> Any:
        """This task's next step, in lockstep with others; waits for it."""
        return self._connection.recv()

    def send(self, answer: Any) -> None:
        """Report this task's step, in lockstep with others."""
        self._connection.send((ANSWER, answer))


class _SignsOfLife(logging.Handler):
    """Tells the parent that something is logged: ngspice prints before simulated time begins."""

    def __init__(self, connection: Connection):
        super().__init__()
        self._connection, self._last = connection, 0.0

    def emit(self, record: logging.LogRecord) -> None:
        if record.created > self._last + _SIGN_OF_LIFE:
            self._last = record.created
            self._connection.send((_ALIVE, None))


def main(isolated: int, *ends: int | str) -> None:
    """Entry of a process.

    isolated: of its tasks. ends: descriptor of this end of the connection, and the folder, of what
    does a task at a time; more than one of them for isolated tasks only.
    """
    places = [
        (Path(str(folder)), Connection(int(descriptor)))
        for descriptor, folder in zip(ends[::2], ends[1::2], strict=True)
    ]
    if not isolated:
        _watch_parent(places[0][0])
    # Without a parent there is nobody to read, or to write to.
    with suppress(EOFError, OSError):
        while True:
            for connection, code in _in_forks(places) if isolated else _here(*places[0]):
                connection.send((DONE, code))
            for _, connection in places:
                connection.recv()
    for folder, _ in places:
        remove(folder)


def _here(folder: Path, connection: Connection) -> Iterator[tuple[Connection, int]]:
    if task := _task(folder):
        _call(*task, folder, connection)
    yield connection, 0


def _in_forks(places: list[tuple[Path, Connection]]) -> Iterator[tuple[Connection, int]]:
    """Have a fork do each task; gives its connection and exit code, of a signal the negative
    number, as they end."""
    forks = {}
    for folder, connection in places:
        # Here, so that what tasks need is imported once only.
        if task := _task(folder):
            forks[_fork(task, folder, connection)] = folder, connection
        else:
            yield connection, 0
    while forks:
        fork, status = os.wait()
        folder, connection = forks.pop(fork)
        shutil.rmtree(folder / _OF_FORK, ignore_errors=True)
        yield connection, os.waitstatus_to_exitcode(status)


def _fork(task: tuple[Any, Any], folder: Path, connection: Connection) -> int:
    """Begin a task in a fork; returns the fork's number."""
    parent, scratch = os.getpid(), folder / _OF_FORK
    if fork := os.fork():
        return fork
    code = 1
    try:
        _die_with(parent)
        _watch_parent(folder)
        scratch.mkdir()
        tempfile.tempdir = str(scratch)
        _log_to(folder / LOG, connection)
        _call(*task, folder, connection)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        # No clean-up of the interpreter, in which a spoiled ngspice could still crash.
        os._exit(code)


def _task(folder: Path) -> tuple[Any, Any] | None:
    """The task's function and argument; None where they can't be had, which is its outcome."""
    try:
        return pickle.loads(folder.joinpath(TASK).read_bytes())
    except Exception as error:
        dump(Failure.of(error), folder / OUTCOME)
        return None


def _call(function: Any, argument: Any, folder: Path, connection: Connection) -> None:
    try:
        dump(function(argument, Link(connection)), folder / OUTCOME)
    except Exception as error:
        dump(Failure.of(error), folder / OUTCOME)


def dump(value: Any, path: Path) -> None:
    """Write a value to a file, for the process at the other end."""
    with path.open("wb") as file:
        pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)


def _log_to(path: Path, connection: Connection) -> None:
    """Have all that is printed or logged go to a file, and be a sign of life."""
    with path.open("wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    messages = logging.getLogger("cosim")
    messages.setLevel(logging.DEBUG)
    messages.addHandler(logging.StreamHandler())
    messages.addHandler(_SignsOfLife(connection))


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, where it can: stopped ones, too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _watch_parent(folder: Path) -> None:
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()


def _end_with_parent(folder: Path) -> None:
    """Wait for the end of the pipe from the parent, which it holds open as long as it lives."""
    os.read(0, 1)
    for _ in range(_TRIES):
        remove(folder)
        if not folder.exists():
            break
        # The task goes on meanwhile, and may have written into it.
        time.sleep(_PAUSE)
    os._exit(1)

"""A process that does tasks for this one: the end that waits for it, and what it does itself.

Neither the process nor its files outlive the one that has started it, whatever that one dies of.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import socket
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Collection
from contextlib import nullcontext, suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from cosim.workbench.child import python_command
from cosim.workbench.errors import WorkerError
from cosim.workbench.scratch import ScratchFolder, remove
from cosim.workbench.task import Failure, Task

MESSAGE, ANSWER, DONE, _ALIVE = range(4)
"""Kinds of a process' messages: one of its task, its answer to a step, the end of the task."""

PATIENCE = 600.0
"""A process that shows no sign of progress for this time, in s, is taken to hang or be stopped."""
_TICK = 1.0
"""Time between two looks at the processes, s."""
_SIGN_OF_LIFE = 0.5
"""Least time between signs of life without a message, s."""
_TRIES, _PAUSE = 20, 0.05
"""Number of tries of a process whose parent has gone to remove its folder, and s between them."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For numpy: the processes together use all processors."""
_TASK, _OUTCOME, _LOG = "task.pickle", "outcome.pickle", "log"
"""Files in a process' folder. What is long goes by file: a process that is stopped while it sends
something would stop who reads it, too."""


class Process:
    """The end of a process that its parent has.

    An isolated task's process does just this one, with a log of its own, and is watched for signs
    of life; others can `begin` another task when they have done one.
    """

    def __init__(self, task: Task, argument: Any, patience: float = PATIENCE):
        """Start the process with its first task; raises OSError where there is no room."""
        self._isolated = task.isolated
        self._patience = patience if task.isolated else float("inf")
        # Both finalizers run at the latest when the interpreter exits, the process's one first.
        self._scratch = ScratchFolder()
        self._folder = Path(self._scratch.name)
        self._write(task, argument)
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        log = self._folder.joinpath(_LOG).open("wb") if task.isolated else nullcontext()
        with theirs, log as output:
            self._process = subprocess.Popen(
                python_command(__name__, theirs.fileno(), self._scratch.name, int(task.isolated)),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=[theirs.fileno()],
                env={**_ONE_THREAD, **os.environ},
            )
        self._kill = weakref.finalize(self, _kill, self._process, self._connection)

    def begin(self, task: Task, argument: Any) -> None:
        """Give the process another task; one that has died meanwhile will be found to be so."""
        self._write(task, argument)
        self.send(None)

    def _write(self, task: Task, argument: Any) -> None:
        self.label, self._silent = task.label(argument), 0.0
        self._folder.joinpath(_OUTCOME).unlink(missing_ok=True)
        _dump((task.function, argument), self._folder / _TASK)

    def fileno(self) -> int:
        """For `wait`."""
        return self._connection.fileno()

    def send(self, message: Any) -> None:
        """Send what its task `receive`s; a process that has ended is one whose DONE comes next."""
        with suppress(OSError):
            self._connection.send(message)

    def receive(self) -> tuple[int, Any]:
        """The process' next word, MESSAGE, ANSWER or DONE, and the message or answer."""
        try:
            said = self._connection.recv()
        except (EOFError, OSError):
            self._process.wait()
            return DONE, None
        self._silent = 0.0
        return said

    def look_after(self, waited: float) -> None:
        """Kill the process where it has been silent too long, now by so much longer, s."""
        self._silent += waited
        if self._silent > self._patience:
            self._process.kill()

    def outcome(self) -> Any:
        """The result of what is DONE, or the error that ended it."""
        if self._process.returncode:
            return WorkerError(self._end())
        try:
            outcome = pickle.loads(self._folder.joinpath(_OUTCOME).read_bytes())
        except FileNotFoundError:
            return WorkerError(self._end())
        return outcome.unpacked(self.label) if isinstance(outcome, Failure) else outcome

    def _end(self) -> str:
        """The way in which the process has ended."""
        code = self._process.returncode
        if self._silent > self._patience:
            end = f"no progress for {self._patience:g} s; its process hangs or is stopped"
        elif code < 0:
            end = f"the process was killed by {signal.Signals(-code).name}"
        else:
            end = f"the process exited ({code})"
        if self._isolated:
            return f"{self.label}: {end}; its last messages:\n{self._last_messages()}"
        more = "run again to go on, with fewer --workers where memory is short"
        return f"{self.label}: {end}; {more}"

    def _last_messages(self) -> str:
        text = self._folder.joinpath(_LOG).read_text(encoding="utf-8", errors="replace")
        return text[-2000:].strip()

    @property
    def lives(self) -> bool:
        """True if it can do another task."""
        return not self._isolated and self._process.returncode is None

    def close(self) -> None:
        """Kill the process if it still runs, and remove its files."""
        self._kill()
        self._scratch.cleanup()


def ready(processes: Collection[Process]) -> list[Process]:
    """Wait for processes that say something or have ended, and look after all.

    Only time spent here counts for patience, and no more than a tick at once: this process may have
    been stopped together with the others.
    """
    begin = time.monotonic()
    found = wait(processes, _TICK)
    waited = min(time.monotonic() - begin, _TICK)
    for process in processes:
        if process not in found:
            process.look_after(waited)
    return found


def _kill(process: subprocess.Popen, connection: Connection) -> None:
    process.kill()
    process.wait()
    process.stdin.close()
    connection.close()


def _dump(value: Any, path: Path) -> None:
    with path.open("wb") as file:
        pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)


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


def main(descriptor: int, scratch: str, isolated: int) -> None:
    """Entry of a process.

    descriptor: of its end of the connection. scratch: its folder. isolated: of its task.
    """
    folder, connection = Path(scratch), Connection(descriptor)
    threading.Thread(target=_die_with_parent, args=(folder,), daemon=True).start()
    if isolated:
        tempfile.tempdir = scratch
        messages = logging.getLogger("cosim")
        messages.setLevel(logging.DEBUG)
        messages.addHandler(logging.StreamHandler())
        messages.addHandler(_SignsOfLife(connection))
    while True:
        _do(folder, Link(connection))
        if isolated:
            # No clean-up of the interpreter, in which a spoiled ngspice could still crash.
            os._exit(0)
        connection.send((DONE, None))
        connection.recv()


def _do(folder: Path, link: Link) -> None:
    try:
        function, argument = pickle.loads(folder.joinpath(_TASK).read_bytes())
        _dump(function(argument, link), folder / _OUTCOME)
    except Exception as error:
        _dump(Failure.of(error), folder / _OUTCOME)


def _die_with_parent(folder: Path) -> None:
    """Wait for the end of the pipe from the parent, which it holds open as long as it lives."""
    os.read(0, 1)
    for _ in range(_TRIES):
        remove(folder)
        if not folder.exists():
            break
        # The task goes on meanwhile, and may have written into it.
        time.sleep(_PAUSE)
    os._exit(1)

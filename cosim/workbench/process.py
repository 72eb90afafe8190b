"""A process that does tasks for this one: the end that waits for it (see task_process)."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Collection, Sequence
from contextlib import nullcontext, suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

from cosim.workbench import task_process
from cosim.workbench.child import python_command
from cosim.workbench.errors import WorkerError
from cosim.workbench.scratch import ScratchFolder
from cosim.workbench.task import Failure, Task
from cosim.workbench.task_process import DONE, LOG, OUTCOME, TASK, dump

PATIENCE = 600.0
"""A process that shows no sign of progress for this time, in s, is taken to hang or be stopped."""
_TICK = 1.0
"""Time between two looks at the processes, s."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For numpy: the processes together use all processors."""
_END = 5.0
"""The longest wait for the end of a process' fork, which follows that of the process, s."""


class Process:
    """The end of a process that its parent has.

    When it has done a task, it can `begin` another one of those that it is `fit_for`. An isolated
    task has a log of its own, and is watched for signs of life.
    """

    def __init__(self, task: Task, argument: Any, patience: float):
        """Prepare a process that `start` starts."""
        self._kind = _kind(task)
        self._isolated = task.isolated
        self._patience = patience if task.isolated else float("inf")
        # Both finalizers run at the latest when the interpreter exits, the process's one first.
        self._scratch = ScratchFolder()
        self.folder = Path(self._scratch.name)
        self._write(task, argument)
        self.folder.joinpath(LOG).touch()
        ours, self._theirs = socket.socketpair()
        self._connection = Connection(ours.detach())

    @property
    def other_end(self) -> int:
        """Descriptor of the connection's end that the process gets."""
        return self._theirs.fileno()

    def started(self, process: subprocess.Popen) -> None:
        """Called when it has been."""
        self._process = process
        self._theirs.close()
        self._kill = weakref.finalize(self, _kill, process, self._connection)

    def fit_for(self, task: Task) -> bool:
        """True for a task that it would have been started for in the same way."""
        return self._kind == _kind(task)

    def begin(self, task: Task, argument: Any) -> None:
        """Give the process another task; one that has died meanwhile will be found to be so."""
        self._write(task, argument)
        self.send(None)

    def _write(self, task: Task, argument: Any) -> None:
        self.label, self._silent = task.label(argument), 0.0
        self._code: int | None = None
        self.folder.joinpath(OUTCOME).unlink(missing_ok=True)
        dump((task.function, argument), self.folder / TASK)

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
            said = DONE, self._process.wait()
        else:
            self._silent = 0.0
        kind, value = said
        if kind == DONE:
            self._code = value
        return said

    def look_after(self, waited: float) -> None:
        """Kill the process where it has been silent too long, now by so much longer, s."""
        self._silent += waited
        if self._silent > self._patience:
            self._process.kill()

    def outcome(self) -> Any:
        """The result of what is DONE, or the error that ended it."""
        if self._code:
            return WorkerError(self._end())
        try:
            outcome = pickle.loads(self.folder.joinpath(OUTCOME).read_bytes())
        except FileNotFoundError:
            return WorkerError(self._end())
        return outcome.unpacked(self.label) if isinstance(outcome, Failure) else outcome

    def _end(self) -> str:
        """The way in which the process has ended."""
        code = self._code or 0
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
        text = self.folder.joinpath(LOG).read_text(encoding="utf-8", errors="replace")
        return text[-2000:].strip()

    @property
    def lives(self) -> bool:
        """True if it can do another task."""
        return self._process.returncode is None

    def close(self) -> None:
        """Kill the process if it still runs, with those that were started together, and remove its
        files."""
        self._kill()
        self._scratch.cleanup()


def start(task: Task, arguments: Sequence, patience: float = PATIENCE) -> list[Process]:
    """Start a process with each argument; of a task that isn't isolated there is one argument.

    Those of an isolated task are forks of one process, in which what they need is imported once;
    they end together.

    Args:
        patience: for an isolated task without a sign of life, s.

    Raises:
        OSError: there is no room.
    """
    processes = [Process(task, argument, patience) for argument in arguments]
    # Each fork goes on in a log of its own.
    log = processes[0].folder.joinpath(LOG).open("wb") if task.isolated else nullcontext()
    descriptors = [process.other_end for process in processes]
    ends = [one for process in processes for one in (process.other_end, str(process.folder))]
    with log as output:
        started = subprocess.Popen(
            python_command(task_process.__name__, int(task.isolated), *ends),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=descriptors,
            env={**_ONE_THREAD, **os.environ},
        )
    for process in processes:
        process.started(started)
    return processes


def ready(processes: Collection[Process]) -> list[Process]:
    """Wait for processes that say something or have ended, and look after all.

    Only time spent here counts for patience, and no more than a tick at once: this process may have
    been stopped together with the others.
    """
    begin = time.monotonic()
    found = cast(list[Process], wait(cast(Collection[Connection], processes), _TICK))
    waited = min(time.monotonic() - begin, _TICK)
    for process in processes:
        if process not in found:
            process.look_after(waited)
    return found


def _kind(task: Task) -> tuple[bool, dict[str, str], list[str], str]:
    """All that the process of a task is started with, and so depends on."""
    return task.isolated, dict(os.environ), [*sys.path], str(Path.cwd())


def _kill(process: subprocess.Popen, connection: Connection) -> None:
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()
    # A fork of the process holds the connection until it has ended, too.
    with suppress(EOFError, OSError):
        while connection.poll(_END):
            connection.recv_bytes()
    connection.close()

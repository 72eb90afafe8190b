"""Simulations in processes of their own, since a fault can spoil or kill the ngspice in one."""

from __future__ import annotations

import logging
import os
import pickle
import selectors
import signal
import subprocess
import tempfile
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from cosim.engine.job import Job, Vectors
from cosim.engine.ngspice import NgSpice
from cosim.workbench.child import python_command
from cosim.workbench.errors import CosimError, WorkerError
from cosim.workbench.scratch import ScratchFolder, remove

PATIENCE = 600.0
"""A run that shows no sign of progress for this time, in s, is taken to hang or to be stopped."""
_TICK = 1.0
"""How often runs are looked after, s."""
_TRIES, _PAUSE = 20, 0.05
"""How often a worker whose parent has gone tries to remove its folder, and s between the tries."""
_SIGN_OF_LIFE = 0.5
"""Least time between signs of life without simulated time, s."""


def run_jobs(
    jobs: Iterable[Job],
    workers: int | None = None,
    on_progress: Callable[[int, float], None] | None = None,
    patience: float = PATIENCE,
) -> Generator[tuple[int, Vectors], None, None]:
    """Run jobs in at most `workers` processes at once (all processors by default).

    Yields (index of the job, its vectors by name, each of shape (points,)) as runs finish, and
    calls on_progress(index, simulated time in s) meanwhile.

    Raises what a run raises (see NgSpice.simulate), or WorkerError where its process was killed, or
    showed no sign of progress for `patience` seconds. On any error, and when the iterator is
    closed, all other runs are killed.
    """
    with closing(job_outcomes(jobs, workers, on_progress, patience)) as outcomes:
        for index, outcome in outcomes:
            if isinstance(outcome, CosimError):
                raise outcome
            yield index, outcome


def job_outcomes(
    jobs: Iterable[Job],
    workers: int | None = None,
    on_progress: Callable[[int, float], None] | None = None,
    patience: float = PATIENCE,
) -> Generator[tuple[int, Vectors | CosimError], None, None]:
    """Run jobs as `run_jobs`, but yield the error of a run that ended, and go on with the others.

    Raises WorkerError where a process showed no sign of progress for `patience` seconds.
    """
    waiting = enumerate(jobs)
    selector = selectors.DefaultSelector()
    try:
        _start(selector, islice(waiting, workers or os.cpu_count()))
        while selector.get_map():
            for key in _ready(selector, patience):
                index, worker = key.data
                if line := worker.output.readline():
                    if on_progress and line.strip():
                        on_progress(index, float(line))
                    continue
                selector.unregister(worker.output)
                with closing(worker):
                    outcome = _outcome(worker)
                _start(selector, islice(waiting, 1))
                yield index, outcome
    finally:
        for key in selector.get_map().values():
            key.data[1].close()
        selector.close()


def _start(selector: selectors.BaseSelector, jobs: Iterable[tuple[int, Job]]) -> None:
    for index, job in jobs:
        worker = _Worker(job)
        selector.register(worker.output, selectors.EVENT_READ, (index, worker))


def _outcome(worker: _Worker) -> Vectors | CosimError:
    try:
        return worker.result()
    except CosimError as error:
        return error


def _ready(selector: selectors.BaseSelector, patience: float) -> list[selectors.SelectorKey]:
    """Wait for runs that report or have ended.

    Only time spent here counts for patience, and no more than a tick at once: this process may have
    been stopped together with its workers.
    """
    begin = time.monotonic()
    ready = [key for key, _ in selector.select(_TICK)]
    waited = min(time.monotonic() - begin, _TICK)
    for key in selector.get_map().values():
        _, worker = key.data
        worker.silent = 0.0 if key in ready else worker.silent + waited
        if worker.silent > patience:
            raise WorkerError(
                f"{worker.label}: no progress for {patience:g} s; its process hangs or is stopped; "
                f"its last messages:\n{worker.log()}"
            )
    return ready


class _Worker:
    """The parent's end of one process; neither it nor its files outlive this object."""

    def __init__(self, job: Job):
        self.label = job.label
        self.silent = 0.0
        # Both finalizers run at the latest when the interpreter exits, the process's one first.
        self._scratch = ScratchFolder()
        self._folder = Path(self._scratch.name)
        paths = {"raw_path": job.raw_path, "deck_path": job.deck_path}
        job = replace(job, **{name: path and Path(path).absolute() for name, path in paths.items()})
        self._folder.joinpath("job.pickle").write_bytes(pickle.dumps(job))
        command = python_command(__name__, str(self._folder))
        with self._folder.joinpath("log").open("wb") as log:
            # Unbuffered, so that the selector sees all that has not been read.
            process = subprocess.Popen(
                command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        self._process = process
        self._kill = weakref.finalize(self, _kill, process)
        self.output = process.stdout

    def result(self) -> Vectors:
        """Vectors of the finished run, or the error that ended it."""
        code = self._process.wait()
        if code:
            end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited ({code})"
            raise WorkerError(f"{self.label}: the process {end}; its last messages:\n{self.log()}")
        error_file = self._folder / "error.pickle"
        if error_file.exists():
            error = pickle.loads(error_file.read_bytes())
            if isinstance(error, CosimError):
                raise error
            raise error from WorkerError(f"{self.label}: {self.log()}")
        with np.load(self._folder / "result.npz") as arrays:
            names, *vectors = arrays.values()
        return dict(zip(names.tolist(), vectors, strict=True))

    def close(self) -> None:
        """Kill the process if it still runs, and remove its files."""
        self._kill()
        self._scratch.cleanup()

    def log(self) -> str:
        """The end of what the process printed."""
        text = self._folder.joinpath("log").read_text(encoding="utf-8", errors="replace")
        return text[-2000:].strip()


def _kill(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


class _SignsOfLife(logging.Handler):
    """Tells the parent that ngspice prints messages, which it does before simulated time begins."""

    def __init__(self, progress: TextIO):
        super().__init__()
        self._progress, self._last = progress, 0.0

    def emit(self, record: logging.LogRecord) -> None:
        if record.created > self._last + _SIGN_OF_LIFE:
            self._last = record.created
            print(file=self._progress)


def main(scratch: str) -> None:
    """Entry of a worker process; its argument is the folder with the pickled job."""
    threading.Thread(target=_die_with_parent, args=(scratch,), daemon=True).start()
    os.chdir(scratch)
    tempfile.tempdir = scratch
    progress = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    # What C code prints by itself belongs into the log too.
    os.dup2(2, 1)
    messages = logging.getLogger("cosim")
    messages.setLevel(logging.DEBUG)
    messages.addHandler(logging.StreamHandler())
    messages.addHandler(_SignsOfLife(progress))
    job = pickle.loads(Path("job.pickle").read_bytes())
    try:
        vectors = NgSpice().simulate(job, lambda time: print(time, file=progress))
        np.savez("result.npz", list(vectors), *vectors.values())
    except Exception as error:
        traceback.print_exc()
        Path("error.pickle").write_bytes(pickle.dumps(error))
    # No clean-up of the interpreter, in which a spoiled ngspice could still crash.
    os._exit(0)


def _die_with_parent(scratch: str) -> None:
    """Wait for the end of the pipe from the parent, which it holds open as long as it lives."""
    os.read(0, 1)
    folder = Path(scratch)
    for _ in range(_TRIES):
        remove(folder)
        if not folder.exists():
            break
        # The run goes on meanwhile, and may have written into it.
        time.sleep(_PAUSE)
    os._exit(1)

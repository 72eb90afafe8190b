"""Simulations in processes of their own, since a fault can spoil or kill the ngspice in one."""

from __future__ import annotations

import logging
import os
import pickle
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cosim.engine.job import Job
from cosim.engine.ngspice import NgSpice
from cosim.errors import CosimError, WorkerError


def run_jobs(
    jobs: Iterable[Job],
    workers: int | None = None,
    on_progress: Callable[[int, float], None] | None = None,
) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """Run jobs in at most `workers` processes at once (all processors by default).

    Yields (index of the job, its vectors by name, each of shape (points,)) as runs finish, and
    calls on_progress(index, simulated time in s) meanwhile.

    Raises what a run raises (see NgSpice.simulate), or WorkerError where its process was killed.
    On any error, and when the iterator is closed, all other runs are killed.
    """
    waiting = enumerate(jobs)
    selector = selectors.DefaultSelector()
    try:
        _start(selector, islice(waiting, workers or os.cpu_count()))
        while selector.get_map():
            for key, _ in selector.select():
                index, worker = key.data
                if line := worker.output.readline():
                    if on_progress:
                        on_progress(index, float(line))
                    continue
                selector.unregister(worker.output)
                with closing(worker):
                    vectors = worker.result()
                _start(selector, islice(waiting, 1))
                yield index, vectors
    finally:
        for key in selector.get_map().values():
            key.data[1].close()
        selector.close()


def _start(selector: selectors.BaseSelector, jobs: Iterable[tuple[int, Job]]) -> None:
    for index, job in jobs:
        worker = _Worker(job)
        selector.register(worker.output, selectors.EVENT_READ, (index, worker))


class _Worker:
    """The parent's end of one process; neither it nor its files outlive this object."""

    def __init__(self, job: Job):
        self._label = job.label
        # Both finalizers run at the latest when the interpreter exits, the process's one first.
        self._scratch = TemporaryDirectory(prefix="cosim-", ignore_cleanup_errors=True)
        self._folder = Path(self._scratch.name)
        if job.raw_path:
            job = replace(job, raw_path=Path(job.raw_path).absolute())
        self._folder.joinpath("job.pickle").write_bytes(pickle.dumps(job))
        command = [
            sys.executable,
            "-c",
            "from cosim.engine.worker import main; main()",
            self._folder,
        ]
        with self._folder.joinpath("log").open("wb") as log:
            # Unbuffered, so that the selector sees all that has not been read.
            process = subprocess.Popen(
                command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        self._process = process
        self._kill = weakref.finalize(self, _kill, process)
        self.output = process.stdout

    def result(self) -> dict[str, np.ndarray]:
        """Vectors of the finished run, or the error that ended it."""
        code = self._process.wait()
        if code:
            end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited ({code})"
            raise WorkerError(
                f"{self._label}: the process {end}; its last messages:\n{self._log()}"
            )
        error_file = self._folder / "error.pickle"
        if error_file.exists():
            error = pickle.loads(error_file.read_bytes())
            if isinstance(error, CosimError):
                raise error
            raise error from WorkerError(f"{self._label}: {self._log()}")
        with np.load(self._folder / "result.npz") as arrays:
            names, *vectors = arrays.values()
        return dict(zip(names.tolist(), vectors, strict=True))

    def close(self) -> None:
        """Kill the process if it still runs, and remove its files."""
        self._kill()
        self._scratch.cleanup()

    def _log(self) -> str:
        return self._folder.joinpath("log").read_text(errors="replace")[-2000:].strip()


def _kill(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def main() -> None:
    """Entry of a worker process; its argument is the folder with the pickled job."""
    # The parent decides what an interrupt from the terminal means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    scratch = sys.argv[1]
    threading.Thread(target=_die_with_parent, args=(scratch,), daemon=True).start()
    os.chdir(scratch)
    progress = os.fdopen(os.dup(1), "w", buffering=1)
    # What C code prints by itself belongs into the log too.
    os.dup2(2, 1)
    messages = logging.getLogger("cosim")
    messages.setLevel(logging.DEBUG)
    messages.addHandler(logging.StreamHandler())
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
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)

"""Our run of a deck against `ngspice -b` on the same deck: `python -m cosim.bench`.

The deck is simulation 1, shortened. Both write a raw file and use one thread, and they take turns,
so that the machine's other load hits both. Ours includes the start of its process and the way of
the data back to us.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from cosim.circuit import TransistorCircuit
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.errors import CosimError
from cosim.experiments.simulation import read_simulation

REPETITIONS = 3
SHORTENED = ("stimulus.count=23", "stimulus.duration=120 ms")
GOAL = 1.05
"""Greatest ratio of our time to that of ngspice alone."""


@dataclass(frozen=True)
class Measurement:
    """One run: wall-clock time in s, accepted time points, peak memory of its process in bytes."""

    seconds: float
    points: int
    memory: int


def main() -> int:
    """Measure and print; returns 2 where the ngspice command is missing."""
    if not shutil.which("ngspice"):
        print("bench: needs the command ngspice: sudo apt-get install ngspice", file=sys.stderr)
        return 2
    job = _job()
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.joinpath("deck.cir").write_text(job.deck.text)
        folder.joinpath(".spiceinit").write_text("set num_threads=1\n")
        # Ours go first: their memory is only known as the highest of all processes so far.
        ours, alone = [_run_ours(job, folder)], [_run_alone(folder)]
        for _ in range(REPETITIONS):
            ours.append(_run_ours(job, folder))
            alone.append(_run_alone(folder))
    _print(ours, alone)
    return 0


def _job() -> Job:
    experiment = read_simulation("simulation_1", SHORTENED).experiment
    circuit = TransistorCircuit(experiment.bias_table(), experiment.solver)
    return circuit.job(experiment.stimulus.stimulus(), "bench")


def _run_ours(job: Job, folder: Path) -> Measurement:
    start = time.perf_counter()
    [(_, vectors)] = run_jobs([replace(job, raw_path=folder / "ours.raw")])
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return Measurement(seconds, len(vectors["time"]), memory)


def _run_alone(folder: Path) -> Measurement:
    start = time.perf_counter()
    command = ["ngspice", "-b", "-r", "alone.raw", "deck.cir"]
    with folder.joinpath("log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise CosimError(f"ngspice failed:\n{folder.joinpath('log').read_text()[-1000:]}")
    header = folder.joinpath("alone.raw").read_bytes()[:2000]
    points = int(re.search(rb"No\. Points: (\d+)", header)[1])
    return Measurement(seconds, points, usage.ru_maxrss * 1024)


def _print(ours: list[Measurement], alone: list[Measurement]) -> None:
    times = []
    for name, runs in (("ours", ours), ("ngspice -b", alone)):
        # The first of each has filled the caches.
        times.append(median(run.seconds for run in runs[1:]))
        points, memory = runs[0].points, runs[0].memory / 1e6
        print(f"{name:11} {times[-1]:6.2f} s   {points} time points   {memory:.0f} MB")
    print(f"ratio of the times: {times[0] / times[1]:.3f} (goal: at most {GOAL})")


if __name__ == "__main__":
    sys.exit(main())

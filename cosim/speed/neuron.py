"""Our runs of simulation 1, shortened, against `ngspice -b`: `python -m cosim.speed.neuron`.

ngspice gets the transistor view's deck and, with `--deck FILE`, somebody else's of the same length.
All write a raw file and use one thread, and they take turns, so that the machine's other load
hits all of them. Ours include the start of their process and the way of the data back to us.
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.experiments.neuron.simulation import read_simulation
from cosim.experiments.protocol import Request
from cosim.workbench.errors import CosimError
from cosim.workbench.experiment_files import read_file
from cosim.workbench.interrupts import interruptible
from cosim.workbench.scratch import ScratchFolder

REPETITIONS = 3
SHORTENED = ("stimulus.count=23", "stimulus.duration=120 ms")

TRANSISTOR, MIXED, ALONE = "transistor view", "mixed view", "ngspice -b"
_NOT_ORPHANED = ("setpriv", "--pdeathsig", "KILL")
"""Before a command: the kernel kills it as soon as the thread that has started it is gone."""
GOAL = 1.05
"""Greatest ratio of the transistor view's time to that of ngspice alone."""
DECK_GOALS = {TRANSISTOR: 0.6, MIXED: 0.1}
"""Greatest ratio of a view's time to that of ngspice with the deck of `--deck`."""


@dataclass(frozen=True)
class Measurement:
    """One run: wall-clock time in s, accepted time points, peak memory of its process in bytes."""

    seconds: float
    points: int
    memory: int


def main(arguments: Sequence[str] = ()) -> int:
    """Measure and print; returns 2 where the ngspice command or the deck is missing or fails."""
    parser = argparse.ArgumentParser(
        prog="cosim.speed.neuron", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--deck", type=Path, metavar="FILE", help="also run this with ngspice -b")
    deck = parser.parse_args(arguments).deck
    if not shutil.which("ngspice"):
        print("bench: needs the command ngspice: sudo apt-get install ngspice", file=sys.stderr)
        return 2
    try:
        with ScratchFolder() as name:
            _bench(Path(name), deck)
    except CosimError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def _bench(folder: Path, deck: Path | None) -> None:
    if deck and not deck.is_file():
        raise CosimError(f"no such deck: {deck}")
    folder.joinpath(".spiceinit").write_text("set num_threads=1\n", encoding="utf-8")
    jobs = _jobs()
    # Ours go first, the smaller before the larger: the memory of their processes is only known
    # as the highest of all so far.
    runs: dict[str, Callable[[], Measurement]] = {
        name: partial(_run_ours, jobs[name], folder) for name in (MIXED, TRANSISTOR)
    }
    decks = {name: folder / f"{name.partition(' ')[0]}.cir" for name in runs}
    for name, path in decks.items():
        path.write_text(jobs[name].deck.text, encoding="utf-8")
    decks[ALONE] = decks[TRANSISTOR]
    runs[ALONE] = partial(run_alone, decks[ALONE], folder)
    if deck:
        decks[deck.name] = deck.resolve()
        runs[deck.name] = partial(run_alone, decks[deck.name], folder)
    rounds = [{name: run() for name, run in runs.items()} for _ in range(1 + REPETITIONS)]
    # The first has filled the caches.
    times = {name: median(one[name].seconds for one in rounds[1:]) for name in runs}
    for name, one in rounds[0].items():
        print(
            f"{name:{max(map(len, runs))}} {times[name]:6.2f} s   {one.points} time points   "
            f"{transistors(decks[name], folder)} transistors   {one.memory / 1e6:.0f} MB"
        )
    _print_ratio(times, TRANSISTOR, ALONE, GOAL)
    if deck:
        for name, goal in DECK_GOALS.items():
            _print_ratio(times, name, deck.name, goal)


def _jobs() -> dict[str, Job]:
    experiment = read_simulation(read_file("simulation_1"), Request(SHORTENED)).experiment
    stimulus, biases = experiment.stimulus.stimulus(), experiment.bias_table()
    return {
        TRANSISTOR: TransistorCircuit(biases, experiment.solver).job(stimulus, TRANSISTOR),
        MIXED: MixedCircuit(biases).job(stimulus, MIXED),
    }


def _run_ours(job: Job, folder: Path) -> Measurement:
    start = time.perf_counter()
    [(_, vectors)] = run_jobs([replace(job, raw_path=folder / "ours.raw")])
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return Measurement(seconds, len(vectors["time"]), memory)


def run_alone(deck: Path, folder: Path) -> Measurement:
    """Run a deck with `ngspice -b` in a folder; raises CosimError where it gives no data."""
    raw = folder / "alone.raw"
    raw.unlink(missing_ok=True)
    start = time.perf_counter()
    usage = _ngspice(folder, "-r", raw.name, str(deck))
    seconds = time.perf_counter() - start
    if not raw.is_file():
        raise CosimError(f"{deck} gave no data:\n{_log(folder)}")
    with raw.open("rb") as file:
        points = int(re.search(rb"No\. Points: (\d+)", file.read(2000))[1])
    return Measurement(seconds, points, usage.ru_maxrss * 1024)


def transistors(deck: Path, folder: Path) -> int:
    """Number of a deck's MOSFETs by ngspice's count; `folder` is for its files."""
    script, found = folder / "inventory.cir", folder / "inventory.txt"
    found.unlink(missing_ok=True)
    control = f"source {deck}\ninventory > {found.name}\nquit"
    script.write_text(f"* inventory\n.control\n{control}\n.endc\n.end\n", encoding="utf-8")
    # ngspice 46 crashes where it quits without having run the deck: the file tells.
    with suppress(CosimError):
        _ngspice(folder, str(script))
    inventory = found.read_text(encoding="utf-8") if found.is_file() else ""
    if "Circuit Inventory" not in inventory:
        raise CosimError(f"{deck} can't be read:\n{_log(folder)}")
    counts = re.findall(r"^(?:Mos|BSIM|HiSIM|VDMOS)\w*: (\d+)$", inventory, re.M | re.I)
    return sum(map(int, counts))


def _ngspice(folder: Path, *arguments: str) -> resource.struct_rusage:
    """Run `ngspice -b` in a folder, its messages into the file log; what it used of the machine."""
    with folder.joinpath("log").open("wb") as log:
        process = subprocess.Popen(
            [*_NOT_ORPHANED, "ngspice", "-b", *arguments], cwd=folder, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CosimError(f"ngspice failed:\n{_log(folder)}")
    return usage


def _log(folder: Path) -> str:
    return folder.joinpath("log").read_text(encoding="utf-8", errors="replace")[-1000:]


def _print_ratio(times: dict[str, float], name: str, reference: str, goal: float) -> None:
    ratio = times[name] / times[reference]
    print(f"{name} / {reference}: {ratio:.3f} (goal: at most {goal})")


if __name__ == "__main__":
    sys.exit(interruptible(partial(main, sys.argv[1:])))

"""Our runs of simulation 1, shortened, against `ngspice -b`: `python -m cosim.speed.neuron`.

ngspice gets the transistor view's deck and, with `--deck FILE`, somebody else's of the same length.
All write a raw file and use one thread, and they take turns, so that the machine's other load
hits all of them. Ours include the start of their process and the way of the data back to us.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.experiments.neuron.simulation import read_simulation
from cosim.experiments.protocol import Request
from cosim.speed.ngspice_alone import (
    Measurement,
    run_alone,
    run_bench,
    transistors_by_ngspice,
    use_one_thread,
)
from cosim.workbench.errors import CosimError
from cosim.workbench.experiment_files import read_file
from cosim.workbench.interrupts import interruptible

REPETITIONS = 3
SHORTENED = ("stimulus.count=23", "stimulus.duration=120 ms")

TRANSISTOR, MIXED, ALONE = "transistor view", "mixed view", "ngspice -b"
GOAL = 1.05
"""Greatest ratio of the transistor view's time to that of ngspice alone."""
DECK_GOALS = {TRANSISTOR: 0.6, MIXED: 0.1}
"""Greatest ratio of a view's time to that of ngspice with the deck of `--deck`."""


def main(arguments: Sequence[str] = ()) -> int:
    """Measure and print; returns 2 where the ngspice command or the deck is missing or fails."""
    parser = argparse.ArgumentParser(
        prog="cosim.speed.neuron", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--deck", type=Path, metavar="FILE", help="also run this with ngspice -b")
    deck = parser.parse_args(arguments).deck
    return run_bench(partial(_bench, deck))


def _bench(deck: Path | None, folder: Path) -> None:
    if deck and not deck.is_file():
        raise CosimError(f"no such deck: {deck}")
    use_one_thread(folder)
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
            f"{transistors_by_ngspice(decks[name], folder)} transistors   {one.memory / 1e6:.0f} MB"
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


def _print_ratio(times: dict[str, float], name: str, reference: str, goal: float) -> None:
    ratio = times[name] / times[reference]
    print(f"{name} / {reference}: {ratio:.3f} (goal: at most {goal})")


if __name__ == "__main__":
    sys.exit(interruptible(partial(main, sys.argv[1:])))

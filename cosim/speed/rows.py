"""Rows of the network, open and closed loop, against `ngspice -b` on the same decks.

The work is the beginning of that of the simulation network_replay, with all its rows. ngspice alone
gets the decks with all that Python did to their sources in them (recorded_deck.py). One after the
other runs in as many processes as there are processors. `python -m cosim.speed.rows`.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cosim.circuits.row import RowCircuit, View
from cosim.engine.inventory import transistors
from cosim.engine.worker import run_jobs
from cosim.experiments.protocol import Request
from cosim.experiments.replay.recorded_run import recorded_run
from cosim.experiments.replay.settings import ReplayExperiment, read_replay
from cosim.replay.closed_loop import teach
from cosim.replay.open_loop import network_stimuli
from cosim.speed.ngspice_alone import run_alone, run_bench, use_one_thread
from cosim.speed.recorded_deck import RecordedRow, played_deck
from cosim.workbench.experiment_files import read_file
from cosim.workbench.interrupts import interruptible

OPEN, CLOSED, ALONE = "open loop", "closed loop", "ngspice -b"
NEURONS, DURATION = 20, 500e-3
"""A shorter run would show most of all what it takes to start the rows, 0.1 s each."""
OPEN_GOAL, CLOSED_GOAL, LOOP_GOAL = 1.05, 1.15, 1.3
"""Greatest ratios: open loop and closed loop to ngspice alone, closed to open loop."""


def main() -> int:
    """Measure and print; returns 2 where the ngspice command is missing or fails."""
    return run_bench(_bench)


def _bench(folder: Path) -> None:
    _compare("mixed", folder)
    _compare("multiplexed", folder)


def _compare(view: View, folder: Path) -> None:
    circuit, recorded = RowCircuit(view), recorded_run(_experiment())
    network, command = recorded.network, recorded.command
    stimuli = list(network_stimuli(network, command, recorded.result).values())
    jobs = [circuit.job(one, f"row {row}") for row, one in enumerate(stimuli)]
    decks = _played(circuit, stimuli, folder)
    points: dict[str, int] = {}

    def open_loop() -> None:
        points[OPEN] = sum(len(vectors["time"]) for _, vectors in run_jobs(jobs))

    def closed_loop() -> None:
        closed = teach(network, command, circuit)
        points[CLOSED] = sum(len(row.time) for row in closed.rows.values())

    def alone() -> None:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = pool.map(lambda deck: run_alone(deck, deck.parent), decks)
            points[ALONE] = sum(run.points for run in runs)

    runs = {OPEN: open_loop, CLOSED: closed_loop, ALONE: alone}
    times = {name: _timed(run) for name, run in runs.items()}
    count = transistors(jobs[0].deck)
    print(f"{view}: {NEURONS} rows of {count} transistors, {DURATION * 1e3:g} ms")
    for name, seconds in times.items():
        print(f"  {name:12} {seconds:6.2f} s   {points[name]} time points")
    for name, other, goal in (
        (OPEN, ALONE, OPEN_GOAL),
        (CLOSED, ALONE, CLOSED_GOAL),
        (CLOSED, OPEN, LOOP_GOAL),
    ):
        ratio = times[name] / times[other]
        print(f"  {name} / {other}: {ratio:.3f} (goal: at most {goal})")


def _timed(run: Callable[[], None]) -> float:
    """Wall-clock time of a run, s."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _experiment() -> ReplayExperiment:
    changes = (f"neurons={NEURONS}", f"stretch.duration={DURATION!r}", "stretch.rows=all")
    return read_replay(read_file("network_replay"), Request(changes))


def _played(circuit: RowCircuit, stimuli: Sequence, folder: Path) -> list[Path]:
    """Files of the decks that repeat the rows' runs, each in a folder of its own."""
    jobs = [
        circuit.job(one, f"row {row}", controller=RecordedRow) for row, one in enumerate(stimuli)
    ]
    paths = []
    for row, vectors in run_jobs(jobs):
        place = folder / f"{circuit.view}_{row}"
        place.mkdir()
        use_one_thread(place)
        text = played_deck(jobs[row], vectors["moves"])
        saved = ".save " + " ".join(jobs[row].vectors)
        deck = place / "row.cir"
        deck.write_text(text.replace("\n.end\n", f"\n{saved}\n.end\n"), encoding="utf-8")
        paths.append(deck)
    return paths


if __name__ == "__main__":
    sys.exit(interruptible(main))

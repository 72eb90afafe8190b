"""Closed loops as replays: rows in circuit and model, and the network with the circuits' codes."""

import time
from collections.abc import Callable

import numpy as np

from cosim.circuits.row import RowCircuit
from cosim.engine.inventory import transistors
from cosim.replay.closed_loop import ClosedLoopResult, live, teach
from cosim.replay.open_loop import ReplayResult, RowSettings, compared
from cosim.replay.row_run import RowRun, Waveform, kept
from cosim.replay.stored_loop import StoredLoop
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.row_stimulus import row_stimulus
from ebn_model.errors import InputError
from ebn_model.network.results import NetworkResult

LOOPS = {"teach": teach, "live": live}

_Ran = tuple[NetworkResult, dict[int, RowRun]]


def close_loop(
    kind: str,
    network: ChipNetwork,
    command: np.ndarray,
    settings: RowSettings,
    on_progress: Callable[[float], None] | None = None,
) -> tuple[ReplayResult, NetworkResult]:
    """Close the loop, and give each row's model what its circuit got.

    Args:
        kind: `teach` or `live` (cosim.replay.closed_loop).
        network: before the run. command: shape (steps + 1, Nx).
        settings: of the rows. All run at the same time, on this machine, in a process each, of
            which `workers` work at once (Runs.exchange); the cache keeps them all together.
        on_progress: gets the simulated time in s.

    Raises:
        InputError: settings that a closed loop can't have, or no current run and none to be made.
        CosimError: a circuit's run failed, which ends all.
        OutputError: the cache can't be written.
    """
    neurons = range(network.parameters.neurons)
    circuits = list(settings.circuits(neurons).values())
    result, runs = _ran(kind, network, command, circuits, settings, on_progress)
    models = settings.models(neurons)
    spikes = result.spike_times, result.spike_neurons
    rows = {}
    for row, run in runs.items():
        stimulus = row_stimulus(network, command, *spikes, row, kind == "teach")
        rows[row] = compared(run, models[row], stimulus)
    return ReplayResult(rows, runs), result


def _ran(
    kind: str,
    network: ChipNetwork,
    command: np.ndarray,
    circuits: list[RowCircuit],
    settings: RowSettings,
    on_progress: Callable[[float], None] | None,
) -> _Ran:
    """Network and rows, from the cache where it has them."""
    stored = None
    if settings.cache:
        stored = StoredLoop(settings.cache, kind, network, command, circuits, settings.waveform)
        if settings.runs != "all" and stored.is_current():
            return stored.read()
    if settings.runs == "none":
        raise InputError(f"no current results of the loop in {settings.cache}: run it first")
    started = time.perf_counter()
    closed = LOOPS[kind](network, command, circuits, on_progress, settings.placement.workers)
    seconds = (time.perf_counter() - started) / len(closed.rows)
    runs = {
        row: _run(row, closed, circuits[row], settings.waveform, seconds) for row in closed.rows
    }
    if stored:
        stored.write(closed.network, runs)
    return closed.network, runs


def _run(
    row: int, closed: ClosedLoopResult, circuit: RowCircuit, waveform: Waveform, seconds: float
) -> RowRun:
    """A row's run, with its share of the time of all."""
    result = closed.rows[row]
    deck = circuit.job(closed.stimuli[row], f"row {row}").deck
    return RowRun(kept(result, waveform), len(result.time), transistors(deck), seconds)

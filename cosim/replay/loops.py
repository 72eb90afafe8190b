"""Closed loops as replays: rows in circuit and model, and the network that the circuits taught."""

import time
from collections.abc import Callable

import numpy as np

from cosim.cells.row_constants import row_constants
from cosim.circuits.neuron import read_biases
from cosim.circuits.row import RowCircuit
from cosim.comparison.row_case import RowComparisonInput
from cosim.engine.inventory import transistors
from cosim.replay.closed_loop import ClosedLoopResult, live, teach
from cosim.replay.open_loop import ReplayResult, RowSettings
from cosim.replay.row_run import RowRun, kept
from ebn_model.chip.network import HardwareNetwork
from ebn_model.chip.row import HardwareRow
from ebn_model.network.results import NetworkResult

LOOPS = {"teach": teach, "live": live}


def close_loop(
    kind: str,
    network: HardwareNetwork,
    command: np.ndarray,
    settings: RowSettings,
    on_progress: Callable[[float], None] | None = None,
) -> tuple[ReplayResult, NetworkResult]:
    """Close the loop, and give each row's model what its circuit got.

    Args:
        kind: `teach` or `live` (cosim.replay.closed_loop).
        network: before the run. command: shape (steps + 1, Nx).
        settings: of the rows. All run at the same time, on this machine, in a process each, of
            which `workers` work at once (Runs.exchange); none is taken from the cache.
        on_progress: gets the simulated time in s.

    Raises:
        InputError: settings that a closed loop can't have.
        CosimError: a circuit's run failed, which ends all.
    """
    started = time.perf_counter()
    biases = read_biases(settings.biases)
    circuit = RowCircuit(settings.view, biases, conditions=settings.conditions)
    closed = LOOPS[kind](network, command, circuit, on_progress, settings.placement.workers)
    seconds = (time.perf_counter() - started) / len(closed.rows)
    neuron = row_constants(settings.biases, settings.conditions, settings.placement.local_pool())
    model = HardwareRow(neuron)
    rows = {
        row: RowComparisonInput(
            kept(result, settings.waveform),
            model.run(closed.stimuli[row]),
            closed.stimuli[row],
            model,
        )
        for row, result in closed.rows.items()
    }
    runs = {row: _run(row, closed, circuit, seconds) for row in rows}
    return ReplayResult(rows, runs), closed.network


def _run(row: int, closed: ClosedLoopResult, circuit: RowCircuit, seconds: float) -> RowRun:
    """What a row's run took; its share of the time of all."""
    result = closed.rows[row]
    deck = circuit.job(closed.stimuli[row], f"row {row}").deck
    return RowRun(result, len(result.time), transistors(deck), seconds)

"""The run of one row's circuit, as a task for a process of its own, here or on another machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from cosim.circuits.circuit import CircuitOfRow
from cosim.engine.inventory import transistors
from cosim.engine.job import Job
from cosim.engine.worker import simulate
from cosim.workbench.errors import CosimError
from ebn_model.row import RowResult, RowStimulus

Waveform = Literal["full", "decimated", "none"]
"""Ways to keep a row's I_mem: all time points as doubles, a point every SPACING in single
precision, or nothing."""
SPACING = 1e-4
"""Distance of the points of a decimated waveform, s."""


@dataclass(frozen=True, eq=False)
class RowTask:
    """A row that is to be run.

    Attributes:
        row: number of the row's neuron. circuit, stimulus: of the run.
        waveform: what is kept of it.
    """

    row: int
    circuit: CircuitOfRow
    stimulus: RowStimulus
    waveform: Waveform = "decimated"

    @property
    def label(self) -> str:
        """The name of the run in messages."""
        return f"row {self.row}, {self.circuit.view}"

    @cached_property
    def job(self) -> Job:
        """The run for ngspice."""
        return self.circuit.job(self.stimulus, self.label)


@dataclass(frozen=True, eq=False)
class RowRun:
    """A row that has been run.

    Attributes:
        result: the row's.
        points: number of time points that ngspice took. transistors: of the deck.
        seconds: of wall time, from the deck to the result.
    """

    result: RowResult
    points: int
    transistors: int
    seconds: float


def run_row(task: RowTask, notify: Callable[[float], None]) -> RowRun:
    """Run a row, as an isolated task; notify gets the simulated time in s.

    Raises:
        CosimError: a fault of the run; names the row.
    """
    started, job = time.perf_counter(), task.job
    try:
        vectors = simulate(job, notify)
        result = task.circuit.result(task.stimulus, vectors)
        count = transistors(job.deck)
    except CosimError as error:
        if str(error).startswith(task.label):
            raise
        raise type(error)(f"{task.label}: {error}") from error
    return RowRun(
        result=kept(result, task.waveform),
        points=len(vectors["time"]),
        transistors=count,
        seconds=time.perf_counter() - started,
    )


def kept(result: RowResult, waveform: Waveform) -> RowResult:
    """The result with what is to be kept of its waveform."""
    if waveform == "full":
        return result
    if waveform == "none":
        return replace(result, time=np.empty(0), i_mem=np.empty(0))
    end = result.time[-1]
    points = np.append(np.arange(0.0, end, SPACING), end)
    i_mem = np.interp(points, result.time, result.i_mem).astype(np.float32)
    return replace(result, time=points, i_mem=i_mem)

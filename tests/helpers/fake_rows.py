"""Stand-in for the rows' circuits: the same interface, and results of the model."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from fake_solver import FakeSolver
from faults import Fault

from cosim.circuits.circuit import CircuitOfRow
from cosim.circuits.conditions import Conditions
from cosim.circuits.row import DACS
from cosim.engine.deck import Deck
from cosim.engine.job import Job, Vectors
from cosim.engine.solver_options import SolverOptions
from cosim.replay.open_loop import ROW
from cosim.replay.row_run import RowTask
from cosim.workbench.errors import CosimError
from cosim.workbench.placement import Placement
from cosim.workbench.pool import LocalPool
from ebn_model.chip.row import ChipRow
from ebn_model.measured import measured_parameters
from ebn_model.parameters import BiasTable
from ebn_model.row import RowResult, RowStimulus


class FakeRow:
    """A row's circuit whose deck names its settings, and whose result is that of a model.

    faults: what makes the result wrong (faults.py).
    """

    solver = SolverOptions()
    faults: ClassVar[tuple[Fault, ...]] = ()

    def __init__(
        self,
        view: str = "mixed",
        biases: BiasTable | str | None = None,
        conditions: Conditions | None = None,
        dacs: int = DACS,
        step: float | None = None,
    ):
        self.view, self.step = view, step
        self._settings = f"{biases} {conditions} {dacs}".replace("\n", " ")

    def job(self, stimulus: RowStimulus, label: str, raw_path: Path | None = None) -> Job:
        text = f"* {self.view} {self._settings}\nm1 d g 0 0 nfet"
        deck = Deck("fake").append(text, "fake")
        return Job(label, deck, t_stop=stimulus.duration, raw_path=raw_path)

    def result(self, stimulus: RowStimulus, vectors: Vectors) -> RowResult:
        result = ChipRow(measured_parameters("network_row")).run(stimulus)
        for fault in self.faults:
            result = fault(stimulus, result)
        return result


def install(monkeypatch):
    """Let replays use the stand-ins, in this process; returns the FakeSolver."""
    solver = FakeSolver()
    monkeypatch.setattr("cosim.replay.row_run.simulate", solver.simulate)
    monkeypatch.setattr("cosim.replay.open_loop.ROW", replace(ROW, isolated=False))
    monkeypatch.setattr(Placement, "pool", lambda placement: LocalPool(1))
    monkeypatch.setattr("cosim.replay.open_loop.RowCircuit", FakeRow)
    return solver


def row_stimulus_of(seed=0, duration=30e-3, codes=(-5, 3, 9)):
    """Three synapses, eight pulses in random order, one of them overlapping, one own spike."""
    rises = np.array([2.0, 4.0, 4.5, 9.0, 12.0, 17.0, 20.0, 25.0]) * 1e-3
    pre = np.tile([1, 2, 3], 3)[:8]
    shift = np.random.default_rng(seed).integers(0, 3, 8) * 1e-4
    return RowStimulus(
        rises + shift,
        pre,
        np.arange(1, 4),
        np.array(codes),
        1e-3,
        1e-4,
        duration,
        forced_spikes=np.array([10e-3]),
    )


def task_of(row: int = 0, circuit: CircuitOfRow | None = None, **stimulus) -> RowTask:
    """A task with a fake circuit."""
    return RowTask(row, circuit or FakeRow(), row_stimulus_of(**{"seed": row} | stimulus))


class LostError(CosimError):
    """What a run raises in these tests."""

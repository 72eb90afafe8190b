"""Stand-ins for the rows' circuits and their solver: the same interfaces, results of the model."""

from dataclasses import replace

import numpy as np

from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.replay.open_loop import ROW
from cosim.replay.row_run import RowTask
from cosim.workbench.errors import CosimError
from cosim.workbench.placement import Placement
from cosim.workbench.pool import LocalPool
from ebn_model.chip.row import HardwareRow
from ebn_model.measured import measured_parameters
from ebn_model.row import RowStimulus


class FakeRow:
    """A circuit whose deck names its settings, and whose result is that of the model."""

    def __init__(self, view="mixed", biases=None, conditions=None, **_):
        self.view, self.step = view, None
        self._settings = f"{biases} {conditions}".replace("\n", " ")

    def job(self, stimulus, label):
        text = f"* {self.view} {self._settings}\nm1 d g 0 0 nfet"
        return Job(label, Deck("fake").append(text, "fake"), t_stop=stimulus.duration)

    def result(self, stimulus, vectors):
        return HardwareRow(measured_parameters("network_row")).run(stimulus)


class FakeSolver:
    """Takes the place of `simulate`, and remembers the labels of what it ran.

    errors: by label, what a run raises.
    """

    def __init__(self):
        self.labels, self.errors = [], {}

    def __call__(self, job, notify):
        self.labels.append(job.label)
        notify(job.t_stop / 2)
        if job.label in self.errors:
            raise self.errors[job.label]
        return {"time": np.linspace(0, job.t_stop, 7)}

    def ran(self):
        """Labels of what ran since the last call, sorted."""
        labels, self.labels = self.labels, []
        return sorted(labels)


def install(monkeypatch):
    """Let replays use the stand-ins, in this process; returns the FakeSolver."""
    solver = FakeSolver()
    monkeypatch.setattr("cosim.replay.row_run.simulate", solver)
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


def task_of(row=0, circuit=None, **stimulus):
    """A task with a fake circuit."""
    return RowTask(row, circuit or FakeRow(), row_stimulus_of(**{"seed": row} | stimulus))


class LostError(CosimError):
    """What a run raises in these tests."""

"""Results of each kind, to be damaged, made by stand-ins.

Each has its `folder`, `run`, which returns what it has to run again, and the folder `other` of
another result.
"""

from dataclasses import replace

import fake_circuit
import fake_loop
import fake_rows
import numpy as np
import pytest
from damage import blank_pictures
from experiment_calls import read_networks, run
from fake_solver import FakeSolver

from cosim.cells import bench_view, measured_bench
from cosim.cells import runner as cells_runner
from cosim.cells.benches import dpi_membrane
from cosim.experiments.network import training_run
from cosim.experiments.network.training_run import run_training, training_runs
from cosim.replay import loops, stored_loop, stored_row
from cosim.replay.loops import close_loop
from cosim.replay.open_loop import RowSettings, replay_stimuli
from cosim.workbench.placement import Placement
from ebn_model.network.training import Checkpoint


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class NeuronView:
    """A view of a simulation; the other one has another start weight, or is another view."""

    def __init__(self, place, monkeypatch, view):
        self._solver = fake_circuit.install(monkeypatch, draw=False)
        self._short = fake_circuit.short_simulation(place / "short")
        self._view = view
        self.folder = self._short().results / view
        changed = self._short("stimulus.start_weight=5", out=place / "out")
        self.other = changed.results / view
        if not self.other.exists():
            run([changed], views=[view])

    def run(self):
        self._solver.ran()
        before = self._time()
        run([self._short()], views=[self._view])
        ran = self._solver.ran()
        return ran if self._view != "model" else ["model"] * (self._time() != before)

    def _time(self):
        return self.folder.stat().st_ino if self.folder.is_dir() else 0


class Row:
    """A row of a replay; the other one is of another seed."""

    def __init__(self, place, monkeypatch):
        monkeypatch.setattr(stored_row, "simulator_versions", lambda: {"ngspice": "39"})
        # Each run takes as long as the others.
        monkeypatch.setattr("cosim.replay.row_run.time.perf_counter", lambda: 0.0)
        self._solver = fake_rows.install(monkeypatch)
        self._settings = RowSettings(cache=place / "rows", placement=Placement(1))
        self.folder = place / "rows" / "row_000_mixed"
        other = replace(self._settings, cache=place / "others")
        self.other = place / "others" / "row_000_mixed"
        if not self.other.exists():
            replay_stimuli({0: fake_rows.row_stimulus_of(seed=1)}, other)
            self._solver.ran()

    def run(self):
        result = replay_stimuli({0: fake_rows.row_stimulus_of()}, self._settings)
        assert np.array_equal(result.rows[0].circuit.final_codes, result.rows[0].model.final_codes)
        return self._solver.ran()


class Loop:
    """A closed loop; the other one is of another seed."""

    def __init__(self, place, monkeypatch):
        monkeypatch.setattr(stored_loop, "simulator_versions", lambda: {"ngspice": "39"})
        monkeypatch.setattr("cosim.replay.open_loop.RowCircuit", fake_rows.FakeRow)
        monkeypatch.setattr(loops.time, "perf_counter", lambda: 0.0)
        self._loop = fake_loop.install(monkeypatch)
        self._settings = RowSettings(cache=place / "rows")
        self.folder, self.other = (place / name / "teach_mixed" for name in ("rows", "others"))
        if not self.other.exists():
            self._close(replace(self._settings, cache=place / "others"), 2)
            self._loop.ran()

    def run(self):
        result, _ = self._close(self._settings, 1)
        assert list(result.rows) == [0, 1, 2]
        return ["loop"] * self._loop.ran()

    @staticmethod
    def _close(settings, seed):
        network, command = fake_loop.small_network(seed), fake_loop.short_command()
        return close_loop("teach", network, command, settings)


class _Training:
    def __init__(self, place, monkeypatch):
        text = place / "small.toml"
        text.write_text(NETWORK, encoding="utf-8")
        [experiment] = read_networks(str(text))
        self._one, self._another = training_runs(experiment)
        self.begun = []
        original = training_run.train

        def spy(training, *rest):
            self.begun.append(training.iteration)
            return original(training, *rest)

        monkeypatch.setattr(training_run, "train", spy)

    def _run(self):
        self.begun.clear()
        # New, as in another process.
        one = replace(self._one)
        if not one.is_current():
            run_training(one, lambda message: None)
        return list(self.begun)


class FinishedTraining(_Training):
    """The other one is of another seed."""

    def __init__(self, place, monkeypatch):
        super().__init__(place, monkeypatch)
        self.folder, self.other = self._one.folder, self._another.folder
        if not self.other.exists():
            run_training(self._another, lambda message: None)

    run = _Training._run


class UnfinishedTraining(_Training):
    """One that ended after its first checkpoint; `folder` is then finished."""

    def __init__(self, place, monkeypatch):
        super().__init__(place, monkeypatch)
        for one in (self._one, self._another):
            self._begin(one)
        self.folder, self.other = self._one.unfinished.folder, self._another.unfinished.folder
        whole = replace(self._one, folder=place / "whole")
        run_training(whole, lambda message: None)
        self.whole = contents(whole.folder)

    def run(self):
        ran = self._run()
        assert contents(self._one.folder) == self.whole
        return ran

    @staticmethod
    def _begin(one):
        taken = []

        def notify(message):
            if isinstance(message, Checkpoint):
                taken.append(message)
            if len(taken) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_training(one, notify)


NETWORK = """
kind = "network"
configuration = "paper"
iterations = 3
seeds = [1, 2]
[parameters]
neurons = 4
[task]
duration = "20 ms"
validation = 1
checkpoint = 1
"""


class Bench:
    """A bench of the cells; the other one is under another bias table."""

    def __init__(self, place, monkeypatch):
        self._place = place
        self._solver = FakeSolver()
        monkeypatch.setattr("cosim.engine.batch.job_outcomes", self._solver.job_outcomes)
        monkeypatch.setattr(dpi_membrane, "measure", lambda vectors: {"i_tau": 1.25e-11})
        monkeypatch.setattr(dpi_membrane, "draw", lambda *arguments: None)
        monkeypatch.setattr(measured_bench, "read_specification", lambda path: {})
        monkeypatch.setattr(bench_view, "save", blank_pictures)
        monkeypatch.setattr(cells_runner, "bench_names", lambda: ["dpi_membrane"])
        conditions = cells_runner.BenchConditions(biases="rule")
        self.folder, self.other = (
            place / one.folder_name / "dpi_membrane"
            for one in (cells_runner.BenchConditions(), conditions)
        )
        if not self.other.exists():
            cells_runner.run_benches(["dpi_membrane"], conditions, place)

    def run(self):
        self._solver.ran()
        cells_runner.run_benches(["dpi_membrane"], out=self._place)
        return self._solver.ran()

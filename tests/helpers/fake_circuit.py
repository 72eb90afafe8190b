"""Stand-ins for the neuron's circuits and for a full disk: the same interfaces, no computing."""

import resource
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from experiment_calls import read_simulation
from fake_solver import FakeSolver
from faults import Fault
from synthetic import neuron_parameters

from cosim.circuits.circuit import NeuronView
from cosim.circuits.conditions import Conditions
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.comparison.spikes import weight_sequence
from cosim.engine.deck import Deck
from cosim.engine.job import Job, Vectors
from cosim.engine.solver_options import SolverOptions
from cosim.experiments.neuron.circuits import CIRCUITS
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import BiasTable
from ebn_model.results import LearningResult, turning_points
from ebn_model.stimulus import Stimulus

CONFIG = """\
title = "a short run"
biases = "published"

[stimulus]
start_weight = 8
first_spike = "4 ms"
period = "5 ms"
count = 5
pulse_width = "1 ms"
duration = "30 ms"

[tolerances]
model_free_running = 0.95
model_i_mem_rms = "0.2 nA"
"""
OF_PUBLISHED = """\
decisions = 5
i_mem_rise_rms = "1 pA"
"""


class FakeCircuit:
    """A neuron's circuit whose deck names all it depends on, and whose result is that of a model.

    faults: what makes the result wrong (faults.py).
    """

    # Its sources, which results are dated by, are those of the circuit that it stands for.
    __module__ = TransistorCircuit.__module__

    tested_solver = SolverOptions()
    faults: ClassVar[tuple[Fault, ...]] = ()

    def __init__(
        self,
        biases: BiasTable,
        solver: SolverOptions | None = None,
        conditions: Conditions | None = None,
        *,
        sub_lsbs: int = 0,
    ):
        self.solver = solver or self.tested_solver
        self.sub_lsbs = sub_lsbs
        self._settings = f"{biases} {self.solver} {conditions}"

    def job(self, stimulus: Stimulus, label: str, raw_path: Path | None = None) -> Job:
        deck = self._deck(f"{stimulus}")
        edges = stimulus.spike_times
        return Job(label, deck, t_stop=stimulus.duration, edges=edges, raw_path=raw_path)

    def _deck(self, stimulus: str) -> Deck:
        text = f"{self._settings} {stimulus}".replace("\n", " ")
        return Deck("fake").append(f"* {text}", "fake")

    def result(self, stimulus: Stimulus, vectors: Vectors) -> LearningResult:
        result = LearningNeuron(neuron_parameters(), self.sub_lsbs).run(stimulus)
        for fault in self.faults:
            result = fault(stimulus, result)
        return result


class FakeMixedCircuit(FakeCircuit):
    """One in closed loop: its deck doesn't tell when the spikes come."""

    tested_solver = SolverOptions(trtol=1)

    __module__ = MixedCircuit.__module__

    def job(self, stimulus: Stimulus, label: str, raw_path: Path | None = None) -> Job:
        return replace(super().job(stimulus, label, raw_path), deck=self._deck(""))


FAKES: dict[str, NeuronView] = {"transistor": FakeCircuit, "mixed": FakeMixedCircuit}


def measurements(biases, conditions):
    """Takes the place of characterise.jobs."""
    deck = Deck("cells").append(f"* {biases} {conditions}", "fake")
    return [Job("cell one", deck), Job("cell two", deck, t_stop=1e-3)]


def install(monkeypatch: pytest.MonkeyPatch, draw: bool = True) -> FakeSolver:
    """Let cosim use the stand-ins. draw: whether to draw real figures."""
    if not draw:
        for kind in ("neuron", "bias_comparison"):
            monkeypatch.setattr(f"cosim.experiments.{kind}.report.draw", blank_figures)
    solver = FakeSolver()
    monkeypatch.setattr("cosim.engine.batch.job_outcomes", solver.job_outcomes)
    for view, fake in FAKES.items():
        monkeypatch.setitem(CIRCUITS, view, fake)
    monkeypatch.setattr("cosim.cells.characterise.jobs", measurements)
    monkeypatch.setattr("cosim.cells.characterise.parameters", lambda vectors: neuron_parameters())
    return solver


def short_simulation(folder):
    """Write the simulation `short`, whose published spikes are those of the fake circuits.

    Returns what reads it, with changes and a folder for the results.
    """
    folder.mkdir(exist_ok=True)
    config = folder / "config.toml"
    config.write_text(CONFIG)

    def read(*changes, out=None, view=None):
        return read_simulation(str(config), changes, out, view=view)

    spikes = LearningNeuron(neuron_parameters()).run(read().experiment.stimulus.stimulus()).spikes
    spikes.write_csv(folder / "published.csv")
    turns = turning_points(weight_sequence(spikes))
    config.write_text(f"{CONFIG}{OF_PUBLISHED}turning_points = {turns}\n")
    return read


def blank_figures(results, title, paths):
    """Files of the size of a figure."""
    for path in paths:
        path.write_bytes(bytes(30_000))


@contextmanager
def largest_file(size):
    """Writing a file beyond `size` bytes fails in here, as on a full disk.

    Needs pytest's capsys, which keeps what is printed out of files.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

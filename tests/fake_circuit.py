"""Stand-ins for the circuit, its solver and a full disk: the same interfaces, no computing."""

import resource
from contextlib import contextmanager

import numpy as np
from synthetic import neuron_parameters

from cosim.engine.deck import Deck
from cosim.engine.job import Job
from ebn_model.learning_neuron import LearningNeuron

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
decisions = 5
i_mem_rise_rms = "1 pA"
"""


class FakeCircuit:
    """A circuit whose deck names all it depends on, and whose result is that of a model."""

    def __init__(self, biases, solver, technology, temperature):
        self.solver = solver
        self._settings = f"{biases} {solver} {technology} {temperature}"

    def job(self, stimulus, label):
        text = f"{self._settings} {stimulus}".replace("\n", " ")
        deck = Deck("fake").append(f"* {text}", "fake")
        return Job(label, deck, t_stop=stimulus.duration, edges=stimulus.spike_times)

    def result(self, stimulus, vectors):
        return LearningNeuron(neuron_parameters()).run(stimulus)


class FakeSolver:
    """Takes the place of run_jobs, and remembers the labels of what it ran."""

    def __init__(self):
        self.labels = []
        self.error = None
        self.processes_asked_for = None

    def __call__(self, jobs, workers=None, on_progress=None):
        self.processes_asked_for = workers
        for index, job in enumerate(jobs):
            self.labels.append(job.label)
            if job.t_stop:
                on_progress(index, job.t_stop / 2)
            if self.error and job.label.startswith(self.error[0]):
                raise self.error[1]
            if job.raw_path:
                job.raw_path.write_bytes(b"raw")
            yield index, {"time": np.zeros(1)}

    def ran(self):
        """Labels of what ran since the last call."""
        labels, self.labels = self.labels, []
        return labels


def measurements(biases, technology, temperature):
    """Takes the place of characterise.jobs."""
    deck = Deck("cells").append(f"* {biases} {technology} {temperature}", "fake")
    return [Job("cell one", deck), Job("cell two", deck, t_stop=1e-3)]


def install(monkeypatch):
    """Let cosim use the stand-ins; returns the FakeSolver."""
    solver = FakeSolver()
    monkeypatch.setattr("cosim.experiments.batch.run_jobs", solver)
    monkeypatch.setattr("cosim.experiments.views.TransistorCircuit", FakeCircuit)
    monkeypatch.setattr("cosim.characterise.jobs", measurements)
    monkeypatch.setattr("cosim.characterise.parameters", lambda vectors: neuron_parameters())
    return solver


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

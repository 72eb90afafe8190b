"""Simulations 1 and 2: circuit against the published result, and against its model."""

import numpy as np
import pytest
from experiment_calls import read_simulation

from cosim.circuits.neuron import TransistorCircuit
from cosim.comparison.spikes import compare, one_step
from cosim.engine.worker import run_jobs
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.stimulus import Stimulus

pytestmark = pytest.mark.ngspice

NAMES = ("simulation_1", "simulation_2")
DEAD_BAND = 10e-12
"""Where I_mem is this near to a threshold, A, noise of the solver decides."""


class Runs:
    """Everything that the tests look at, run once: circuits as shipped and tighter, models."""

    def __init__(self, measured):
        self.simulations = {name: read_simulation(name) for name in NAMES}
        experiment = self.simulations[NAMES[0]].experiment
        stimuli = {
            name: simulation.experiment.stimulus.stimulus()
            for name, simulation in self.simulations.items()
        }
        biases, solver = experiment.bias_table(), experiment.solver
        tighter = solver.model_copy(
            update={"reltol": solver.reltol / 10, "max_step": solver.max_step / 2}
        )
        views = {"shipped": solver, "tighter": tighter}
        circuits = {view: TransistorCircuit(biases, options) for view, options in views.items()}
        # The longest first, so that no processor waits at the end.
        runs = [(view, name) for view in ("tighter", "shipped") for name in NAMES]
        jobs = [circuits[view].job(stimuli[name], f"{name} {view}") for view, name in runs]
        self.settled_stimulus = Stimulus([2e-3], 1e-3, 6e-3, start_weight=-5)
        settled = circuits["shipped"].job(self.settled_stimulus, "settled")
        vectors = dict(run_jobs([*jobs, settled]))
        self.settled = circuits["shipped"].result(self.settled_stimulus, vectors[len(jobs)])
        self.jobs = dict(zip(runs, jobs, strict=True))
        self.circuit = {
            run: circuits[run[0]].result(stimuli[run[1]], vectors[index])
            for index, run in enumerate(runs)
        }
        self.neuron = LearningNeuron(measured)
        self.model = {name: self.neuron.run(stimuli[name]) for name in NAMES}

    def published(self, name):
        return self.simulations[name].published


@pytest.fixture(scope="module")
def runs(measured):
    return Runs(measured)


def test_the_circuit_reproduces_the_run_that_it_was_fitted_to(runs):
    comparison = compare(runs.circuit["shipped", "simulation_1"], runs.published("simulation_1"))
    assert comparison.turning_points == [8, 15, -6, 2, -2, 0]
    assert comparison.spikes == 100
    assert comparison.equal_decisions >= 95
    assert comparison.i_mem_rise_rms <= 0.1e-9


def test_the_circuit_predicts_the_other_run(runs):
    """Only the first 25 ms of it, five spikes, were fitted."""
    comparison = compare(runs.circuit["shipped", "simulation_2"], runs.published("simulation_2"))
    assert len(comparison.turning_points) == 5
    np.testing.assert_allclose(comparison.turning_points, [8, 12, -30, -22, -26], atol=1)
    assert comparison.spikes == 100
    assert comparison.equal_decisions >= 90


@pytest.mark.parametrize("name", NAMES)
def test_the_model_decides_as_the_circuit_one_step_ahead(runs, name):
    step = one_step(runs.circuit["shipped", name].spikes, runs.neuron, DEAD_BAND)
    assert step.outside >= 90
    assert step.agreement >= 0.98


@pytest.mark.parametrize("name", NAMES)
def test_the_free_running_model_follows_the_circuit(runs, name):
    comparison = compare(runs.model[name], runs.circuit["shipped", name])
    assert comparison.decision_agreement >= 0.95
    assert comparison.i_mem_rms <= 0.2e-9


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_converged(runs, name):
    shipped, tighter = (runs.circuit[view, name].spikes for view in ("shipped", "tighter"))
    np.testing.assert_array_equal(shipped.weight_after, tighter.weight_after)
    np.testing.assert_array_equal(shipped.decision, tighter.decision)
    assert abs(shipped.i_mem_rise - tighter.i_mem_rise).max() < 30e-12


@pytest.mark.parametrize("name", NAMES)
def test_every_edge_and_every_pulse_has_its_points(runs, name):
    job, result = runs.jobs["shipped", name], runs.circuit["shipped", name]
    nearest = np.searchsorted(result.time, job.edges)
    distance = np.minimum(
        abs(result.time[nearest.clip(max=len(result.time) - 1)] - job.edges),
        abs(result.time[nearest - 1] - job.edges),
    )
    assert len(job.edges) == 4 * 100 - 2
    assert distance.max() <= job.edge_tolerance
    ended = np.isfinite(result.spikes.t_fall)
    points = np.searchsorted(result.time, result.spikes.t_fall[ended])
    points -= np.searchsorted(result.time, result.spikes.t_rise[ended])
    # A lost edge shows as a pulse with far fewer points than the others.
    assert points.min() > 0.5 * np.median(points)


def test_without_a_reset_both_start_at_rest(runs):
    model = runs.neuron.run(runs.settled_stimulus)
    comparison = compare(model, runs.settled)
    assert comparison.equal_decisions == comparison.equal_weights == 1
    assert comparison.i_mem_rms < 0.01e-9

"""The model against the circuit on stimuli and inputs that nothing was fitted to."""

import numpy as np
import pytest

from cosim.circuit import TransistorCircuit
from cosim.compare import compare, one_step
from cosim.engine.worker import run_jobs
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.stimulus import Stimulus, poisson_spikes, regular_spikes

SEED = 20210524
"""Any other draws another set; the bounds below have to hold for it as well."""
CASES = 6
DURATION, PULSE = 60e-3, 1e-3
DEAD_BAND = 10e-12


def draw(generator: np.random.Generator) -> tuple[Stimulus, float]:
    """A stimulus, and a factor for the constant input current."""
    rate = generator.uniform(50, 400)
    if generator.random() < 0.5:
        spikes = regular_spikes(5e-3, 1 / rate, int((DURATION - 7e-3) * rate))
    else:
        spikes = poisson_spikes(rate, 4e-3, DURATION - 2e-3, 1.2e-3, generator)
    stimulus = Stimulus(
        spikes,
        PULSE,
        DURATION,
        start_weight=int(generator.integers(-32, 32)),
        reset_until=2e-3,
        extra_synapse=bool(generator.random() < 0.5),
    )
    return stimulus, generator.uniform(0.8, 1.2)


@pytest.fixture(scope="module")
def outcomes(biases, measured):
    """(circuit, model, neuron) of each case."""
    generator = np.random.default_rng(SEED)
    cases = [draw(generator) for _ in range(CASES)]
    circuits = [
        TransistorCircuit(biases.model_copy(update={"i_in": biases.i_in * factor}))
        for _, factor in cases
    ]
    jobs = [
        circuit.job(stimulus, f"case {number}")
        for number, (circuit, (stimulus, _)) in enumerate(zip(circuits, cases, strict=True))
    ]
    vectors = dict(run_jobs(jobs))
    outcomes = []
    for index, (circuit, (stimulus, factor)) in enumerate(zip(circuits, cases, strict=True)):
        # The mirror that copies the constant input is linear.
        neuron = LearningNeuron(measured.model_copy(update={"i_in": measured.i_in * factor}))
        outcomes.append((circuit.result(stimulus, vectors[index]), neuron.run(stimulus), neuron))
    return outcomes


def test_decisions_one_step_ahead(outcomes):
    steps = [one_step(circuit.spikes, neuron, DEAD_BAND) for circuit, _, neuron in outcomes]
    outside = sum(step.outside for step in steps)
    assert outside > 5 * CASES
    assert sum(step.equal for step in steps) >= 0.98 * outside


def test_decisions_free_running(outcomes):
    comparisons = [compare(model, circuit) for circuit, model, _ in outcomes]
    spikes = sum(comparison.spikes for comparison in comparisons)
    assert sum(comparison.equal_decisions for comparison in comparisons) >= 0.95 * spikes


def test_membrane_currents(outcomes):
    for circuit, model, _ in outcomes:
        assert compare(model, circuit).i_mem_rms <= 0.2e-9

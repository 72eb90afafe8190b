"""The model against the circuit on stimuli and inputs that nothing was fitted to.

UNSEEN_SEED draws others, UNSEEN_CASES more of them for each bias table; the bounds hold for any.
"""

import os

import numpy as np
import pytest
from unseen import INPUT_FACTORS, draw, play

from cosim.cells.bench import bench_job
from cosim.cells.waveforms import current
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.comparison.spikes import one_step
from cosim.engine.worker import run_jobs
from cosim.experiments.neuron.config import ALIKE

pytestmark = pytest.mark.ngspice

SEED = int(os.environ.get("UNSEEN_SEED", "20210524"))
CASES = int(os.environ.get("UNSEEN_CASES", "10"))
DEAD_BAND = 10e-12
DRAWN = f"UNSEEN_SEED={SEED} UNSEEN_CASES={CASES}"
"""Shown where a test fails: what to set to see the same again."""

TABLES = ("published", "rule")
LIMIT = ALIKE * min(read_biases(table).i_rest for table in TABLES)
"""Of the RMS difference of I_mem, A; the verdict's least one."""
VIEWS = ((MixedCircuit, CASES, (80e-3, 120e-3)), (TransistorCircuit, 2, (20e-3, 30e-3)))
"""Views of the circuit with the number of stimuli, and their least and greatest duration in s."""


@pytest.fixture(scope="module", params=TABLES)
def outcomes(request, measured_with):
    """All outcomes with one bias table."""
    table = request.param
    generator = np.random.default_rng([SEED, TABLES.index(table)])
    outcomes = []
    for view, count, durations in VIEWS:
        cases = [draw(generator, durations) for _ in range(count)]
        outcomes += play(cases, view, table, measured_with(table))
    return outcomes


def test_decisions_one_step_ahead(outcomes):
    steps = [one_step(case.circuit.spikes, case.neuron, DEAD_BAND) for case in outcomes]
    equal, outside = (sum(getattr(step, name) for step in steps) for name in ("equal", "outside"))
    spikes = sum(len(case.circuit.spikes) for case in outcomes)
    assert outside >= 0.9 * spikes > 0, DRAWN
    assert equal >= 0.98 * outside, f"{equal} of {outside}, {DRAWN}"


def test_decisions_free_running(outcomes):
    equal = sum(case.comparison.equal_decisions for case in outcomes)
    spikes = sum(case.comparison.spikes for case in outcomes)
    assert equal >= 0.95 * spikes, f"{equal} of {spikes}, {DRAWN}"


def test_membrane_currents(outcomes):
    """Until the first different decision, as in the verdict on stimuli of one's own."""
    rms = [case.comparison.i_mem_alike_rms for case in outcomes]
    assert max(rms) <= LIMIT, f"case {np.argmax(rms)}, {DRAWN}"


def test_membrane_currents_over_all(outcomes):
    """With the stretches in which a different decision lets the weights differ."""
    squares = [case.comparison.i_mem_rms**2 for case in outcomes]
    assert np.sqrt(np.mean(squares)) <= 0.2e-9, DRAWN


@pytest.mark.parametrize("table", TABLES)
def test_the_input_mirror_is_linear(table, measured_with):
    """Within 0.025 %, which is 2 pA of I_mem: the model's input is measured at one value only."""
    biases = read_biases(table)
    inputs = [biases.model_copy(update={"i_in": biases.i_in * f}) for f in INPUT_FACTORS]
    vectors = dict(run_jobs([bench_job("membrane_response", scaled) for scaled in inputs]))
    measured = [current(vectors[k], "xconstant")[-1] for k in range(len(inputs))]
    expected = measured_with(table).i_in * np.array(INPUT_FACTORS)
    np.testing.assert_allclose(measured, expected, rtol=4e-4)

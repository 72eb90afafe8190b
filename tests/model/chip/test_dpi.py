"""The compiled law of a DPI against the readable one of ebn_model.learning_neuron."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ebn_model.chip.blocks import dpi_of
from ebn_model.chip.dpi import after, correction, output, slope
from ebn_model.learning_neuron import (
    integrator_slope,
    output_current,
    state_of,
    weak_inversion_current,
)
from ebn_model.measured import measured_parameters

NEURON = measured_parameters("network_row")
DPIS = [NEURON.membrane, NEURON.excitatory, NEURON.inhibitory]
CHANGES = NEURON.membrane.model_copy(update={"i_spec_pair": 0.85e-9, "slope_change": 0.54})


@pytest.fixture
def generator():
    return np.random.default_rng(7)


def currents(generator, count=200):
    """From 1 fA to 1 uA, A."""
    return 10 ** generator.uniform(-15, -6, count)


@pytest.mark.parametrize("dpi", DPIS)
def test_output_of_a_state(dpi, generator):
    for current in currents(generator):
        state = state_of(current, dpi)
        compiled = output(np.log(state), dpi_of(dpi))
        assert compiled == pytest.approx(output_current(state, dpi), rel=1e-11)
        assert compiled == pytest.approx(current, rel=1e-11)


def test_correction_beyond_weak_inversion(generator):
    for current in currents(generator):
        i_spec = current * 10 ** generator.uniform(-2, 6)
        expected = weak_inversion_current(current, i_spec) / current
        assert correction(current, i_spec) == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("dpi", [*DPIS, CHANGES])
def test_slope(dpi, generator):
    for i_w, i_out in zip(currents(generator), currents(generator), strict=True):
        log_u = np.log(state_of(i_out, dpi))
        law = dpi.tau, dpi.i_tau, dpi.i_spec_pair, dpi.slope_change
        expected = integrator_slope(log_u, i_w, *law) * dpi.tau
        found = slope(log_u, i_w, dpi_of(dpi))
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("dpi", DPIS[1:])
def test_small_steps_of_constant_input(dpi, generator):
    """From the floor up to 100 nA, up or down: a hundred steps of 1 us, then one to the half."""
    step, steps, floor = 1e-6, 100, np.log10(dpi.i_floor)
    for weight in generator.integers(1, 64, 30):
        start = np.log(state_of(10 ** generator.uniform(floor, -7), dpi))
        i_w = weight * dpi.i_w

        def law(_, log_u, i_w=i_w):
            return integrator_slope(log_u, i_w, dpi.tau, dpi.i_tau, dpi.i_spec_pair)

        times = np.array([steps, steps + 0.5]) * step
        exact = solve_ivp(law, (0, times[-1]), [start], "LSODA", times, rtol=1e-11, atol=1e-12).y[0]
        log_u = start
        for _ in range(steps):
            _, log_u = after(log_u, i_w, step, dpi_of(dpi))
        middle, _ = after(log_u, i_w, step, dpi_of(dpi))
        assert np.abs(np.array([log_u, middle]) - exact).max() < 1e-8


@pytest.mark.parametrize("dpi", DPIS[1:])
def test_without_input_the_logarithm_falls_steadily(dpi):
    steps = np.array([0.05e-3, 0.1e-3]) / dpi.tau
    assert after(5.0, 0.0, 0.1e-3, dpi_of(dpi)) == pytest.approx(5.0 - steps, rel=1e-14)

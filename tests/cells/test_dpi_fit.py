"""The law of a DPI, found again from currents that the law itself gives."""

import numpy as np
import pytest

from cosim.cells.dpi_fit import fit_law, response_of
from ebn_model.learning_neuron import output_current, settled_states, state_of
from ebn_model.parameters import IntegratorParameters

LENGTH = 6e-3
EKV = IntegratorParameters(
    tau=0.25e-3,
    i_tau=140e-12,
    i_th=15e-12,
    exponent=0.87,
    i_spec_pair=100e-9,
    i_spec_readout=300e-9,
    i_floor=1e-17,
)


def currents(law, i_w):
    """Settled curve, and the response to a pulse of 1 ms of i_w in A."""
    inputs = np.linspace(2 * law.i_tau, i_w, 200)
    settled = settled_states(inputs, law.i_tau, law.i_spec_pair)
    time = np.linspace(0, LENGTH, 1000, endpoint=False)
    steps = [(0.0, i_w), (1e-3, 0.0)]
    return (inputs, output_current(settled, law)), (time, response_of(law, time, steps)), steps


def falling(law, start, time):
    """Times in s, and the output from `start` in A on, without input."""
    states = state_of(start, law) * np.exp((time[0] - time) / law.tau)
    return time, output_current(states, law)


@pytest.mark.parametrize("i_spec_pair", [100e-9, 2e-6])
def test_a_pair_in_any_inversion_is_found(i_spec_pair):
    law = EKV.model_copy(update={"i_spec_pair": i_spec_pair})
    static, response, steps = currents(law, 95e-9)
    found = fit_law(law.i_tau, static, response, steps)
    assert found.i_spec_pair == pytest.approx(i_spec_pair, rel=0.05)
    assert found.tau == pytest.approx(law.tau, rel=0.01)
    # Else it would flow between pulses, and move the membrane.
    assert found.i_floor < 1e-3 * response[1].max()


CHANGES = IntegratorParameters(
    tau=26e-3,
    i_tau=12.5e-12,
    i_th=0.44e-9,
    exponent=0.815,
    i_spec_pair=0.7e-9,
    i_spec_readout=0.5e-6,
    i_floor=1e-13,
    slope_change=0.7,
)


@pytest.fixture(scope="module")
def of_changing_pair():
    """Settled curve, response with its steps, and fall of CHANGES."""
    law, inputs = CHANGES, np.linspace(0.1e-9, 3e-9, 100)
    settled = output_current(
        settled_states(inputs, law.i_tau, law.i_spec_pair, law.slope_change), law
    )
    time, steps = np.linspace(0, 0.25, 1000, endpoint=False), [(0, 0.44e-9), (0.15, 4.4e-9)]
    steps += [(0.151, 0.44e-9)]
    response = time, response_of(law, time, steps)
    fall = falling(law, 9e-9, np.linspace(3e-3, 0.1, 1000, endpoint=False))
    return (inputs, settled), response, steps, fall


def test_a_pair_whose_slope_factor_changes_is_found(of_changing_pair):
    found = fit_law(CHANGES.i_tau, *of_changing_pair)
    assert found.slope_change == pytest.approx(CHANGES.slope_change, rel=0.02)
    assert found.i_spec_pair == pytest.approx(CHANGES.i_spec_pair, rel=0.05)
    assert found.tau == pytest.approx(CHANGES.tau, rel=0.005)


def test_the_fall_counts_beside_the_response(of_changing_pair):
    *known, (time, current) = of_changing_pair
    found = fit_law(CHANGES.i_tau, *known, (1.1 * time, current))
    assert found.exponent / found.tau < 0.97 * CHANGES.exponent / CHANGES.tau


def test_without_a_fall_the_pair_is_one_of_the_ekv_model(of_changing_pair):
    *known, _ = of_changing_pair
    assert fit_law(CHANGES.i_tau, *known).slope_change == 0


def test_a_pair_of_the_ekv_model_has_no_change_of_slope():
    known = currents(EKV, 95e-9)
    fall = falling(EKV, 100e-9, np.linspace(0, 1e-3, 1000, endpoint=False))
    assert fit_law(EKV.i_tau, *known, fall).slope_change == 0


def test_a_readout_in_strong_inversion_is_found():
    law = IntegratorParameters(
        tau=0.7e-3,
        i_tau=47e-12,
        i_th=60e-12,
        exponent=0.82,
        i_spec_pair=160e-9,
        i_spec_readout=4e-9,
        i_floor=1e-17,
    )
    static, response, steps = currents(law, 48e-9)
    assert response[1].max() > law.i_spec_readout
    found = fit_law(law.i_tau, static, response, steps)
    assert found.i_spec_readout == pytest.approx(law.i_spec_readout, rel=0.05)
    assert found.tau == pytest.approx(law.tau, rel=0.01)

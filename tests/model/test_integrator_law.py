"""The law of a DPI: its correction by the specific current, its states, and its slope."""

import numpy as np
import pytest
from synthetic import MEMBRANE, readout_correction

from ebn_model.learning_neuron import (
    integrator_slope,
    output_current,
    settled_states,
    slope_under,
    state_of,
    weak_inversion_current,
)
from ebn_model.parameters import IntegratorParameters


@pytest.mark.parametrize("ratio", [1e-12, 1e-10, 1e-8])
def test_a_current_far_below_the_specific_current_is_not_corrected(ratio):
    assert weak_inversion_current(ratio * 1e-6, 1e-6) == pytest.approx(
        ratio * 1e-6, rel=2 * np.sqrt(ratio)
    )


def test_the_correction_at_the_specific_current():
    assert weak_inversion_current(0.6e-6, 0.6e-6) == pytest.approx(0.6e-6 * (np.e - 1) ** 2)


def test_no_current_stays_no_current():
    assert weak_inversion_current(np.zeros(2), 1e-6).tolist() == [0, 0]


@pytest.mark.parametrize(
    "change",
    [{}, {"i_th": 6.6e-12}, {"i_th": 11e-12, "exponent": 0.88, "i_spec_readout": 60e-9}],
)
@pytest.mark.parametrize("current", [1e-15, 4.5e-12, 9e-9, 1e-6])
def test_state_of_inverts_output_current(change, current):
    dpi = IntegratorParameters(**MEMBRANE | change)
    assert output_current(state_of(current, dpi), dpi) == pytest.approx(current, rel=1e-9)


@pytest.mark.parametrize("state", [1e-3, 1.0, 50.0])
def test_the_output_obeys_the_readouts_law(state):
    current = output_current(state, IntegratorParameters(**MEMBRANE))
    assert current * readout_correction(current, 0.76e-6) == pytest.approx(
        100e-12 * state**0.913, rel=1e-9
    )


@pytest.mark.parametrize("i_w", [2e-12, 1.5e-9, 64e-9])
@pytest.mark.parametrize("state", [1e-4, 1.0, 100.0])
def test_the_slope_obeys_the_pairs_law(i_w, state):
    slope = integrator_slope(np.log(state), i_w, 1e-3, 30e-12, 0.6e-6)
    expected = (i_w / 30e-12 / (1 + state / readout_correction(i_w, 0.6e-6)) - 1) / 1e-3
    assert slope == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("change", [0.7, 2.0])
@pytest.mark.parametrize("i_w", [1e-18, 1e-12, 0.7e-9, 30e-9])
@pytest.mark.parametrize("state", [1e-6, 1.0, 50.0, 1e6])
def test_a_pairs_slope_factor_may_change_within_both_its_currents(state, i_w, change):
    """u is the ratio of f of both, kappa of which is 1/(1 + change) for great currents."""

    def log_f(current):
        return np.log(current) + change * np.log1p(current / 0.7e-9)

    i_tau, tau = 12.5e-12, 26e-3
    slope = integrator_slope(np.log(state), i_w, tau, i_tau, 0.7e-9, change)
    x = (slope * tau + 1) * i_tau
    # The slope's -1 leaves few digits of an x that is far below i_tau.
    precision = 1e-9 + 1e-14 * i_tau / min(x, i_w - x)
    assert log_f(i_w - x) - log_f(x) == pytest.approx(np.log(state), abs=precision)


def test_each_pair_obeys_its_own_law():
    states, i_w, change = np.log([40.0, 40.0]), np.full(2, 2e-9), np.array([0.0, 0.7])
    found = integrator_slope(states, i_w, 1e-3, 12e-12, np.full(2, 1e-9), change)
    alone = [integrator_slope(states[0], 2e-9, 1e-3, 12e-12, 1e-9, one) for one in change]
    assert found == pytest.approx(alone, rel=1e-12)
    assert alone[0] != pytest.approx(alone[1], rel=0.01)


@pytest.mark.parametrize("change", [0.0, 0.7])
@pytest.mark.parametrize("i_w", [-1e-12, 0.0, 13e-12, 30e-9])
@pytest.mark.parametrize("log_u", [-14.0, 0.0, 4.0, 14.0])
def test_one_pair_under_a_constant_input_has_the_same_slope(log_u, i_w, change):
    law = IntegratorParameters(**MEMBRANE | {"i_spec_pair": 0.7e-9, "slope_change": change})
    expected = integrator_slope(log_u, i_w, law.tau, law.i_tau, law.i_spec_pair, change)
    assert slope_under(i_w, law)(log_u) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("change", [0.0, 0.7])
@pytest.mark.parametrize("log_u", [600.0, 720.0, 2000.0])
def test_a_pair_that_is_all_but_off_overflows_nothing(log_u, change):
    """A fit's trials go there; the membrane falls as without any input."""
    law = IntegratorParameters(**MEMBRANE | {"i_spec_pair": 0.7e-9, "slope_change": change})
    slope = integrator_slope(log_u, 1e-9, law.tau, law.i_tau, law.i_spec_pair, change)
    assert float(slope) == slope_under(1e-9, law)(log_u) == -1 / law.tau


@pytest.mark.parametrize("change", [0.0, 0.7])
@pytest.mark.parametrize("i_w", [13e-12, 0.44e-9, 30e-9])
def test_a_settled_state_stays(i_w, change):
    law = 12.5e-12, 0.7e-9, change
    log_u = np.log(settled_states(i_w, *law))
    assert integrator_slope(log_u, i_w, 26e-3, *law) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("state", [1e-6, 1.0, 1e3])
def test_without_input_the_state_decays_exponentially(state):
    slope = integrator_slope(np.log(state), 0.0, 1e-3, 30e-12, 0.6e-6)
    assert slope == pytest.approx(-1 / 1e-3, rel=1e-6)

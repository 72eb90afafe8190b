"""Deviations of dies, made larger and carried to other conditions."""

import pytest

from ebn_model.chip.deviations import deviated
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters

NOMINAL = measured_parameters("network_row")


def changed(table, **factors):
    """A table with some values multiplied."""
    values = {name: getattr(table, name) * factor for name, factor in factors.items()}
    return table.model_copy(update=values)


def die(**parts):
    return NOMINAL.model_copy(update=parts)


def window(neuron):
    lower, upper = neuron.decision.i_lower, neuron.decision.i_upper
    return (lower + upper) / 2, (upper - lower) / 2


def test_by_default_a_die_is_what_was_measured():
    one = die(membrane=changed(NOMINAL.membrane, tau=1.1))
    assert deviated(one, NOMINAL) is one


def test_twice_the_deviation_of_what_is_positive_is_the_factors_square():
    one = die(
        i_in=NOMINAL.i_in * 0.9,
        membrane=changed(NOMINAL.membrane, tau=1.1),
        spike=changed(NOMINAL.spike, i_spike=1.05),
    )
    twice = deviated(one, NOMINAL, 2)
    assert twice.i_in == pytest.approx(NOMINAL.i_in * 0.81, rel=1e-12)
    assert twice.membrane.tau == pytest.approx(NOMINAL.membrane.tau * 1.21, rel=1e-12)
    assert twice.spike.i_spike == pytest.approx(NOMINAL.spike.i_spike * 1.1025, rel=1e-12)
    # What does not deviate stays.
    assert twice.excitatory == NOMINAL.excitatory


def test_a_change_of_slope_deviates_by_a_factor_too():
    nominal = die(membrane=NOMINAL.membrane.model_copy(update={"slope_change": 0.5}))
    one = die(membrane=changed(nominal.membrane, slope_change=1.1))
    assert deviated(one, nominal, 2).membrane.slope_change == pytest.approx(0.605, rel=1e-12)


def test_pairs_of_two_laws_are_not_compared():
    one = die(membrane=NOMINAL.membrane.model_copy(update={"slope_change": 0.5}))
    with pytest.raises(InputError, match="slope_change is 0 in one table"):
        deviated(one, NOMINAL, 2)


def test_the_windows_centre_and_half_width_deviate_each_for_itself():
    centre, half = window(NOMINAL)
    moved = {"i_lower": 1.1 * centre - 0.5 * half, "i_upper": 1.1 * centre + 0.5 * half}
    twice = deviated(die(decision=NOMINAL.decision.model_copy(update=moved)), NOMINAL, 2)
    assert window(twice) == pytest.approx((1.21 * centre, 0.25 * half), rel=1e-12)


def test_what_may_be_negative_deviates_by_a_difference():
    moved = {"i_omega": NOMINAL.decision.i_omega + 1e-11, "i_sign": -3e-11}
    twice = deviated(die(decision=NOMINAL.decision.model_copy(update=moved)), NOMINAL, 2)
    assert twice.decision.i_omega == pytest.approx(NOMINAL.decision.i_omega + 2e-11, rel=1e-12)
    expected = -6e-11 - NOMINAL.decision.i_sign
    assert twice.decision.i_sign == pytest.approx(expected, rel=1e-12)


def test_a_deviation_is_carried_onto_other_nominal_constants():
    hot = die(membrane=changed(NOMINAL.membrane, tau=0.8), i_in=NOMINAL.i_in * 1.2)
    one = die(membrane=changed(NOMINAL.membrane, tau=1.1))
    carried = deviated(one, NOMINAL, onto=hot)
    assert carried.membrane.tau == pytest.approx(NOMINAL.membrane.tau * 0.88, rel=1e-12)
    assert carried.i_in == pytest.approx(hot.i_in, rel=1e-12)


def test_a_die_that_can_not_be_is_refused():
    low = die(spike=changed(NOMINAL.spike, i_spike=0.7))
    with pytest.raises(InputError, match=r"spike.*is not below i_spike|is not below i_spike"):
        deviated(low, NOMINAL, 4)

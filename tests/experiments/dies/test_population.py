"""Yields and spreads of dies, and the reasons why some don't settle."""

import numpy as np
import pytest

from cosim.experiments.dies.population import (
    correlations,
    failures,
    model_agreement,
    spreads,
    yield_of,
)

GOOD = {"settled": True, "lowest": 3, "highest": 3}
CYCLE = {"settled": False, "lowest": 2, "highest": 8}
AT_END = {"settled": False, "lowest": -32, "highest": -32}
BROKEN = {"error": "Timestep too small"}
NARROW = {"window_half_width": 100e-12, "kick_exc": 150e-12, "kick_inh": 250e-12}
WIDE = {"window_half_width": 300e-12, "kick_exc": 150e-12, "kick_inh": 250e-12}


def test_a_yield_has_the_exact_interval():
    """Limits of Clopper and Pearson for 17 of 25, from the quantiles of the beta distribution."""
    found = yield_of({die: GOOD if die < 17 else CYCLE for die in range(25)})
    assert (found.settled, found.dies, found.share) == (17, 25, 0.68)
    assert (found.low, found.high) == pytest.approx((0.46499, 0.85051), abs=1e-5)


def test_what_could_not_be_simulated_has_not_settled():
    found = yield_of({1: GOOD, 2: BROKEN})
    assert (found.settled, found.dies) == (1, 2)


@pytest.mark.parametrize("settled", [0, 25])
def test_a_yield_without_exceptions_has_an_interval(settled):
    found = yield_of({die: GOOD if die < settled else CYCLE for die in range(25)})
    assert found.low <= settled / 25 <= found.high
    assert found.high - found.low == pytest.approx(1 - 0.025 ** (1 / 25))


def test_spreads_are_of_the_dies_that_were_measured():
    values = [8.0, 10.0, 12.0]
    outcomes = {die: {"tau": -value} for die, value in enumerate(values)} | {9: BROKEN}
    found = spreads(outcomes)["tau"]
    assert found.mean == -10
    assert found.deviation == pytest.approx(np.std(values, ddof=1))
    assert found.cv == pytest.approx(0.2)
    assert spreads({1: {"tau": 1.0}}) == {}


def test_reasons_are_those_that_the_cells_show():
    outcomes = {1: GOOD, 2: CYCLE, 3: CYCLE, 4: AT_END, 5: BROKEN, 6: CYCLE}
    assert failures(outcomes, {2: NARROW, 3: WIDE, 4: NARROW, 6: BROKEN}) == {
        "the window is narrower than a kick": [2],
        "the weight goes on changing": [3, 6],
        "the weight is at the end of its range": [4],
        "could not be simulated": [5],
    }


def test_dies_without_a_model_have_no_share_in_the_agreement():
    right = {"model_equal": 9, "model_outside": 9, "model_inside": 1}
    wrong = {"model_equal": 8, "model_outside": 11, "model_inside": 0}
    together, shares = model_agreement({1: right, 2: wrong, 3: BROKEN})
    assert (together.equal, together.outside, together.inside) == (17, 20, 1)
    assert shares == {1: 1.0, 2: 8 / 11}


def test_correlations_are_of_the_quantities_that_deviate():
    values = [(1.0, -2.0), (2.0, -4.5), (4.0, -7.0)]
    outcomes = {die: {"a": a, "b": b, "same": 3.0} for die, (a, b) in enumerate(values)}
    names, matrix = correlations(outcomes | {9: BROKEN})
    assert names == ["a", "b"]
    a, b = np.array(values).T
    expected = np.mean((a - a.mean()) * (b - b.mean())) / (a.std() * b.std())
    np.testing.assert_allclose(matrix, [[1, expected], [expected, 1]])


@pytest.mark.parametrize("dies", [0, 2])
def test_few_dies_have_no_correlations(dies):
    """Two would correlate perfectly."""
    names, matrix = correlations({die: {"a": die, "b": -die} for die in range(dies)} | {9: BROKEN})
    assert names == [] and matrix.size == 0

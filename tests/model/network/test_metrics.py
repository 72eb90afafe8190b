import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.network.metrics import (
    distance_to_optimal,
    interval_variation,
    mean_rate,
    scale_to_optimal,
    weight_correlation,
)
from ebn_model.network.parameters import NetworkParameters

OPTIMAL = np.array([[0.0, 2.0], [1.0, 0.0]])
PARAMETERS = NetworkParameters(neurons=2, inputs=2)


def random_weights(seed=1, neurons=10):
    return np.random.default_rng(seed).standard_normal((neurons, neurons))


def test_scale_and_distance_by_hand():
    weights = np.array([[0.0, 1.0], [3.0, 0.0]])
    # s = (2 + 3)/5 = 1; rest (-1, 2): 5 of 1 + 9
    assert scale_to_optimal(weights, OPTIMAL) == pytest.approx(1)
    assert distance_to_optimal(weights, OPTIMAL) == pytest.approx(0.5)


@pytest.mark.parametrize("factor", [0.1, 1.0, 7.0, -3.0])
def test_a_scaled_optimum_is_no_distance_away(factor):
    optimal = random_weights()
    assert distance_to_optimal(factor * optimal, optimal) == pytest.approx(0, abs=1e-15)
    assert scale_to_optimal(factor * optimal, optimal) == pytest.approx(factor)


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_is_the_squared_sine_of_the_angle(seed):
    weights, optimal = random_weights(seed), random_weights(seed + 100)
    cosine = np.vdot(weights, optimal) / np.linalg.norm(weights) / np.linalg.norm(optimal)
    assert distance_to_optimal(weights, optimal) == pytest.approx(1 - cosine**2)
    assert distance_to_optimal(9 * weights, optimal) == pytest.approx(1 - cosine**2)


def test_no_weights_are_as_far_as_can_be():
    assert distance_to_optimal(np.zeros((2, 2)), OPTIMAL) == 1
    assert weight_correlation(np.zeros((3, 3)), random_weights(neurons=3)) == 0


@pytest.mark.parametrize("metric", [scale_to_optimal, distance_to_optimal, weight_correlation])
def test_weights_that_cannot_be_compared_are_refused(metric):
    with pytest.raises(InputError, match=r"\(2, 2\) and \(3, 3\)"):
        metric(OPTIMAL, np.ones((3, 3)))
    with pytest.raises(InputError, match="finite"):
        metric(np.full((2, 2), np.nan), OPTIMAL)


def test_there_is_no_distance_to_nothing():
    with pytest.raises(InputError, match="all 0"):
        distance_to_optimal(OPTIMAL, np.zeros((2, 2)))


def test_the_correlation_leaves_out_the_diagonal():
    optimal = random_weights()
    weights = 3 * optimal + 5
    np.fill_diagonal(weights, 1e6)
    assert weight_correlation(weights, optimal) == pytest.approx(1)
    assert weight_correlation(-weights, optimal) == pytest.approx(-1)
    with pytest.raises(InputError, match="N >= 2"):
        weight_correlation(np.ones((1, 1)), np.ones((1, 1)))


def test_a_correlation_by_hand():
    # ranks 1 .. 6, two of them exchanged: 1 - 6*2/(6*35)
    weights = np.array([[9.0, 1, 2], [3, 9, 4], [5, 6, 9]])
    optimal = np.array([[0.0, 2, 1], [3, 0, 4], [5, 6, 0]])
    assert weight_correlation(weights, optimal) == pytest.approx(1 - 2 / 35)


def test_rates():
    assert mean_rate(np.arange(30), 20, 0.5) == 3
    assert mean_rate(np.empty(0), 20, 1.0) == 0
    for neurons, duration in ((20, 0.0), (0, 1.0), (20, np.nan)):
        with pytest.raises(InputError):
            mean_rate(np.empty(0), neurons, duration)


def test_interval_variations_by_hand():
    times = np.array([0.0, 1, 2, 3, 3.5, 5, 6])
    neurons = np.array([0, 1, 0, 1, 2, 0, 1])
    # neuron 0: intervals 2, 3; neuron 1: 2, 3; neuron 2: none
    found = interval_variation(times, neurons, 4)
    assert found[:2] == pytest.approx([0.2, 0.2])
    assert np.isnan(found[2:]).all()


def test_clocks_vary_by_nothing_and_poisson_trains_by_one():
    clock = np.arange(100) * 0.01
    poisson = np.cumsum(np.random.default_rng(1).exponential(0.01, 20000))
    assert interval_variation(clock, np.zeros(100, int), 1) == pytest.approx([0], abs=1e-10)
    assert interval_variation(poisson, np.zeros(20000, int), 1) == pytest.approx([1], abs=0.02)


def test_the_order_of_the_spikes_does_not_matter():
    times, neurons = np.array([5.0, 0, 2]), np.zeros(3, int)
    assert interval_variation(times, neurons, 1) == pytest.approx([0.2])


@pytest.mark.parametrize(
    ("times", "neurons", "named"),
    [([1.0, 2], [0], r"\(2,\) and \(1,\)"), ([1.0], [3], "3 neurons"), ([np.nan], [0], "finite")],
)
def test_intervals_of_what_cannot_be_are_refused(times, neurons, named):
    with pytest.raises(InputError, match=named):
        interval_variation(np.array(times), np.array(neurons), 3)


def test_no_spikes_have_no_variation():
    assert np.isnan(interval_variation(np.empty(0), np.empty(0, int), 3)).all()

import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.lif.construction import (
    initial_state,
    optimal_reset,
    optimal_state,
    optimal_weights,
    random_weights,
    round_to_grid,
    saturated,
    storable,
    thresholds,
)
from ebn_model.network.decoder import random_decoder
from ebn_model.network.parameters import NetworkParameters

PAIR = np.array([[0.6, 1.0], [0.8, 0.0]])
"""Two neurons, D'D = [[1, .6], [.6, 1]]."""


def parameters(**changes):
    return NetworkParameters(**{"neurons": 2, "inputs": 2, **changes})


def stream(seed=1):
    return np.random.default_rng(seed)


def test_a_decoder_has_unit_columns_in_all_directions():
    decoder = random_decoder(parameters(neurons=2000, inputs=3), stream())
    assert decoder.shape == (3, 2000)
    assert np.linalg.norm(decoder, axis=0) == pytest.approx(np.ones(2000), rel=1e-12)
    assert np.abs(decoder.mean(axis=1)).max() < 0.05


def test_the_same_seed_draws_the_same_network():
    chosen = parameters(neurons=7)
    assert (
        random_decoder(chosen, stream(3)).tobytes() == random_decoder(chosen, stream(3)).tobytes()
    )
    assert (
        random_weights(chosen, stream(3)).tobytes() == random_weights(chosen, stream(3)).tobytes()
    )
    assert (
        random_weights(chosen, stream(3)).tobytes() != random_weights(chosen, stream(4)).tobytes()
    )


def test_thresholds_by_hand():
    # nu*lambda = .1, mu*lambda**2 = 1; |D| of the first neuron: 1.4 (L1), 1 (L2)
    assert thresholds(PAIR, parameters()) == pytest.approx([(1.1 + 1.4**2) / 2, (1.1 + 1) / 2])
    assert thresholds(PAIR, parameters(threshold="l2")) == pytest.approx([1.05, 1.05])
    assert thresholds(PAIR, parameters(nu=0, mu=0, threshold="l2")) == pytest.approx([0.5, 0.5])


def test_optimal_weights_and_reset_by_hand():
    # one unit of weight kicks by tau_fast/tau_mem = 1/50
    assert optimal_weights(PAIR, parameters()) == pytest.approx(np.array([[0, -30.0], [-30, 0]]))
    assert optimal_reset(PAIR, parameters(threshold="l2")) == pytest.approx([-0.95, -0.95])


def test_without_costs_the_derived_reset_mirrors_the_threshold():
    free = parameters(nu=0, mu=0, threshold="l2")
    assert optimal_reset(PAIR, free) == pytest.approx(-thresholds(PAIR, free))


@pytest.mark.parametrize(
    ("reset", "rest", "expected"),
    [
        ("optimal", "reset", (-0.95, -0.95)),
        ("optimal", "zero", (-0.95, 0)),
        ("zero", "reset", (0, 0)),
        ("zero", "zero", (0, 0)),
    ],
)
def test_the_variants_of_the_optimal_network(reset, rest, expected):
    chosen = parameters(threshold="l2", optimal={"reset": reset, "rest": rest})
    state = optimal_state(PAIR, chosen)
    assert state.v_reset == pytest.approx([expected[0]] * 2)
    assert state.v_rest == pytest.approx([expected[1]] * 2)
    assert state.v_reset is not state.v_rest


def test_what_is_programmed_lies_on_the_grid():
    chosen = parameters(neurons=30, bits=3)
    decoder = random_decoder(chosen, stream())
    codes = optimal_state(decoder, chosen).weights / chosen.lsb
    assert (codes == np.rint(codes)).all()
    assert np.abs(codes * 16 - optimal_weights(decoder, chosen)).max() <= 16
    assert np.unique(codes).tolist() == [-3, -2, -1, 0, 1, 2, 3]


def test_rounding_by_hand():
    weights = np.array([-5.1, -3.0, -1.0, -0.4, 0.9, 1.1, 3.0, 4.9, 5.0])
    assert round_to_grid(weights, 2.0).tolist() == [-4, -4, 0, 0, 0, 2, 4, 4, 4]
    assert not np.signbit(round_to_grid(np.array([-0.1, 5.0]), 2.0)).any()


@pytest.mark.parametrize("lsb", [0.5, 1.0, 2.0, 3.7])
def test_rounding_moves_nothing_further_than_it_must(lsb):
    weights = stream().normal(0, 30, 500)
    rounded = round_to_grid(weights, lsb)
    inner = np.abs(weights) < np.abs(weights).max() - lsb
    assert np.abs(rounded - weights)[inner].max() <= lsb / 2 * (1 + 1e-12)
    assert np.abs(rounded).max() <= np.abs(weights).max()
    assert round_to_grid(rounded, lsb) == pytest.approx(rounded, abs=1e-12)
    assert round_to_grid(-weights, lsb).tolist() == (-rounded).tolist()


def test_no_weights_are_rounded_to_no_weights():
    assert round_to_grid(np.zeros((2, 2)), 2.0).tolist() == [[0, 0], [0, 0]]
    assert round_to_grid(np.empty((0, 0)), 2.0).shape == (0, 0)


@pytest.mark.parametrize("lsb", [0.0, -1.0, np.nan, np.inf])
def test_a_step_must_be_positive(lsb):
    with pytest.raises(InputError, match="lsb"):
        round_to_grid(np.ones(2), lsb)


def test_weights_must_be_finite():
    with pytest.raises(InputError, match="finite"):
        round_to_grid(np.array([1.0, np.nan]), 1.0)


def test_a_counter_ends_one_step_lower_above_than_below():
    chosen = parameters(saturate=True)
    weights = np.array([-99.0, -64, 0, 62, 63, 99])
    assert saturated(weights, chosen).tolist() == [-64, -64, 0, 62, 62, 62]
    assert storable(weights, chosen).tolist() == [-64, -64, 0, 62, 62, 62]
    assert storable(weights, parameters()).tolist() == [-98, -64, 0, 62, 64, 98]


def test_random_weights_have_the_spread_and_no_self_connection():
    weights = random_weights(parameters(neurons=100), stream())
    off = weights[~np.eye(100, dtype=bool)]
    assert np.diag(weights).tolist() == [0] * 100
    assert off.std() == pytest.approx(30, rel=0.02)
    assert off.mean() == pytest.approx(0, abs=1)
    assert set(np.unique(off % 2)) == {0}


def test_the_initial_state():
    state = initial_state(parameters(neurons=5), stream())
    assert state.weights.tolist() == random_weights(parameters(neurons=5), stream()).tolist()
    assert state.v_reset.tolist() == state.v_rest.tolist() == [0] * 5
    assert state.v_reset is not state.v_rest
    assert not initial_state(parameters(initial="zero"), stream()).weights.any()


@pytest.mark.parametrize(("sub_lsbs", "middle"), [(0, 0), (1, 1), (2, 2), (4, 8)])
def test_counters_start_in_the_middle_of_their_weight(sub_lsbs, middle):
    chosen = parameters(rule={"sub_lsbs": sub_lsbs})
    for state in (initial_state(chosen, stream()), optimal_state(PAIR, chosen)):
        assert state.fraction.tolist() == [[middle] * 2] * 2
        assert state.fraction.dtype.kind == "i"


@pytest.mark.parametrize("build", [thresholds, optimal_weights, optimal_state])
def test_a_decoder_that_does_not_fit_is_refused(build):
    with pytest.raises(InputError, match=r"\(3, 2\) is not \(inputs, neurons\) = \(2, 2\)"):
        build(np.ones((3, 2)), parameters())
    with pytest.raises(InputError, match="finite"):
        build(np.full((2, 2), np.nan), parameters())

import numpy as np
import pytest
from synthetic_rows import DURATION, case, run, same_case, stimulus

from cosim.comparison.weight_errors import (
    difference_over_time,
    final_correlation,
    weight_errors,
    weight_over_time,
)


def test_equal_runs_have_no_errors():
    errors = weight_errors(same_case())
    for values in (errors.mean_abs, errors.greatest):
        assert values.tolist() == [0, 0]
    assert errors.final_circuit.tolist() == errors.final_model.tolist() == [0, 0]


def test_errors_are_weighted_with_time():
    # Synapse 2 differs by 1 LSB from 6 to 16 ms, then by 2 until the end at 50 ms.
    circuit = run((8, 9, 8, 9), (1, 0, 1, 0))
    model = run((9, 9, 9, 9), (0, 0, 0, 0))
    errors = weight_errors(case(circuit, model))
    assert errors.mean_abs == pytest.approx([(10 + 2 * 34) / 50, 0])
    assert errors.greatest.tolist() == [2, 0]
    assert errors.final_circuit.tolist() == [2, 0]


def test_errors_of_either_sign_do_not_cancel():
    # Synapse 2 is 1 LSB higher in the circuit from 6 ms on, 1 LSB lower from 16 ms on.
    circuit = run((8, 9, 10, 9), (1, 0, -1, 0))
    model = run((9, 9, 8, 9), (0, 0, 1, 0))
    errors = weight_errors(case(circuit, model))
    assert errors.mean_abs == pytest.approx([(10 + 34) / 50, 0])
    assert errors.greatest.tolist() == [1, 0]


def test_weights_begin_at_the_start_codes_and_step_at_falling_edges():
    given = stimulus(start_codes=(7, -3))
    result = run((8, 9, 8, 9), (1, 0, 1, 0), given)
    time = np.array([0, 5.9e-3, 6.1e-3, 16.1e-3, DURATION])
    assert weight_over_time(result, given, 0, time).tolist() == [7, 7, 8, 9, 9]
    assert weight_over_time(result, given, 1, time).tolist() == [-3] * 5


def test_differences_are_circuit_minus_model():
    both = case(run((8, 9), (1, 0)), run((10, 9), (-1, 0)))
    assert difference_over_time(both, 0, np.array([0, 10e-3])).tolist() == [0, 2]


def test_correlation_of_final_weights():
    assert final_correlation(np.array([1, 2, 3]), np.array([3, 2, 1])) == pytest.approx(-1)
    assert final_correlation(np.array([0, 0, 4]), np.array([0, 4, 4])) == pytest.approx(0.5)
    assert final_correlation(np.array([4, 4]), np.array([4, 4])) == 1
    assert final_correlation(np.array([4, 4]), np.array([3, 4])) == 0

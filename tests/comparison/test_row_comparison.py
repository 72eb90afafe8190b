from dataclasses import replace

import numpy as np
import pytest
from synthetic_rows import case, run, same_case

from cosim.comparison.rows import compare_row, compare_rows
from cosim.comparison.tolerances import ReplayTolerances

LIMITS = ReplayTolerances()


def membrane_case():
    """The model decides DEC at the first pulse, 50 pA too high, so that synapse 2 is 1 LSB off."""
    circuit = run((9.35, 9.0, 9.0, 9.0), (0, 0, 0, 0))
    return case(circuit, run((9.45, 9.0, 9.0, 9.0), (-1, 0, 0, 0)))


def test_a_row_is_compared_in_all_respects():
    row = compare_row(7, membrane_case(), LIMITS)
    assert row.counts.pulses == len(row.decisions) == 4
    assert [one.reason for one in row.deviations] == ["membrane"]
    assert row.worst_decision is row.deviations[0]
    assert row.weights.greatest.tolist() == [1, 0]
    assert row.membrane.i_mem_rms > 0
    [synapse] = row.weight_deviations
    assert (synapse.row, synapse.pre, synapse.greatest) == (7, 2, 1)
    assert synapse.first is row.deviations[0]
    assert synapse.mean_abs == pytest.approx(44 / 50)


def test_equal_runs_have_no_worst_case():
    row = compare_row(0, same_case(), LIMITS)
    assert row.worst_decision is None
    assert (row.deviations, row.weight_deviations) == ([], [])
    assert row.final_correlation == 1


def test_rows_are_compared_together():
    rows = compare_rows({1: same_case(), 4: membrane_case()}, LIMITS)
    assert list(rows.rows) == [1, 4]
    assert rows.missing == []
    assert rows.counts.pulses == 8
    assert rows.counts.trajectory_agreement == 7 / 8
    assert rows.reasons["membrane"] == 1
    assert sum(rows.reasons.values()) == 1
    assert [one.row for one in rows.worst_decisions] == [4]
    assert [one.row for one in rows.worst_weights] == [4]
    assert rows.unexplained == 0
    assert rows.i_mem_rms == rows.rows[4].membrane.i_mem_rms
    broken = replace(rows.rows[4].membrane, i_mem_rms=float("nan"))
    lost = replace(rows, rows={**rows.rows, 9: replace(rows.rows[4], membrane=broken)})
    assert np.isnan(lost.i_mem_rms)


def test_final_weights_are_correlated_over_all_synapses():
    # Circuit 1, 0, 0, 0, model 1, 0, -1, 0.
    other = run((8.0, 9, 9, 9), (1, 0, 0, 0))
    rows = compare_rows({0: case(other, other), 1: membrane_case()}, LIMITS)
    expected = np.corrcoef([1, 0, 0, 0], [1, 0, -1, 0])[0, 1]
    assert rows.final_correlation == pytest.approx(expected)


def test_a_missing_row_is_not_compared():
    rows = compare_rows({0: same_case()}, LIMITS, missing=[3])
    assert list(rows.rows) == [0]
    assert rows.missing == [3]
    assert rows.counts.pulses == 4


def test_without_any_row_there_is_nothing():
    rows = compare_rows({}, LIMITS, missing=[3])
    assert (rows.counts.pulses, rows.worst_decisions, rows.i_mem_rms) == (0, [], None)


def test_a_weight_that_moved_without_a_decision_is_unexplained():
    # A counter that lost a step: decisions agree, weights don't.
    circuit, model = run((8.0, 9, 9, 9), (1, 0, 0, 0)), run((8.0, 9, 9, 9), (1, 0, 0, 0))
    circuit.events.weight_after[:] = 0
    circuit.events.weight_before[:] = 0
    rows = compare_rows({0: case(circuit, model)}, LIMITS)
    assert rows.worst_decisions == []
    [synapse] = rows.worst_weights
    assert (synapse.first, synapse.reason) == (None, "unexplained")
    assert rows.unexplained == 1


def test_an_unexplained_decision_counts_once():
    circuit = run((9.5, 9.0, 9.0, 9.0), (0, 0, 0, 0))
    rows = compare_rows({0: case(circuit, run((9.5, 9, 9, 9), (-1, 0, 0, 0)))}, LIMITS)
    assert rows.worst_weights[0].reason == "unexplained"
    assert rows.unexplained == 1

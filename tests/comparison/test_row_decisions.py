import numpy as np
import pytest
from synthetic_rows import OMEGA_RULE, case, run, same_case, stimulus

from cosim.comparison.decisions import confusion, count, decision_table, total
from ebn_model.errors import InputError

DEAD_BAND = 10e-12


def counts(*arguments, **settings):
    return count(decision_table(case(*arguments, **settings), DEAD_BAND))


def test_equal_runs_agree():
    table = decision_table(same_case(), DEAD_BAND)
    assert len(table) == 4
    assert not table.deviates.any()
    agreed = count(table)
    assert (agreed.one_step_agreement, agreed.trajectory_agreement, agreed.pulses) == (1, 1, 4)
    assert agreed.outside.tolist() == [[1, 0, 0], [0, 2, 0], [0, 0, 1]]
    assert agreed.inside.sum() == 0


def test_one_step_takes_the_circuits_state_and_the_trajectory_the_models_own():
    # The model's own I_mem at the second pulse is above the window, the circuit's is not.
    circuit = run((8.0, 9.0, 10.0, 9.2), (1, 0, -1, 0))
    model = run((8.0, 9.5, 10.0, 9.2), (1, -1, -1, 0))
    found = counts(circuit, model)
    assert found.one_step_agreement == 1
    assert found.trajectory_agreement == 0.75
    assert found.trajectory.tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 1]]


def test_a_wrong_decision_of_the_circuit_shows_one_step_ahead():
    # 8.0 nA is below the window: SL is wrong there, whatever the model did on its own.
    circuit = run((8.0, 9.0, 10.0, 9.2), (0, 0, -1, 0))
    found = counts(circuit, circuit)
    assert found.one_step_agreement == 0.75
    assert found.trajectory_agreement == 1
    assert found.outside.tolist() == [[0, 0, 0], [1, 2, 0], [0, 0, 1]]


def test_decisions_within_the_dead_band_are_counted_apart():
    # 8.605 nA is 5 pA inside the window, 9.405 nA 5 pA above it; both decided wrongly.
    circuit = run((8.605, 9.405, 9.0, 9.2), (1, 0, 0, 0))
    found = counts(circuit, circuit)
    assert found.inside.tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert found.outside.sum() == 2
    assert found.one_step_agreement == 1


def test_the_window_is_that_of_the_circuits_weight():
    # At -10 LSB the window is at 9.6 to 10.4 nA.
    given = stimulus(start_codes=(-10, 0))
    circuit = run((10.0, 9.0, 10.0, 9.0), (0, 0, 0, 0), given)
    table = decision_table(case(circuit, circuit, given, OMEGA_RULE), DEAD_BAND)
    assert table.one_step.tolist() == [0, 0, 0, 0]
    assert table.distance == pytest.approx([0.4e-9] * 4)


def test_a_shorter_run_is_compared_as_far_as_it_goes():
    short = run((8.0, 9.0), (1, 0))
    assert counts(short, run((8.0, 9.0, 10.0, 9.2), (1, 0, -1, 0))).pulses == 2


def test_without_pulses_there_is_no_disagreement():
    nothing = run((), ())
    found = counts(nothing, nothing)
    assert (found.pulses, found.one_step_agreement, found.trajectory_agreement) == (0, 1, 1)


@pytest.mark.parametrize("changes", [{"pre": (5, 2, 5, 2)}, {"rises": (5e-3, 10e-3, 15e-3, 21e-3)}])
def test_rows_with_other_pulses_are_refused(changes):
    nano, decisions = (8.0, 9.0, 10.0, 9.2), (1, 0, -1, 0)
    other = run(nano, decisions, stimulus(**changes))
    with pytest.raises(InputError, match="different pulses"):
        counts(run(nano, decisions), other)


def test_confusion_has_the_reference_by_row():
    matrix = confusion(np.array([1, 1, 0, -1]), np.array([1, 0, -1, -1]))
    assert matrix.tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 1]]


def test_rows_are_added_up():
    wrong = run((8.0, 9.0, 10.0, 9.2), (0, 0, -1, 0))
    both = total([count(decision_table(same_case(), DEAD_BAND)), counts(wrong, wrong)])
    assert both.pulses == 8
    assert both.one_step_agreement == 7 / 8
    assert total([]).pulses == 0

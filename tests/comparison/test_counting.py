from dataclasses import replace

import numpy as np
import pytest
from faults import lost_step
from synthetic import spike_table
from synthetic_rows import run, stimulus

from cosim.comparison.counting import Counted, count_again, count_row_again
from ebn_model.results import SpikeTable
from ebn_model.weight_counter import WeightCounter


def table(decisions, weights):
    """A spike at every 5 ms, with weights before and after it that needn't follow."""
    made = spike_table(np.zeros(len(decisions)), decisions)
    return SpikeTable(
        **vars(made)
        | {"weight_before": np.array(weights[:-1]), "weight_after": np.array(weights[1:])}
    )


@pytest.mark.parametrize(
    ("decisions", "weights", "right"),
    [
        ([1, 0, -1], [8, 9, 9, 8], 3),
        ([1, 0, -1], [8, 9, 9, 9], 2),
        ([1, 0, -1], [8, 8, 8, 7], 0),
        ([1, 1], [30, 31, 31], 2),
        ([-1, -1], [-31, -32, 31], 1),
    ],
)
def test_weights_are_those_that_a_counter_has(decisions, weights, right):
    counted = count_again(table(decisions, weights), WeightCounter(weights[0]))
    assert counted == Counted(right, len(decisions))


def test_bits_below_the_weight_are_counted_too():
    """From the middle of four, two steps up make an LSB."""
    decisions, weights = [1, 1, 1], [8, 8, 9, 9]
    assert count_again(table(decisions, weights), WeightCounter(8, sub_lsbs=2)).right == 3
    assert count_again(table(decisions, weights), WeightCounter(8)).right == 0


def test_a_pulse_without_an_end_counts_for_nothing():
    cut = table([1, 1], [8, 9, 9])
    cut.t_fall[-1] = np.nan
    assert count_again(cut, WeightCounter(8)) == Counted(1, 1)


def test_each_synapse_of_a_row_has_its_own_counter():
    given = stimulus(start_codes=(3, -7))
    sound = run([8.0, 9.0, 10.0, 9.2], (1, -1, -1, -1), given)
    assert count_row_again(sound, given) == Counted(4, 4)
    assert count_row_again(lost_step(1)(given, sound), given) == Counted(2, 4)
    assert count_row_again(sound, stimulus(start_codes=(3, -6))) == Counted(2, 4)


def test_a_rows_counters_begin_in_the_states_that_its_stimulus_has():
    started = replace(stimulus(), sub_lsbs=1, start_fractions=np.array([1, 0]))
    stepped = run([10.0, 10.0, 9.0, 9.0], (1, 0, 0, 0), started)
    assert count_row_again(stepped, started) == Counted(4, 4)
    other = replace(started, start_fractions=np.array([0, 0]))
    assert count_row_again(stepped, other) == Counted(2, 4)


@pytest.mark.parametrize(("right", "passed"), [(4, True), (3, False)])
def test_all_weights_must_be_right(right, passed):
    check = Counted(right, 4).check("transistor")
    assert (check.comparison, check.passed, check.about_run) == ("transistor", passed, True)

from dataclasses import replace

import numpy as np
import pytest
from synthetic import neuron_parameters, result, spike_table

from cosim.comparison.spikes import compare, one_step, waveform_rms, weight_sequence
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.results import LearningResult

I_MEM = [2e-9, 8e-9, 9e-9, 10e-9]
DECISIONS = [1, 1, 0, -1]


def waveform(time, i_mem):
    time = np.asarray(time, dtype=float)
    table = spike_table([], [])
    return LearningResult(time, np.asarray(i_mem, dtype=float), np.zeros(len(time), int), table)


def test_a_run_agrees_with_itself():
    run = result(I_MEM, DECISIONS)
    comparison = compare(run, run)
    assert comparison.turning_points == comparison.reference_turning_points == [8, 10, 9]
    assert (comparison.spikes, comparison.equal_decisions, comparison.equal_weights) == (4, 4, 4)
    assert comparison.first_difference is None
    assert comparison.i_mem_rise_rms == comparison.i_mem_rms == 0
    assert comparison.decision_agreement == 1


def test_one_other_decision_shifts_all_later_weights():
    comparison = compare(result(I_MEM, DECISIONS), result(I_MEM, [1, 0, 0, -1]))
    assert (comparison.equal_decisions, comparison.equal_weights) == (3, 1)
    assert comparison.first_difference == 1
    assert comparison.reference_turning_points == [8, 9, 8]
    assert comparison.decision_agreement == 0.75


def test_the_membrane_is_compared_until_the_first_difference_takes_effect():
    """The spike at 10 ms ends at 11 ms, where the weights begin to differ."""
    first, other = result(I_MEM, DECISIONS), result(I_MEM, [1, 0, 0, -1])
    time = np.array([0, 11e-3, 11.001e-3, 21e-3])
    first = replace(first, time=time, i_mem=np.array([1e-9, 1e-9, 5e-9, 5e-9]))
    other = replace(other, time=time, i_mem=np.zeros(4))
    comparison = compare(first, other)
    assert comparison.i_mem_alike_rms == pytest.approx(1e-9)
    assert comparison.i_mem_rms > 3e-9
    same = compare(first, replace(first, i_mem=np.zeros(4)))
    assert same.i_mem_alike_rms == same.i_mem_rms == comparison.i_mem_rms


def test_a_difference_at_a_pulse_that_has_no_end_has_no_effect():
    first, other = result(I_MEM[:1], [1]), result([4e-9], [0])
    endless = np.array([np.nan])
    other = replace(other, spikes=replace(other.spikes, t_fall=endless))
    comparison = compare(first, other)
    assert comparison.first_difference == 0
    assert comparison.i_mem_alike_rms == comparison.i_mem_rms > 0


def test_rms_at_the_rising_edges():
    other = np.add(I_MEM, [0.3e-9, 0, 0, -0.4e-9])
    comparison = compare(result(I_MEM, DECISIONS), result(other, DECISIONS))
    assert comparison.i_mem_rise_rms == pytest.approx(0.25e-9)


def test_a_table_without_waveforms_is_compared_on_its_spikes():
    comparison = compare(result(I_MEM, DECISIONS), spike_table(I_MEM, DECISIONS))
    assert comparison.equal_decisions == 4
    assert comparison.i_mem_rms is comparison.i_mem_alike_rms is None


def test_a_shorter_run_is_compared_as_far_as_it_goes():
    comparison = compare(result(I_MEM[:3], DECISIONS[:3]), spike_table(I_MEM, DECISIONS))
    assert (comparison.spikes, comparison.equal_decisions) == (3, 3)


@pytest.mark.parametrize("other", [spike_table(I_MEM, DECISIONS, period=6e-3), spike_table([], [])])
def test_runs_of_other_stimuli_are_refused(other):
    with pytest.raises(InputError, match="different stimuli"):
        compare(result(I_MEM, DECISIONS), other)


def test_waveform_rms_weighs_time_not_points():
    # The difference is 2 in a tenth of the time, which has nine tenths of the points.
    time = np.concatenate([[0], np.linspace(0.9, 1, 91)])
    a = waveform(time, np.where(time >= 0.9, 2.0, 0.0))
    b = waveform([0, 1], [0, 0])
    ramp = 4 / 3 * 0.9
    assert waveform_rms(a, b) == pytest.approx(np.sqrt(ramp + 4 * 0.1))


def test_waveform_rms_of_a_linear_difference_is_exact():
    assert waveform_rms(waveform([0, 1], [0, 3]), waveform([0, 1], [0, 0])) == pytest.approx(3**0.5)


def test_waveform_rms_is_over_the_common_time_and_all_points():
    a, b = waveform([0, 2], [1, 1]), waveform([1, 1.5, 3], [1, 5, 1])
    # Difference 0 .. 4 over 0.5 s, then 4 .. 4/3*2 over 0.5 s.
    end = 4 - 4 * 0.5 / 1.5
    expected = (16 / 3 * 0.5) + (16 + 4 * end + end**2) / 3 * 0.5
    assert waveform_rms(a, b) == pytest.approx(np.sqrt(expected))


def test_without_a_time_to_compare_there_is_no_waveform_rms():
    """No difference would be a claim, and pass each check."""
    a, b = waveform([0, 1], [0, 3]), waveform([0, 1], [0, 0])
    assert waveform_rms(a, b, until=0) is None
    assert waveform_rms(a, b, left_out=[(0, 1)]) is None
    assert waveform_rms(a, waveform([2, 3], [0, 0])) is None


def test_waveform_rms_until_a_time_between_points():
    a, b = waveform([0, 2], [0, 4]), waveform([0, 2], [0, 0])
    assert waveform_rms(a, b, until=1) == pytest.approx(2 / 3**0.5)
    assert waveform_rms(a, b, until=3) == waveform_rms(a, b)


def test_waveform_rms_leaves_spans_out():
    a, b = waveform([0, 1, 3], [2, 2, 8]), waveform([0, 3], [0, 0])
    assert waveform_rms(a, b, left_out=[(1, 2), (1.5, 3)]) == pytest.approx(2)
    assert waveform_rms(a, b, until=0.5, left_out=[(0, 1)]) is None


def test_weights_end_with_the_one_after_the_last_spike():
    assert weight_sequence(spike_table(I_MEM, DECISIONS)).tolist() == [8, 9, 10, 10, 9]


def test_one_step_leaves_the_dead_band_out():
    # Window 8.6 .. 9.4 nA: a wrong decision, a wrong one within the dead band, two right ones.
    spikes = spike_table([8.0e-9, 8.605e-9, 9.0e-9, 9.6e-9], [0, 1, 0, -1])
    step = one_step(spikes, LearningNeuron(neuron_parameters()), dead_band=10e-12)
    assert (step.equal, step.outside, step.inside) == (2, 3, 1)
    assert step.agreement == pytest.approx(2 / 3)


def test_one_step_uses_the_weight_of_each_spike():
    # 0.2 nA per LSB: at weight 8, the window is at 7.0 .. 7.8 nA.
    spikes = spike_table([7.4e-9], [0])
    neuron = LearningNeuron(neuron_parameters(i_omega=0.2e-9))
    assert one_step(spikes, neuron, dead_band=10e-12).equal == 1


def test_one_step_with_all_in_the_dead_band_shows_no_disagreement():
    spikes = spike_table([8.6e-9], [-1])
    assert one_step(spikes, LearningNeuron(neuron_parameters()), 10e-12).agreement == 1

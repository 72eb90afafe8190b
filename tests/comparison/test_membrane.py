from dataclasses import replace

import numpy as np
import pytest
from synthetic_rows import DURATION, case, run, stimulus

from cosim.comparison.membrane import compare_membranes, match_spikes
from cosim.comparison.tolerances import ReplayTolerances
from ebn_model.errors import InputError

TOLERANCES = ReplayTolerances(spike_window=2e-3, reset=0.0)
TIMES = np.linspace(0, DURATION, 501)
RAMP = np.linspace(9.0, 9.3, 501)


def test_spikes_within_the_window_are_matched():
    match = match_spikes(np.array([0.010, 0.020, 0.030]), np.array([0.011, 0.0225, 0.029]), 2e-3)
    assert (match.matched, match.first, match.second) == (2, 3, 3)
    assert match.f1 == pytest.approx(2 / 3)
    assert match.shift == pytest.approx(0)
    assert match.jitter == pytest.approx(1e-3)


def test_the_shift_says_which_is_later():
    match = match_spikes(np.array([0.010, 0.020]), np.array([0.011, 0.021]))
    assert match.shift == pytest.approx(1e-3)


def test_as_many_as_possible_are_matched():
    # The nearest partner of 2.0 ms is 1.5 ms, which leaves 0 ms without one.
    match = match_spikes(np.array([0.0, 2.0e-3]), np.array([1.5e-3, 3.9e-3]), 2e-3)
    assert match.matched == 2
    assert match.shift == pytest.approx(1.7e-3)


def test_of_those_the_closest():
    match = match_spikes(np.array([10e-3, 11e-3]), np.array([11e-3]), 2e-3)
    assert (match.matched, match.jitter) == (1, 0)
    assert match.f1 == pytest.approx(2 / 3)


def test_each_spike_has_one_partner_only():
    match = match_spikes(np.full(3, 10e-3), np.array([10e-3]), 2e-3)
    assert match.matched == 1
    assert match.f1 == 0.5


def test_trains_without_spikes():
    nothing = np.empty(0)
    assert match_spikes(nothing, nothing).f1 == 1
    alone = match_spikes(np.array([0.01]), nothing)
    assert alone.f1 == 0
    assert np.isnan(alone.jitter)
    assert np.isnan(alone.shift)


@pytest.mark.parametrize("window", [0.0, -1e-3, np.nan])
def test_a_window_must_be_positive(window):
    with pytest.raises(InputError, match="window"):
        match_spikes(np.zeros(1), np.zeros(1), window)


def test_membranes_are_compared_over_time():
    circuit = run((9, 9), (0, 0), waveform=(TIMES, RAMP), spikes=(10e-3, 30e-3))
    model = run((9, 9), (0, 0), waveform=(TIMES, np.full(501, 9.0)), spikes=(10e-3,))
    alike = DURATION / 8
    compared = compare_membranes(case(circuit, model), TOLERANCES, alike)
    assert compared.i_mem_rms == pytest.approx(0.3e-9 / np.sqrt(3))
    assert compared.i_mem_alike_rms == pytest.approx(0.3e-9 / 8 / np.sqrt(3))
    assert compared.spikes.f1 == pytest.approx(2 / 3)


def test_without_a_waveform_there_is_no_rms():
    dropped = run((9, 9), (0, 0), waveform=([], []))
    compared = compare_membranes(case(dropped, run((9, 9), (0, 0))), TOLERANCES, np.inf)
    assert compared.i_mem_rms is compared.i_mem_alike_rms is None


@pytest.mark.parametrize(
    ("until", "forced", "spikes", "stop"),
    [
        (np.inf, None, (), DURATION),
        (20e-3, None, (), 20e-3),
        (20e-3, None, (30e-3,), 20e-3),
        (np.inf, None, (10e-3, 30e-3), 10e-3),
        (np.inf, [10e-3], (10e-3,), DURATION),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_membranes_are_alike_until_a_decision_or_an_own_spike_differs(
    until, forced, spikes, stop, swapped
):
    given = replace(stimulus(), forced_spikes=forced)
    first = run((9, 9), (0, 0), waveform=(TIMES, RAMP), spikes=spikes)
    second = run((9, 9), (0, 0), waveform=(TIMES, np.full(501, 9.0)))
    pair = (second, first) if swapped else (first, second)
    compared = compare_membranes(case(*pair, given), TOLERANCES, until)
    assert compared.i_mem_alike_rms == pytest.approx(0.3e-9 * stop / DURATION / np.sqrt(3))


@pytest.mark.parametrize("step", [10e-6, 0.1e-3])
def test_the_falls_after_forced_spikes_are_no_difference(step):
    """Whether or not the stored points lie close enough to show when the fall began."""
    time = np.arange(0, DURATION, step)
    fallen = np.where(time > 10.05e-3, 9.0, 13.0)
    falling = fallen + np.where(time > 10.05e-3, 4 * np.exp((10.05e-3 - time) / 30e-6), 0)
    spikes = (10.05e-3,)
    given = replace(stimulus(), forced_spikes=list(spikes))
    circuit = run((9, 9), (0, 0), waveform=(time, falling + 0.1), spikes=spikes)
    model = run((9, 9), (0, 0), waveform=(time, fallen), spikes=spikes)
    pair = case(circuit, model, given)
    compared = compare_membranes(pair, TOLERANCES.model_copy(update={"reset": 0.2e-3}), np.inf)
    assert compared.i_mem_alike_rms == pytest.approx(0.1e-9, rel=0.01)
    assert compared.i_mem_rms > 0.104e-9
    assert compare_membranes(pair, TOLERANCES, np.inf).i_mem_alike_rms > 0.104e-9

"""Rows in ngspice: the three views of a row decide and learn alike."""

import numpy as np
import pytest

from cosim.circuits.bias_tables import read_biases
from cosim.circuits.row import VIEWS, RowCircuit
from cosim.circuits.row_readout import I_MEM
from cosim.comparison.spikes import waveform_rms
from cosim.engine.solver_options import SolverOptions
from cosim.engine.worker import run_jobs
from ebn_model.row import RowStimulus

pytestmark = pytest.mark.ngspice

NETWORK = read_biases("network")
WIDE = NETWORK.model_copy(update={"i_omega": 1e-13, "i_sl": 4e-10})
"""The window hardly follows the weight, so that counters come to their ends."""


def stimulus(rises, pre, duration, **changes):
    """Times in ms."""
    values = {"synapses": [2, 5, 7], "pulse_width": 1e-3, "slot": 1e-4}
    return RowStimulus(np.array(rises) * 1e-3, pre, duration=duration * 1e-3, **values | changes)


# Two of three synapses at most have a pulse at a time: the multiplexed view has two DACs.
CASES = {
    # The neuron spikes by itself; pulses overlap with each other and meet its refractory period.
    "free": (
        NETWORK,
        stimulus(
            [1.5, 1.7, 3.0, 3.1, 4.5, 4.7, 6.0, 7.4, 7.6, 8.9, 10.2, 10.4, 11.5, 12.9],
            [2, 5, 7, 5, 2, 5, 2, 7, 5, 2, 5, 7, 2, 5],
            14.5,
            start_codes=[22, -14, 3],
            sub_lsbs=1,
            input_times=np.array([0, 2, 4, 14]) * 1e-3,
            input_current=np.array([0, 200, 400, -100]) * 1e-12,
        ),
    ),
    # Forced; counters at both ends, pulses in the refractory period and beyond the end of the run.
    "forced": (
        WIDE,
        stimulus(
            [2.9, 3.4, 5.2, 5.4, 6.6, 7.0, 7.9, 8.3, 9.0, 9.4],
            [2, 7, 5, 7, 2, 5, 7, 2, 5, 7],
            10.2,
            start_codes=[31, -32, -1],
            forced_spikes=[6.2e-3],
            input_current=[-400e-12],
        ),
    ),
}


TIGHT = SolverOptions(trtol=7)


@pytest.fixture(scope="module")
def runs():
    """Results by case and view, those that take longest first; `tight` is mixed with these
    options."""
    keys = [(case, view) for view in (*VIEWS, "tight") for case in CASES]
    views = {key: _circuit(*key) for key in keys}
    jobs = [views[key].job(CASES[key[0]][1], " ".join(key)) for key in keys]
    return {
        keys[index]: views[keys[index]].result(CASES[keys[index][0]][1], vectors)
        for index, vectors in run_jobs(jobs)
    }


def _circuit(case, view):
    biases = CASES[case][0]
    if view == "tight":
        return RowCircuit("mixed", biases, TIGHT)
    return RowCircuit(view, biases, dacs=2)


def greatest_at_edges(first, second):
    """Greatest difference of I_mem at a rising edge, A."""
    return abs(first.events.i_mem_rise - second.events.i_mem_rise).max()


def test_the_cases_show_what_they_should(runs):
    free, forced = (runs[case, "transistor"] for case in CASES)
    for run in (free, forced):
        assert set(run.events.decision) == {-1, 0, 1}
        assert np.diff(run.events.t_rise).min() < 0.5e-3
    [spike] = free.output_spikes
    after = free.events.t_rise - spike
    assert np.count_nonzero((after > 0) & (after < 2e-3)) == 3
    assert {-1, 1} <= set(np.sign(free.events.weight_before))
    highest, lowest = (forced.events.weight_before == end for end in (31, -32))
    assert (forced.events.decision[highest] == 1).any()
    assert (forced.events.decision[lowest] == -1).any()
    assert (forced.events.weight_after[highest] == 31).all()
    assert (forced.events.weight_after[lowest] == -32).all()
    assert np.isnan(forced.events.t_fall[-1])


@pytest.mark.parametrize("view", ["mixed", "multiplexed", "tight"])
@pytest.mark.parametrize("case", CASES)
def test_all_views_decide_and_learn_alike(runs, case, view):
    transistor, other = runs[case, "transistor"], runs[case, view]
    for column in ("t_rise", "t_fall", "pre", "decision", "weight_before", "weight_after"):
        np.testing.assert_array_equal(
            getattr(other.events, column), getattr(transistor.events, column), column
        )
    np.testing.assert_array_equal(other.final_codes, transistor.final_codes)
    np.testing.assert_allclose(other.output_spikes, transistor.output_spikes, atol=5e-6)


@pytest.mark.parametrize("case", CASES)
def test_mixed_has_the_i_mem_of_the_transistors(runs, case):
    """Up to truncation errors; 1 pA at rising edges and 2 pA over time were measured."""
    transistor, tight = runs[case, "transistor"], runs[case, "tight"]
    assert greatest_at_edges(tight, transistor) < 5e-12
    assert waveform_rms(tight, transistor) < 10e-12


@pytest.mark.parametrize("case", CASES)
def test_the_default_options_of_mixed_cost_little(runs, case):
    """6 pA at rising edges were measured here; I_mem rests at 9 nA."""
    tight, mixed = runs[case, "tight"], runs[case, "mixed"]
    assert greatest_at_edges(mixed, tight) < 20e-12
    assert waveform_rms(mixed, tight) < 20e-12


@pytest.mark.parametrize("case", CASES)
def test_sharing_dacs_changes_little(runs, case):
    """Lines that have the load of the missing DACs, but not the charge that they keep: 0.1 % of a
    pulse of 31 LSB; 10 pA at rising edges were measured."""
    mixed, shared = runs[case, "mixed"], runs[case, "multiplexed"]
    assert greatest_at_edges(shared, mixed) < 20e-12


def test_every_pulse_kicks_the_membrane(runs):
    """31 LSB of excitation raise I_mem by nA, 32 of inhibition only stop what comes in."""
    events = runs["forced", "transistor"].events
    assert events.i_mem_fall[0] - events.i_mem_rise[0] > 2e-9
    alone = runs["forced", "transistor"]
    after = np.interp(6.19e-3, alone.time, alone.i_mem)
    assert after < events.i_mem_rise[2]


def test_a_forced_spike_holds_the_membrane_for_the_refractory_period(runs):
    forced = runs["forced", "transistor"]
    held = (forced.time > 7.5e-3) & (forced.time < 8.1e-3)
    assert np.ptp(forced.i_mem[held]) < 0.05e-9
    assert forced.i_mem[held].mean() == pytest.approx(9.1e-9, abs=0.1e-9)


def test_the_bus_chooses_the_threshold():
    """Both thresholds follow their own weight: one outcome each at the same I_mem, either order."""
    decisions = []
    for pre in ([2, 5], [5, 2]):
        given = stimulus([2.0, 2.1], pre, 4, start_codes=[16, -16, 0])
        row = RowCircuit("mixed")
        [(_, vectors)] = run_jobs([row.job(given, "bus")])
        events = row.result(given, vectors).events
        decisions.append(dict(zip(events.pre.tolist(), events.decision.tolist(), strict=True)))
    assert decisions == [{2: -1, 5: 1}] * 2


def test_the_decision_reaches_all_of_nineteen_synapses():
    """Their latches hang on its lines. The first outcome is INC, as at rest, the second is not."""
    row = RowCircuit("transistor")
    given = RowStimulus(
        rise_times=[2e-4, 3e-4],
        pre=[0, 18],
        synapses=np.arange(19),
        start_codes=[-16] + 18 * [0],
        pulse_width=2e-5,
        slot=1e-4,
        duration=3.4e-4,
        forced_spikes=[],
    )
    [(_, vectors)] = run_jobs([row.job(given, "nineteen")])
    events = row.result(given, vectors).events
    assert events.decision.tolist() == [1, 0]
    assert events.weight_after.tolist() == [-15, 0]


def test_a_run_without_pulses_rests():
    given = stimulus([], [], 3, start_codes=[0, 0, 0])
    for view in VIEWS:
        row = RowCircuit(view)
        [(_, vectors)] = run_jobs([row.job(given, view)])
        result = row.result(given, vectors)
        assert len(result.events) == 0
        assert result.final_codes.tolist() == [0, 0, 0]
        assert np.ptp(result.i_mem) < 5e-12


def test_the_raw_file_has_i_mem(tmp_path):
    given = stimulus([], [], 1, start_codes=[0, 0, 0])
    path = tmp_path / "row.raw"
    list(run_jobs([RowCircuit().job(given, "raw", raw_path=path)]))
    assert I_MEM.encode() in path.read_bytes()

"""The mixed view against the transistor view, and its logic against plain arithmetic."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import stimulus

from cosim.circuits.conditions import Conditions
from cosim.circuits.learning_logic import LearningLogic, latched_decision
from cosim.circuits.mixed_neuron import I_MEM, MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.neuron_logic import DigitalNeuron
from cosim.comparison.spikes import compare, waveform_rms
from cosim.engine.solver_options import SolverOptions
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import DeckError
from ebn_model.errors import InputError
from ebn_model.stimulus import poisson_spikes

pytestmark = pytest.mark.ngspice

# The logic.


@pytest.mark.parametrize("sub_lsbs", [-1, 5, 1.5, "1", True, None])
def test_a_bad_number_of_sub_lsbs_is_refused(biases, sub_lsbs):
    with pytest.raises(InputError, match=r"^sub_lsbs = .* is not an integer in 0 \.\. 4"):
        MixedCircuit(biases, sub_lsbs=sub_lsbs)


@pytest.mark.parametrize(
    ("inc", "sl", "decision"),
    [(True, False, 1), (False, True, 0), (False, False, -1), (True, True, 0)],
)
def test_a_decision_is_latched(inc, sl, decision):
    assert latched_decision(inc, sl) == decision


@pytest.mark.parametrize("weight", range(-32, 32))
def test_the_outputs_are_magnitude_sign_and_steered_pulse(weight):
    logic = LearningLogic(weight)
    steps = [lambda: None, lambda: logic.rise(False, True), logic.fall]
    for step, pulse in zip(steps, (False, True, False), strict=True):
        step()
        levels = logic.outputs
        magnitude = sum(levels[f"m{bit}"] << bit for bit in range(5)) + levels["sign"]
        assert magnitude == abs(weight)
        assert levels["sign"] == (weight < 0) != levels["sign_b"]
        assert levels["pulse_exc"] == (pulse and weight >= 0)
        assert levels["pulse_inh"] == (pulse and weight < 0)
        assert levels["pulse_b"] == (not pulse)


@pytest.mark.parametrize("extra", [False, True])
def test_the_surroundings_follow_the_stimulus(extra):
    """A spike at the end of the reset is one event with it."""
    given = stimulus([3e-3, 6e-3], reset_until=3e-3, duration=6.5e-3, extra_synapse=extra)
    around = DigitalNeuron(given, 0, Conditions().levels)
    seen = [(0.0, dict(around.levels))]
    time = around.first_event
    while time < given.duration:
        action = around.act(time, {"v(win_inc)": 1.8, "v(win_sl)": 0.0})
        seen.append((time, action.levels))
        time = action.next_event
    assert [time for time, _ in seen] == pytest.approx([0, 3e-3, 4.01e-3, 6e-3])
    assert [levels["vreset"] for _, levels in seen] == [1.8, 0, 0, 0]
    pulses = [0, 1.8, 0, 1.8]
    assert [levels["vpulse_exc"] for _, levels in seen] == pulses
    assert [levels["vextra"] for _, levels in seen] == [extra * level for level in pulses]
    assert all(levels["vextra"] + levels["vextra_b"] == 1.8 for _, levels in seen)
    record = around.record()
    assert record["decision"].tolist() == [1, 1]
    assert record["weight"].tolist() == [31]


# The view against the transistor view, with the same solver options.

STIMULI = {
    # The weight changes its sign, at irregular times; DEC, SL and INC; extra synapse.
    "both signs": stimulus(
        poisson_spikes(300, 2.6e-3, 38e-3, 1.3e-3, seed=6),
        duration=40e-3,
        start_weight=-2,
        extra_synapse=True,
    ),
    "saturation": stimulus(4e-3 + 1.5e-3 * np.arange(8), duration=17e-3, start_weight=28),
}


@pytest.fixture(scope="module")
def runs(biases):
    """Results of both views for each of the stimuli."""
    views = [view(biases, SolverOptions()) for view in (TransistorCircuit, MixedCircuit)]
    jobs = [view.job(given, name) for name, given in STIMULI.items() for view in views]
    vectors = dict(run_jobs(jobs))
    return {
        name: [view.result(given, vectors[2 * k + offset]) for offset, view in enumerate(views)]
        for k, (name, given) in enumerate(STIMULI.items())
    }


def test_the_stimuli_show_what_they_should(runs):
    both, saturation = (runs[name][0].spikes for name in STIMULI)
    assert set(both.decision) == {-1, 0, 1}
    assert both.weight_after.min() < 0 < both.weight_after.max()
    assert saturation.decision[saturation.weight_before == 31].max() == 1


@pytest.mark.parametrize("name", STIMULI)
def test_both_views_decide_and_learn_alike(runs, name):
    transistor, mixed = (run.spikes for run in runs[name])
    for column in ("t_rise", "t_fall", "decision", "weight_before", "weight_after"):
        np.testing.assert_array_equal(getattr(mixed, column), getattr(transistor, column))


@pytest.mark.parametrize("name", STIMULI)
def test_both_views_have_the_same_i_mem(runs, name):
    """Up to the truncation errors of other time points: 0.7 pA of 16 nA."""
    transistor, mixed = runs[name]
    comparison = compare(mixed, transistor)
    assert comparison.i_mem_rms < 1e-12
    assert comparison.i_mem_rise_rms < 1e-12


@pytest.fixture(scope="module")
def mixed_runs(biases):
    """The 40 ms with the view's own options, with a tight solver, and with sub-LSBs."""
    given = STIMULI["both signs"]
    tight = SolverOptions(reltol=1e-6, trtol=1, chgtol=1e-15, max_step=2e-5, bypass=0)
    views = [MixedCircuit(biases), MixedCircuit(biases, tight), MixedCircuit(biases, sub_lsbs=2)]
    vectors = dict(run_jobs([view.job(given, "mixed") for view in views]))
    return [view.result(given, vectors[index]) for index, view in enumerate(views)]


def test_the_views_own_options_are_accurate(mixed_runs):
    default, tight, _ = mixed_runs
    assert waveform_rms(default, tight) < 5e-12
    assert default.spikes.weight_after.tolist() == tight.spikes.weight_after.tolist()


def test_each_view_with_its_own_options_has_the_same_i_mem(biases, runs, mixed_runs):
    """With trtol = 10 the transistor view errs by more than that."""
    given, view = STIMULI["both signs"], TransistorCircuit(biases)
    [(_, vectors)] = run_jobs([view.job(given, "transistor")])
    transistor = view.result(given, vectors)
    mixed, looser = mixed_runs[0], runs["both signs"][0]
    assert compare(mixed, transistor).i_mem_rms < 2e-12 < compare(mixed, looser).i_mem_rms


def test_sub_lsbs_slow_the_weight(mixed_runs):
    spikes = mixed_runs[-1].spikes
    accumulator = -2 * 4 + 2 + np.cumsum(spikes.decision)
    assert spikes.weight_after.tolist() == (accumulator // 4).tolist()
    assert spikes.weight_before.tolist() == [-2, *spikes.weight_after[:-1]]
    assert len(set(spikes.weight_after)) > 1


# The job and its result.


def test_a_pulse_that_outlasts_the_run_decides_without_a_step(biases):
    given = stimulus([4e-3, 5.5e-3], duration=6e-3, start_weight=8)
    mixed = MixedCircuit(biases)
    [(_, vectors)] = run_jobs([mixed.job(given, "cut")])
    spikes = mixed.result(given, vectors).spikes
    assert np.isnan(spikes.t_fall).tolist() == np.isnan(spikes.i_mem_fall).tolist() == [False, True]
    assert spikes.decision.tolist() == [1, 1]
    assert spikes.weight_before.tolist() == [8, 9]
    assert spikes.weight_after.tolist() == [9, 9]


def test_a_run_without_spikes_has_an_empty_table(biases):
    given = stimulus([], duration=3e-3)
    mixed = MixedCircuit(biases)
    [(_, vectors)] = run_jobs([mixed.job(given, "silent")])
    result = mixed.result(given, vectors)
    assert len(result.spikes) == 0
    assert set(result.weight) == {30}


def test_every_edge_is_expected(biases):
    job = MixedCircuit(biases).job(stimulus(), "run")
    middles = np.array([4.005e-3, 5.015e-3, 9.005e-3, 10.015e-3])
    expected = np.ravel(middles[:, np.newaxis] + [0, DigitalNeuron.edge])
    np.testing.assert_allclose(job.edges, expected, atol=1e-14)


def test_edges_too_close_are_refused(biases):
    with pytest.raises(InputError, match="pulse_width"):
        MixedCircuit(biases).job(stimulus(pulse_width=10e-6), "run")


def test_a_faulty_deck_is_an_error(biases):
    job = MixedCircuit(biases).job(stimulus(), "faulty")
    with pytest.raises(DeckError, match=r"^faulty: .*x1 a nosuch"):
        list(run_jobs([replace(job, deck=job.deck.append("x1 a nosuch", "fault"))]))


def test_the_raw_file_has_i_mem(biases, tmp_path):
    given = stimulus([], duration=1e-3, reset_until=0.0)
    job = MixedCircuit(biases).job(given, "raw", raw_path=tmp_path / "mixed.raw")
    list(run_jobs([job]))
    assert I_MEM.encode() in (tmp_path / "mixed.raw").read_bytes()

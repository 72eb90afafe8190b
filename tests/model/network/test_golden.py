"""Golden runs, ours or those of EBN_GOLDEN_DIR, through the loop that LifNetwork.run uses."""

import os
from pathlib import Path

import numpy as np
import pytest
from golden_format import CASES, FOLDER, golden_case
from reference import simulate

from ebn_model.lif.arrays import LAST, NOW, PRESENT, Cells, Rule
from ebn_model.lif.blocks import activity_at_rest, blocks
from ebn_model.lif.recorder import Recorder
from ebn_model.network.decoding import decode
from ebn_model.network.mismatch import Mismatch
from ebn_model.network.parameters import NetworkParameters
from ebn_model.network.results import LearnedState

DIRECTORY = Path(os.environ.get("EBN_GOLDEN_DIR", FOLDER))
FILES = sorted(DIRECTORY.glob("golden_*.npz"))


def test_there_are_golden_files():
    assert FILES, f"no golden_*.npz in {DIRECTORY}"


def cells_of(golden):
    dt, count = float(golden["dt"]), int(golden["N"])
    return Cells(
        dt=dt,
        least=float(golden["min_delta"]),
        end=int(golden["num_timesteps"]) * dt,
        tau_fast=float(golden["tau_syn_fast"]),
        tau_slow=float(golden["tau_syn_slow"]),
        tau_mem=np.full(count, float(golden["tau_mem"])),
        threshold=golden["v_thresh"],
        bias=golden["bias"],
        refractory=float(golden["refractory"]),
        fast=False,
        rate=np.empty(count),
        kept=0.0,
        input_gain=np.zeros((1, count)),
        slow=np.ascontiguousarray(golden["weights_slow"].T),
        has_slow=bool(golden["weights_slow"].any()),
    )


def rule_of(golden):
    count, step = int(golden["N"]), float(golden["granularity"])
    ones = np.ones((count, count))
    return Rule(
        learn=bool(golden["training"]),
        gain=float(golden["tau_mem"]),
        dead_zone=np.full(count, step / 2 + float(golden["margin"])),
        subtract_rest=False,
        diagonal=True,
        diagonal_step=float(golden["dreset"]),
        seen=ones,
        synapse=ones,
        stuck=np.zeros((count, count), dtype=bool),
        lsb=step,
        lowest=-np.inf,
        highest=np.inf,
        counts=1,
    )


def state_of(golden):
    weights = golden["weights_fast_init"]
    fraction = np.zeros(weights.shape, dtype=int)
    return LearnedState(weights, fraction, golden["v_reset_init"], golden["v_rest_init"])


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def golden(request):
    with np.load(request.param) as file:
        return dict(file)


@pytest.fixture
def run(golden):
    """The activity at the end of a golden run, and the recorder; its input is `static_input`."""
    cells, state, rows = cells_of(golden), state_of(golden), golden["static_input"]
    activity = activity_at_rest(state, np.ascontiguousarray(state.weights.T), learn=True)
    recorder, command = Recorder(int(golden["N"]), membrane=True), np.zeros((len(rows), 1))
    given = 0

    def added(block):
        nonlocal given
        block[:] = 0.0
        block[: len(rows) - given] = rows[given : given + len(block)]
        given += len(block)

    for record in blocks(command, added, cells, rule_of(golden), activity, True, block=100):
        recorder.add(record)
    return activity, recorder


def test_every_step_and_spike_is_the_golden_one(golden, run):
    times, channels = run[1].steps()
    np.testing.assert_array_equal(times, golden["step_times"])
    np.testing.assert_array_equal(channels, golden["step_channels"])
    spike_times, spike_neurons = run[1].spikes()
    np.testing.assert_array_equal(spike_times, golden["spike_times"])
    np.testing.assert_array_equal(spike_neurons, golden["spike_neurons"])


def test_every_membrane_is_the_golden_one(golden, run):
    v = run[1].step_membrane()
    expected = golden["v_after_step"]
    # The original writes its final state over the last row.
    rows = min(len(expected), len(v) - 1)
    np.testing.assert_array_equal(v[:rows], expected[:rows])


def test_every_update_is_the_golden_one(golden, run):
    updates = run[1].updates()
    np.testing.assert_array_equal(updates.time, golden["upd_time"])
    np.testing.assert_array_equal(updates.post, golden["upd_n"])
    np.testing.assert_array_equal(updates.pre, golden["upd_k"])
    np.testing.assert_array_equal(updates.delta, golden["upd_delta"])


def test_the_end_is_the_golden_one(golden, run):
    activity, cells = run[0], cells_of(golden)
    np.testing.assert_array_equal(activity.weights, golden["weights_fast_final"])
    np.testing.assert_array_equal(activity.v_reset, golden["v_reset_final"])
    np.testing.assert_array_equal(activity.v_rest, golden["v_rest_final"])
    present = activity.flags[PRESENT]
    for states, name in (
        (activity.v, "v_final_state"),
        (activity.i_fast, "I_fast_final"),
        (activity.i_slow, "I_slow_final"),
    ):
        now, last = states[present], states[1 - present]
        # The original takes its states back from the end of the last step to that of the run.
        back = (now - last) / cells.dt * (activity.clock[NOW] - cells.end) + last
        np.testing.assert_array_equal(back, golden[name])
    assert activity.clock[LAST] == golden["step_times"][-1]


def test_the_output_is_the_golden_one(golden):
    parameters = NetworkParameters.model_construct(
        dt=float(golden["dt"]), tau_out=float(golden["tau_syn_out"])
    )
    times, neurons = golden["spike_times"], golden["spike_neurons"]
    steps = int(golden["num_timesteps"])
    output = decode(times, neurons, golden["weights_out"].T, parameters, steps)
    np.testing.assert_allclose(output, golden["output"], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("number", "name"), list(enumerate(CASES)), ids=list(CASES))
def test_our_golden_files_are_what_the_reference_makes(number, name):
    made = golden_case(seed=number, **CASES[name])
    with np.load(FOLDER / f"golden_{name}.npz") as file:
        assert set(file) == set(made)
        for key in ("spike_neurons", "upd_n", "upd_k"):
            np.testing.assert_array_equal(file[key], made[key])


def test_the_reference_is_the_golden_run(golden):
    """So that the reference, from which our files come, is held against others' files too."""
    step = float(golden["granularity"])
    parameters = NetworkParameters.model_construct(
        dt=float(golden["dt"]),
        tau_mem=float(golden["tau_mem"]),
        tau_fast=float(golden["tau_syn_fast"]),
        tau_slow=float(golden["tau_syn_slow"]),
        refractory=float(golden["refractory"]),
        bits=6,
        full_scale=step * 2**5,
        saturate=False,
        rule=NetworkParameters().rule.model_copy(
            update={"margin": float(golden["margin"]), "diagonal_step": float(golden["dreset"])}
        ),
    )
    run = simulate(
        parameters,
        golden["v_thresh"],
        state_of(golden),
        Mismatch.none(int(golden["N"])),
        golden["static_input"],
        bool(golden["training"]),
        golden["weights_slow"],
        golden["bias"],
    )
    np.testing.assert_array_equal(run.step_times, golden["step_times"])
    np.testing.assert_array_equal(run.step_channels, golden["step_channels"])
    np.testing.assert_array_equal(run.weights, golden["weights_fast_final"])
    np.testing.assert_array_equal(run.v_rest, golden["v_rest_final"])
    for found, name in zip(
        run.final, ("v_final_state", "I_fast_final", "I_slow_final"), strict=True
    ):
        np.testing.assert_array_equal(found, golden[name])

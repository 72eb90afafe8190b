import tracemalloc
import warnings
from dataclasses import replace

import numpy as np
import pytest
from lif_cases import MISMATCH, assert_same_result, command_of, expected, network_of

from ebn_model.errors import InputError
from ebn_model.lif import blocks as lif_blocks
from ebn_model.lif.network import LifNetwork, UnstableWarning
from ebn_model.network.decoding import decode
from ebn_model.network.files import load, save
from ebn_model.network.mismatch import Mismatch
from ebn_model.network.parameters import NetworkParameters, TaskParameters
from ebn_model.network.training import Training, train


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize("membrane", [False, True])
def test_results_do_not_depend_on_the_blocks(monkeypatch, noise, inputs, membrane):
    network = network_of(noise=noise, inputs=inputs)
    command = command_of(inputs)

    def run():
        return network.run(command, learn=True, seed=5, record_membrane=membrane)

    whole = run()
    assert len(whole.spike_times) > 10
    for room in (1, 9 * 2, 9 * 37):
        monkeypatch.setattr(lif_blocks, "_ROOM", room)
        assert_same_result(run(), whole)


def test_recording_the_membrane_changes_nothing_else():
    """With membranes every step is made on its own, without them silent ones together."""
    network, command = network_of(refractory=1e-3, noise=0.02), command_of()
    plain, recorded = (
        network.run(command, learn=True, seed=4, record_membrane=membrane)
        for membrane in (False, True)
    )
    assert plain.membrane.shape == (0, 9)
    assert len(recorded.membrane_times) == len(recorded.membrane) > 1000
    assert (np.diff(recorded.membrane_times) > 0).all()
    empty = {"membrane": plain.membrane, "membrane_times": plain.membrane_times}
    assert_same_result(replace(recorded, **empty), plain)


def test_recorded_membranes_are_those_that_lasted():
    network, command = network_of(), command_of()
    run, result = expected(network, command, False), network.run(command, record_membrane=True)
    lasted = np.append(np.array(run.step_channels[1:]) < 0, True)
    np.testing.assert_array_equal(result.membrane, np.array(run.v_after_step)[lasted])
    np.testing.assert_array_equal(result.membrane_times, np.array(run.step_times)[lasted] + 1e-4)


def test_trainings_in_parts_are_one_training():
    task = TaskParameters(duration=0.1, validation=1, checkpoint=2)
    start = Training(LifNetwork.build(NetworkParameters(neurons=6, initial="zero"), 2), task, 2)
    whole, parts = train(start, 4), train(train(start, 1), 3)
    assert_same_result(parts.network.state, whole.network.state)
    assert_same_result(parts.history, whole.history)
    assert np.any(whole.network.state.weights)


@pytest.mark.parametrize("inputs", [2, 3])
def test_the_fast_kernel_differs_by_rounding(inputs):
    network = network_of(neurons=60, inputs=inputs, mismatch=MISMATCH)
    command = command_of(inputs, duration=0.05)
    strict, fast = (network.run(command, kernel=kernel) for kernel in ("strict", "fast"))
    assert len(strict.spike_times) > 10
    np.testing.assert_array_equal(fast.spike_neurons, strict.spike_neurons)
    np.testing.assert_allclose(fast.spike_times, strict.spike_times, rtol=0, atol=1e-12)
    assert not np.array_equal(fast.spike_times, strict.spike_times)


def test_the_fast_kernel_is_the_strict_one_where_no_steps_are_made_together():
    network, command = network_of(noise=0.01), command_of()
    membranes, slow = {"record_membrane": True}, np.full((9, 9), 0.5)
    for one, options in ((network, membranes), (replace(network, slow_weights=slow), {})):
        runs = [one.run(command, seed=1, kernel=kernel, **options) for kernel in ("strict", "fast")]
        assert_same_result(*runs)


def test_an_unknown_kernel_is_named():
    with pytest.raises(InputError, match="kernel = 'fastest' is not one of strict, fast"):
        network_of().run(command_of(), kernel="fastest")


def test_learning_leaves_the_network_as_it_was():
    network = network_of()
    before = [values.copy() for values in vars(network.state).values()]
    first = network.run(command_of(), learn=True)
    assert len(first.updates.time)
    for now, then in zip(vars(network.state).values(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert_same_result(network.run(command_of(), learn=True), first)


def test_noise_comes_from_the_seed():
    network, command = network_of(noise=0.05), command_of()
    one, again, other = (network.run(command, seed=seed) for seed in (1, 1, 2))
    assert_same_result(one, again)
    assert not np.array_equal(one.spike_times, other.spike_times)
    silent = network.run(command)
    assert silent.seed is None
    assert_same_result(silent, network_of(noise=0.0).run(command))


def test_noise_is_that_of_two_sources():
    """Of a neuron that doesn't fire: v is an average of the noise over tau_mem."""
    network = network_of(noise=0.1, neurons=400, nu=10.0, mu=1.0)
    result = network.run(np.zeros((3001, 2)), seed=1, record_membrane=True)
    assert not len(result.spike_times)
    decay = 1e-4 / 50e-3
    variance = 2 * 0.1**2 * decay**2 / (1 - (1 - decay) ** 2)
    settled = result.membrane[-1] - network.state.v_rest
    assert np.std(settled) == pytest.approx(np.sqrt(variance), rel=0.1)


def test_output_is_decoded_from_the_spikes():
    network, command = network_of(), command_of()
    result = network.run(command)
    p = network.parameters
    output = decode(result.spike_times, result.spike_neurons, network.decoder, p, 1500)
    np.testing.assert_array_equal(result.output, output)
    np.testing.assert_array_equal(result.output_times, np.arange(1501) * 1e-4)
    assert result.duration == pytest.approx(0.15)


def test_progress_reaches_the_end():
    seen = []
    network_of(noise=0.01).run(command_of(), seed=1, on_progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(0.15)


def test_memory_does_not_grow_with_the_run():
    network = network_of(neurons=200, noise=0.01)

    def peak(duration):
        command = np.zeros((round(duration * 1e4) + 1, 2))
        network.run(command[:2], seed=1)
        tracemalloc.start()
        network.run(command, seed=1)
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return memory

    short, long = peak(0.2), peak(1.0)
    # What may grow is the output, its decoding and its times: some 20 numbers a step, not 200.
    assert long - short < 8000 * 20 * 8


def test_a_runaway_network_is_named_with_its_rate():
    network = network_of()
    wild = replace(network.state, weights=np.full((9, 9), 200.0))
    with pytest.warns(UnstableWarning, match=r"\d+ spikes/s per neuron") as caught:
        replace(network, state=wild).run(command_of())
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network.run(command_of())


def test_build_draws_from_the_seed():
    parameters = NetworkParameters(mismatch=MISMATCH)
    one, again, other = (LifNetwork.build(parameters, seed) for seed in (1, 1, 2))
    assert_same_result(one.state, again.state)
    assert_same_result(one.mismatch, again.mismatch)
    np.testing.assert_array_equal(one.decoder, again.decoder)
    assert not np.array_equal(one.decoder, other.decoder)
    assert not np.array_equal(one.mismatch.weight, other.mismatch.weight)


def test_a_network_can_be_saved_and_goes_on_with_the_same_bits(tmp_path):
    network = network_of(rule={"sub_lsbs": 2}, mismatch=MISMATCH)
    network = replace(network, bias=np.linspace(-0.1, 0.1, 9))
    save(network, tmp_path / "network.h5")
    loaded = load(tmp_path / "network.h5", LifNetwork)
    command = command_of()
    assert_same_result(loaded.run(command, learn=True), network.run(command, learn=True))
    training = Training(network, TaskParameters(duration=0.1), 1)
    save(training, tmp_path / "training.h5")
    again = load(tmp_path / "training.h5", Training, (LifNetwork,))
    assert_same_result(again.network.state, network.state)


def test_learning_finds_the_optimal_weights():
    task = TaskParameters(validation=2)
    start = Training(LifNetwork.build(NetworkParameters(initial="zero"), 3), task, 3)
    history = train(start, 21).history
    assert history.correlation[-1] > 0.9
    assert history.distance[-1] < 0.15 < history.distance[0]
    assert history.decoding_error[-1] < 0.9 * history.decoding_error[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"decoder": np.ones((3, 9))}, r"decoder of shape \(3, 9\) is not \(2, 9\)"),
        ({"decoder": np.full((2, 9), np.nan)}, "decoder must be finite"),
        ({"slow_weights": np.ones((9, 8))}, r"slow_weights of shape \(9, 8\)"),
        ({"bias": np.ones(8)}, r"bias of shape \(8,\)"),
        ({"bias": np.full(9, np.inf)}, "bias must be finite"),
        ({"mismatch": Mismatch.none(8)}, r"mismatch.weight of shape \(8, 8\)"),
    ],
)
def test_bad_arrays_are_named(change, message):
    with pytest.raises(InputError, match=message):
        replace(network_of(), **change)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("weights", np.full((9, 9), np.nan), "state.weights must be finite"),
        ("v_rest", np.ones(8), r"state.v_rest of shape \(8,\)"),
        ("fraction", np.full((9, 9), 1), r"state.fraction must be integers in 0 .. 0"),
        ("fraction", np.full((9, 9), -1), r"state.fraction must be integers in 0 .. 0"),
    ],
)
def test_bad_states_are_named(name, values, message):
    network = network_of()
    with pytest.raises(InputError, match=message):
        replace(network, state=replace(network.state, **{name: values}))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (np.zeros((100, 3)), r"command of shape \(100, 3\) is not \(steps \+ 1, inputs = 2\)"),
        (np.zeros(100), r"command of shape \(100,\)"),
        (np.zeros((1, 2)), r"command of shape \(1, 2\)"),
        (np.full((100, 2), np.nan), "command must be finite"),
    ],
)
def test_bad_commands_are_named(command, message):
    with pytest.raises(InputError, match=message):
        network_of().run(command)

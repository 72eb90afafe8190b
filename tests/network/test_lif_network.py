import tracemalloc
import warnings
from dataclasses import fields, replace

import numpy as np
import pytest
import reference

from ebn_model.errors import InputError
from ebn_model.network import lif_blocks
from ebn_model.network.decoding import decode
from ebn_model.network.evaluation import draw_trial
from ebn_model.network.files import load, save
from ebn_model.network.inputs import sine_command
from ebn_model.network.lif_network import LifNetwork, UnstableWarning
from ebn_model.network.mismatch import Mismatch
from ebn_model.network.parameters import NetworkParameters, TaskParameters
from ebn_model.network.results import LearnedState
from ebn_model.network.seeds import Purpose
from ebn_model.network.training import Training, train

MISMATCH = {"weight": 0.3, "threshold": 0.2, "tau_mem": 0.2, "stuck": 0.2}
RULES = {
    "paper": {},
    "kick": {"gain": "kick", "dead_zone": 0.6},
    "own dead zone": {"dead_zone_per_threshold": 0.4, "diagonal": False},
    "margin": {"margin": 0.1, "diagonal_step": 0.03},
    "from rest": {"subtract_rest": True},
    "nominal": {"sees": "nominal"},
    "sub-LSBs": {"sub_lsbs": 2, "dead_zone": 0.3},
}

runaway = pytest.mark.filterwarnings("ignore::ebn_model.network.lif_network.UnstableWarning")
"""Of networks that run away on purpose: with more spikes than steps the order matters most."""


def command_of(inputs=2, duration=0.15, amplitude=350.0):
    frequencies = np.arange(7.0, 7.0 + 3 * inputs, 3.0)
    phases = np.arange(inputs)
    return sine_command(np.full(inputs, amplitude), frequencies, phases, duration, 1e-4)


def network_of(seed=3, **changes):
    """A small network that fires: half of the optimal weights, drawn resets."""
    network = LifNetwork.build(NetworkParameters(**{"neurons": 9, "noise": 0.0} | changes), seed)
    generator = np.random.default_rng(seed)
    optimal, count = network.optimal_state, network.parameters.neurons
    lsb = network.parameters.lsb
    state = LearnedState(
        weights=np.rint(optimal.weights / 2 / lsb) * lsb,
        fraction=optimal.fraction,
        v_reset=0.2 * generator.standard_normal(count),
        v_rest=0.2 * generator.standard_normal(count),
    )
    return replace(network, state=state)


def expected(network, command, learn):
    """The same run by the reference."""
    drive = reference.static_input(command, network.decoder, network.parameters)
    return reference.simulate(
        network.parameters,
        network.thresholds,
        network.state,
        network.mismatch,
        drive,
        learn,
        network.slow_weights,
        network.bias,
    )


def assert_equals_reference(network, command, learn=True, least_updates=5):
    run, result = expected(network, command, learn), network.run(command, learn=learn)
    spikes = run.spikes
    assert len(spikes) > 10
    np.testing.assert_array_equal(result.spike_times, np.array(run.step_times)[spikes])
    np.testing.assert_array_equal(result.spike_neurons, np.array(run.step_channels)[spikes])
    updates = result.updates
    assert len(updates.time) >= (least_updates if learn else 0)
    columns = zip(*run.updates, strict=True) if run.updates else [()] * 4
    for found, column in zip(
        (updates.time, updates.post, updates.pre, updates.delta), columns, strict=True
    ):
        np.testing.assert_array_equal(found, column)
    for name in ("weights", "fraction", "v_reset", "v_rest"):
        np.testing.assert_array_equal(getattr(result.state, name), getattr(run, name))


def assert_same_result(first, second):
    for field in fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if isinstance(one, np.ndarray):
            np.testing.assert_array_equal(one, other)
        elif isinstance(one, float | int | None):
            assert one == other
        else:
            assert_same_result(one, other)


@pytest.mark.parametrize("mismatch", [{}, MISMATCH], ids=["nominal", "mismatch"])
@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_rule_is_the_reference(rule, mismatch):
    assert_equals_reference(network_of(rule=rule, mismatch=mismatch), command_of())


@runaway
@pytest.mark.parametrize(
    "changes",
    [
        {"refractory": 2e-3},
        {"refractory": 2.5e-4, "neurons": 3},
        {"saturate": True, "bits": 3, "full_scale": 20.0},
        {"saturate": True, "full_scale": 9.0, "rule": {"sub_lsbs": 1, "dead_zone": 0.2}},
        {"full_scale": 0.3 * 32},
        {"tau_fast": 2e-3, "tau_mem": 20e-3, "tau_out": 20e-3, "nu": 1e-2},
        {"neurons": 40, "mismatch": MISMATCH},
    ],
    ids=["refractory", "short", "saturate", "counter", "odd LSB", "time constants", "many"],
)
@pytest.mark.parametrize("inputs", [2, 3])
def test_every_dynamics_is_the_reference(changes, inputs):
    """With two inputs, silent steps are made together; with three, one by one."""
    network = network_of(inputs=inputs, **changes)
    for learn in (False, True):
        assert_equals_reference(network, command_of(inputs), learn)


@runaway
def test_slow_weights_and_bias_are_the_reference():
    network = network_of()
    generator = np.random.default_rng(1)
    slow = 5 * generator.standard_normal((9, 9))
    bias = 0.3 * generator.standard_normal(9)
    assert_equals_reference(replace(network, bias=bias), command_of())
    assert_equals_reference(replace(network, slow_weights=slow, bias=bias), command_of())


def test_a_membrane_that_begins_above_threshold_fires_at_once():
    network = network_of()
    state = replace(network.state, v_rest=np.where(np.arange(9) == 4, 5.0, 0.0))
    network = replace(network, state=state)
    result = network.run(command_of())
    assert result.spike_neurons[0] == 4
    assert_equals_reference(network, command_of(), learn=False)


def test_random_networks_are_the_reference():
    for seed in range(8):
        generator = np.random.default_rng(seed)
        rule = list(RULES.values())[generator.integers(len(RULES))]
        network = network_of(
            seed=seed,
            neurons=int(generator.integers(2, 15)),
            refractory=float(generator.choice([0.0, 1e-3])),
            tau_fast=float(generator.uniform(0.5e-3, 3e-3)),
            mismatch={name: value * generator.random() for name, value in MISMATCH.items()},
            rule=rule,
        )
        amplitude = float(generator.uniform(200, 400))
        assert_equals_reference(network, command_of(amplitude=amplitude), least_updates=1)


def test_no_mismatch_has_the_bits_of_the_original():
    network = network_of()
    drawn, none = network.mismatch, Mismatch.none(9)
    for name in ("weight", "threshold", "tau_mem", "stuck"):
        np.testing.assert_array_equal(getattr(drawn, name), getattr(none, name))


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("inputs", [1, 2])
def test_results_do_not_depend_on_the_blocks(monkeypatch, noise, inputs):
    network = network_of(noise=noise, inputs=inputs)
    command = command_of(inputs)

    def run():
        return network.run(command, learn=True, seed=5, record_membrane=True)

    whole = run()
    assert len(whole.spike_times) > 10
    for room in (1, 9 * 2, 9 * 37):
        monkeypatch.setattr(lif_blocks, "_ROOM", room)
        assert_same_result(run(), whole)


def test_recording_the_membrane_changes_nothing_else():
    network, command = network_of(refractory=1e-3), command_of()
    plain, recorded = network.run(command), network.run(command, record_membrane=True)
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


def test_the_fast_kernel_differs_by_rounding():
    network, command = network_of(neurons=60, mismatch=MISMATCH), command_of(duration=0.05)
    strict, fast = (network.run(command, kernel=kernel) for kernel in ("strict", "fast"))
    assert len(strict.spike_times) > 10
    np.testing.assert_array_equal(fast.spike_neurons, strict.spike_neurons)
    np.testing.assert_allclose(fast.spike_times, strict.spike_times, rtol=0, atol=1e-12)
    assert not np.array_equal(fast.spike_times, strict.spike_times)


def test_the_fast_kernel_is_the_strict_one_where_no_steps_are_made_together():
    for network in (network_of(noise=0.01), network_of(inputs=3)):
        command = command_of(network.parameters.inputs)
        runs = [network.run(command, seed=1, kernel=kernel) for kernel in ("strict", "fast")]
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
    trial = draw_trial(start.network.parameters, task, 3, Purpose.TEST)
    assert trial.command.shape == (10001, 2)


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

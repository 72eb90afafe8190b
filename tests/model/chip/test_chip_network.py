import warnings
from dataclasses import replace

import numpy as np
import pytest
from chip_reference import simulate

from ebn_model.chip import blocks as chip_blocks
from ebn_model.chip.blocks import activity_at_rest, blocks
from ebn_model.chip.kernel import MEM, RISES
from ebn_model.chip.mapping import input_gain
from ebn_model.chip.network import (
    BusOverloadWarning,
    ChipNetwork,
    chip_state,
    optimal_codes,
)
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.learning_neuron import output_current
from ebn_model.network.fields import CHIP_UNITS
from ebn_model.network.files import load, save
from ebn_model.network.inputs import sine_command
from ebn_model.network.parameters import MismatchParameters, TaskParameters
from ebn_model.network.training import Training, assess, train
from ebn_model.validation import Table, validated

DURATION = 0.1
NO_SPIKE = ChipParameters().neuron.model_copy(update={"spike": None})


def command(amplitude=250.0, duration=DURATION):
    """Two inputs that go around each other, strong enough for spikes."""
    level, frequency = np.full(2, amplitude), np.array([20.0, 31.0])
    return sine_command(level, frequency, np.array([0.0, 1.0]), duration, 1e-4)


def network(seed=1, **changes):
    return ChipNetwork.build(ChipParameters(**{"neurons": 5, **changes}), seed)


def dies(count, spread=0.05):
    """Constants of neurons that are a die each: every one of them differs from neuron to neuron."""
    normals = np.random.default_rng(count).standard_normal
    nominal = ChipParameters().neuron
    # The nominal one is too small to change a decision.
    decision = nominal.decision.model_copy(update={"i_sign": 200e-12})
    base = nominal.model_copy(update={"decision": decision})
    return tuple(deviating(base, lambda: np.exp(spread * normals())) for _ in range(count))


def deviating(table, factor):
    """A table of constants, each of which is multiplied by a factor of its own."""
    values = {
        name: deviating(value, factor) if isinstance(value, Table) else value * float(factor())
        for name, value in table
    }
    return type(table)(**values)


def same(one, other):
    return (
        np.array_equal(one.spike_times, other.spike_times)
        and np.array_equal(one.spike_neurons, other.spike_neurons)
        and np.array_equal(one.state.weights, other.state.weights)
        and np.array_equal(one.output, other.output)
    )


@pytest.mark.parametrize(
    "changes",
    [{"sub_lsbs": 0}, {"sub_lsbs": 2}, {"rows": dies(3)}],
    ids=["codes", "sub-LSBs", "dies"],
)
def test_it_is_what_an_adaptive_integration_gives(changes):
    """Spikes to 2 us, and every weight update, against an independent implementation."""
    chip = network(neurons=3, initial="random", spread=12.0, **changes)
    drive = command(500.0, 0.12)
    result = chip.run(drive, learn=True)
    gain = input_gain(chip.parameters)
    spikes, updates = simulate(chip.parameters, chip.decoder, chip.state.weights, drive, gain)
    assert len(spikes) > 8
    assert len(updates) > (4 if chip.parameters.sub_lsbs else 8)
    times, neurons = zip(*spikes, strict=True)
    assert result.spike_neurons.tolist() == list(neurons)
    assert np.abs(result.spike_times - times).max() < 2e-6
    found = result.updates
    assert list(zip(found.post, found.pre, found.delta, strict=True)) == [u[1:] for u in updates]


def test_updates_lead_from_the_first_weights_to_the_last():
    chip = network(initial="random")
    result = chip.run(command(), learn=True)
    weights = chip.state.weights.copy()
    np.add.at(weights, (result.updates.post, result.updates.pre), result.updates.delta)
    assert len(result.updates.time) > 20
    assert np.array_equal(weights, result.state.weights)
    assert (np.diff(result.updates.time) >= 0).all()
    assert (np.diag(result.state.weights) == 0).all()


def test_nothing_is_learned_without_being_asked():
    chip = network(initial="random")
    result = chip.run(command())
    assert len(result.spike_times) > 0
    assert len(result.updates.time) == 0
    assert np.array_equal(result.state.weights, chip.state.weights)


def test_an_input_moves_the_membrane_as_one_volt_per_second_does():
    """alpha*D.c at the beginning, where the membrane is at rest."""
    chip = network()
    level = np.array([3.0, -2.0])
    driven, idle = (chip.run(np.tile(c, (11, 1)), record_membrane=True) for c in (level, 0 * level))
    slope = (driven.membrane - idle.membrane)[-1] / driven.duration
    expected = chip.parameters.alpha * level @ chip.decoder
    assert slope == pytest.approx(expected, rel=0.03)


def test_the_result_is_independent_of_the_blocks(monkeypatch):
    chip = network(noise=1e-12)
    whole = chip.run(command(), learn=True, seed=4)
    monkeypatch.setattr(chip_blocks, "BLOCK", 7)
    assert same(chip.run(command(), learn=True, seed=4), whole)


def test_same_seed_same_noise():
    chip = network(noise=20e-12)
    one, again, other = (chip.run(command(), seed=seed) for seed in (1, 1, 2))
    assert same(one, again)
    assert not same(one, other)
    assert not same(one, chip.run(command()))


def test_noise_of_decisions_comes_from_the_seed_and_not_from_the_blocks():
    noisy, quiet = network(decision_noise=200e-12), network()
    one = noisy.run(command(), learn=True, seed=1)
    assert same(noisy.run(command(), learn=True, seed=1, block=7), one)
    assert not same(noisy.run(command(), learn=True, seed=2), one)
    assert not same(quiet.run(command(), learn=True, seed=1), one)
    # without a seed, or without noise, nothing is drawn
    assert same(noisy.run(command(), learn=True), quiet.run(command(), learn=True))


def test_wrong_decisions_are_as_frequent_as_the_noise_has_it():
    """Each neuron's threshold is put a standard deviation above its I_mem at rest."""
    chip, deviation = network(neurons=2, decision_noise=100e-12), 100e-12
    circuit = chip._circuit
    activity = activity_at_rest(circuit, chip.parameters.of_neurons, np.zeros((2, 2), int))
    rest = output_current(np.exp(activity.states[MEM]), chip.parameters.neuron.membrane)
    circuit = circuit._replace(lower=rest - deviation, upper=rest + 1.0)
    stream = np.random.default_rng(5)
    ends, wrong, pulses = np.arange(1, 20001) * 1e-3, 0, 0
    for until in np.split(ends, 1000):
        activity.rise[0] = until[0] - 0.5e-3
        records = blocks(
            until,
            lambda steps: np.full((steps.stop - steps.start, 2), chip.parameters.neuron.i_in),
            circuit,
            activity,
            False,
            False,
            decision_noise=lambda count: deviation * stream.standard_normal((count, 2)),
        )
        for record in records:
            decisions = record.decisions[: record.count[RISES], 1]
            wrong, pulses = wrong + int(decisions.sum()), pulses + len(decisions)
    assert pulses == 1000
    assert wrong / pulses == pytest.approx(0.159, abs=0.035)


def test_neurons_rest_for_the_refractory_period():
    chip = network()
    result = chip.run(command(2000.0))
    for neuron in range(5):
        intervals = np.diff(result.spike_times[result.spike_neurons == neuron])
        assert intervals.min() > chip.parameters.neuron.spike.refractory


def test_an_overloaded_bus_says_how_many_spikes_it_lost():
    chip = network(slot=2e-3)
    with pytest.warns(BusOverloadWarning, match=r"lost \d+ spikes at \d+ spikes/s"):
        chip.run(command(2000.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network().run(command())


def test_stuck_codes_stay():
    stuck = network(mismatch=MismatchParameters(stuck=0.5), initial="random")
    result = stuck.run(command(), learn=True)
    moved = result.state.weights != stuck.state.weights
    assert moved.any()
    assert not moved[stuck.mismatch.stuck].any()


@pytest.mark.parametrize("bits", [3, 5])
def test_coarse_codes_are_multiples_of_their_lsb(bits):
    coarse = network(bits=bits, initial="random")
    lsb = 2 ** (6 - bits)
    for weights in (
        coarse.state.weights,
        coarse.run(command(), learn=True).state.weights,
        coarse.optimal_state.weights,
    ):
        assert (weights % lsb == 0).all()
        assert weights.min() >= -32
        assert weights.max() <= 32 - lsb


def test_codes_saturate():
    chip = network(neurons=2)
    # Neuron 0 is driven so hard that it is far above its window at every spike of neuron 1.
    full = chip_state(np.array([[0.0, -32.0], [31.0, 0.0]]), chip.parameters)
    decoder = np.array([[1.0, 1.0], [0.0, 0.0]])
    result = replace(chip, state=full, decoder=decoder).run(command(600.0), learn=True)
    assert result.state.weights.min() >= -32
    assert result.state.weights.max() <= 31


def test_optimal_codes_kick_by_minus_the_decoders_product():
    chip = network()
    codes = optimal_codes(chip.decoder, chip.parameters)
    volts = codes * 180e-12 / chip.parameters.alpha
    expected = -(chip.decoder.T @ chip.decoder)
    np.fill_diagonal(expected, 0)
    assert volts == pytest.approx(expected, abs=0.021)


def test_thresholds_and_windows_follow_the_mismatch():
    """With a threshold 20 % lower, a neuron spikes earlier."""
    chip = network()
    low = replace(chip, mismatch=replace(chip.mismatch, threshold=np.full(5, 0.8)))
    drive = command(400.0)
    assert low.run(drive).spike_times[0] < chip.run(drive).spike_times[0]


def test_a_slow_membrane_spikes_later():
    chip = network()
    slow = replace(chip, mismatch=replace(chip.mismatch, tau_mem=np.full(5, 1.3)))
    drive = command(400.0)
    assert slow.run(drive).spike_times[0] > chip.run(drive).spike_times[0]


def test_it_learns():
    """From zero codes the output comes to stand for the input as it is, with fewer spikes."""
    task = TaskParameters(validation=2, checkpoint=100)
    before = Training(ChipNetwork.build(ChipParameters(), 1), task, 1)
    after = train(before, 5)
    zero, learned = assess(before), assess(after)
    assert learned.unscaled_error < 0.1 * zero.unscaled_error
    assert learned.rate < 0.6 * zero.rate
    assert learned.correlation > 0.9


def test_training_in_parts_is_training_in_one():
    task = TaskParameters(duration=0.2, validation=1, checkpoint=2)
    start = Training(network(), task, 1)
    whole, parts = train(start, 4), train(train(start, 1), 3)
    assert np.array_equal(whole.network.state.weights, parts.network.state.weights)
    assert np.array_equal(whole.history.unscaled_error, parts.history.unscaled_error)


def test_neurons_that_are_all_nominal_are_the_nominal_chip():
    """Bit by bit."""
    chip = network()
    rows = replace(chip, parameters=network(rows=(chip.parameters.neuron,) * 5).parameters)
    assert same(rows.run(command(), learn=True), chip.run(command(), learn=True))


def test_the_state_has_each_neurons_own_reset_and_window():
    rows = dies(5)
    state = network(rows=rows).state
    assert state.v_reset.tolist() == [row.spike.i_reset for row in rows]
    decisions = [row.decision for row in rows]
    assert state.v_rest.tolist() == [(d.i_lower + d.i_upper) / 2 for d in decisions]


def test_codes_are_programmed_for_the_nominal_chip():
    """Nobody who programs a chip knows its draws."""
    assert np.array_equal(
        network(rows=dies(5)).optimal_state.weights, network().optimal_state.weights
    )


def test_an_inputs_synapse_has_a_gain_of_its_own():
    """Half the gain on twice the input is the same."""
    chip = network()
    half = replace(chip, input_gain=np.full((2, 5), 0.5))
    assert same(half.run(2 * command()), chip.run(command()))
    assert not same(half.run(command()), chip.run(command()))


def test_a_chip_of_dies_is_loaded_as_it_was_saved(tmp_path):
    chip = replace(network(rows=dies(5)), input_gain=np.full((2, 5), 0.5))
    save(chip, tmp_path / "chip.h5", CHIP_UNITS)
    loaded = load(tmp_path / "chip.h5", ChipNetwork)
    assert loaded.parameters == chip.parameters
    assert same(loaded.run(command(), learn=True), chip.run(command(), learn=True))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (np.zeros((10, 3)), r"command of shape \(10, 3\)"),
        (np.zeros((1, 2)), r"command of shape \(1, 2\)"),
        (np.full((10, 2), np.nan), "command must be finite"),
    ],
)
def test_a_bad_command_is_refused(bad, reason):
    with pytest.raises(InputError, match=reason):
        network().run(bad)


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        (np.full((5, 5), 3.0), "0 on the diagonal"),
        (np.zeros((4, 4)), r"state.weights of shape \(4, 4\) is not \(5, 5\)"),
        (np.array([[0.0, 32.0]] * 1), "state.weights of shape"),
        (np.diag(np.full(4, 40.0), 1), "in -32 .. 31"),
        (np.diag(np.full(4, 0.5), 1), "multiples of 1 LSB"),
        (np.diag(np.full(4, np.nan), 1), "must be finite"),
    ],
)
def test_bad_codes_are_refused(weights, reason):
    chip = network()
    with pytest.raises(InputError, match=reason):
        replace(chip, state=replace(chip.state, weights=weights))


def test_a_fraction_beyond_the_counter_is_refused():
    chip = network(sub_lsbs=1)
    with pytest.raises(InputError, match=r"in 0 .. 1"):
        replace(chip, state=replace(chip.state, fraction=np.full((5, 5), 2)))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"dt": 0.5}, "dt = 0.5 s is not below tau_out"),
        ({"bits": 7}, "bits"),
        ({"pulse_width": "3 ms"}, "refractory is shorter than pulse_width"),
        ({"rows": dies(3)}, "rows: there are 3 for 20 neurons"),
        ({"rows": (*dies(19), NO_SPIKE)}, "rows.19: there is no spike generator"),
        ({"rows": dies(20), "pulse_width": "1.95 ms"}, r"rows.\d+.spike.refractory is shorter"),
        ({"window": "wide"}, "window"),
        ({"sublsbs": 2}, "sublsbs"),
        ({"alpha": "nan"}, "alpha"),
    ],
)
def test_bad_parameters_are_refused(values, reason):
    with pytest.raises(InputError, match=reason):
        validated(ChipParameters, values, "test")

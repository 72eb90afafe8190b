import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.network.decoding import (
    decode,
    decoding_error,
    decoding_target,
    fit_scales,
    learn_decoder,
    reconstruct,
    relative_variance,
    represented,
    step_of,
    unscaled_error,
)
from ebn_model.network.parameters import NetworkParameters, TaskParameters

TAU = 10e-3
DECODER = np.array([[0.6, 1.0], [0.8, 0.0]])


def parameters(dt=0.9e-3, **changes):
    return NetworkParameters(neurons=2, inputs=2, dt=dt, tau_out=TAU, **changes)


def signals(seed=1, samples=200):
    generator = np.random.default_rng(seed)
    return generator.standard_normal((2, samples, 2))


def test_a_spike_adds_its_column_which_decays():
    chosen = parameters()
    a = np.exp(-chosen.dt / TAU)
    # bins 1, 1 and 3
    times = np.array([1.0, 1.9, 3.5]) * chosen.dt
    output = decode(times, np.array([0, 1, 0]), DECODER, chosen, 5)
    expected = [0, 0, 1.6, 1.6 * a, 1.6 * a**2 + 0.6, (1.6 * a**2 + 0.6) * a]
    assert output[:, 0] == pytest.approx(expected)
    assert output[:, 1] == pytest.approx([0, 0, 0.8, 0.8 * a, 0.8 * a**2 + 0.8, 0.8 * (a**3 + a)])


def test_the_output_is_the_sum_over_all_spikes_until_they_are_forgotten():
    generator = np.random.default_rng(1)
    chosen = parameters()
    steps = 1000
    times = np.sort(generator.uniform(0, steps * chosen.dt, 300))
    neurons = generator.integers(0, 2, 300)
    age = np.arange(steps) - np.floor(times / chosen.dt)[:, None]
    kernel = np.where(age >= 0, np.exp(-age * chosen.dt / TAU), 0)
    remembered = np.where(kernel >= 1e-9, kernel, 0)
    assert (remembered < kernel).any()
    output = decode(times, neurons, DECODER, chosen, steps)
    assert output[1:] == pytest.approx((DECODER[:, neurons] @ remembered).T, abs=1e-12)


def test_no_spikes_no_output():
    output = decode(np.empty(0), np.empty(0), DECODER, parameters(), 7)
    assert output.tolist() == [[0, 0]] * 8


def test_a_spike_in_the_last_step_shows_and_one_after_it_does_not():
    chosen = parameters()
    times = np.array([4.5, 5.5]) * chosen.dt
    output = decode(times, np.array([0, 1]), DECODER, chosen, 5)
    assert output[:-1].tolist() == [[0, 0]] * 5
    assert output[-1].tolist() == [0.6, 0.8]


@pytest.mark.parametrize(
    ("times", "neurons", "named"),
    [
        ([1e-3, 2e-3], [0], r"\(2,\) and \(1,\)"),
        ([[1e-3]], [[0]], r"\(1, 1\)"),
        ([1e-3], [2], "2 neurons"),
        ([1e-3], [-1], "2 neurons"),
        ([-1e-3], [0], "spike_times"),
        ([np.nan], [0], "spike_times"),
        ([np.inf], [0], "spike_times"),
    ],
)
def test_impossible_spikes_are_refused(times, neurons, named):
    with pytest.raises(InputError, match=named):
        decode(np.array(times), np.array(neurons), DECODER, parameters(), 5)


def test_a_constant_input_is_represented_by_its_integral():
    chosen = parameters()
    times = np.arange(200) * chosen.dt
    x = represented(np.full((200, 1), 3.0), chosen)
    assert x[:, 0] == pytest.approx(3.0 * TAU * (1 - np.exp(-times / TAU)))


def test_the_represented_variable_by_hand():
    chosen = parameters()
    a = np.exp(-chosen.dt / TAU)
    x = represented(np.array([[2.0, -1], [0, 0], [0, 0]]), chosen)
    assert x == pytest.approx(TAU * (1 - a) * np.array([[0, 0], [2, -1], [2 * a, -a]]))


def test_an_ideal_spike_train_decodes_to_the_represented_variable():
    """Spikes whose jumps have the rate of the command leave an error of their size only."""
    chosen = NetworkParameters(neurons=2, inputs=2, tau_out=TAU)
    steps, rate = 5000, 1000.0
    times = (np.arange(int(steps * chosen.dt * rate)) + 0.5) / rate
    output = decode(times, np.zeros(len(times), int), DECODER, chosen, steps)
    x = represented(np.outer(np.ones(steps + 1), rate * DECODER[:, 0]), chosen)
    assert np.abs(output - x).max() < 1.0
    assert output[-1] == pytest.approx(x[-1], abs=0.5)


def test_the_target_is_the_command_or_what_is_represented():
    task = TaskParameters(duration=0.09, amplitude=4.0)
    samples = np.linspace(0, 1, 200).reshape(100, 2)
    assert decoding_target(samples, parameters(), task) == pytest.approx(samples / 4)
    filtered = decoding_target(samples, parameters(decoder={"target": "filtered"}), task)
    assert filtered.shape == (100, 2)
    assert filtered[0].tolist() == [0, 0]
    assert filtered[-1] == pytest.approx(TAU * samples[-1], rel=0.15)


def test_scales_are_those_of_least_squares():
    output, target = signals()
    assert fit_scales(output, target) == pytest.approx(np.linalg.lstsq(output, target)[0])


def test_scales_by_hand():
    # (1*3 + 2*1)/(1 + 4)
    assert fit_scales(np.array([[1.0], [2.0]]), np.array([[3.0], [1.0]])) == pytest.approx(1.0)
    assert fit_scales(np.zeros((2, 1)), np.array([[3.0], [1.0]])).tolist() == [[0]]
    with pytest.raises(InputError, match=r"\(2, 1\) and \(3, 1\)"):
        fit_scales(np.ones((2, 1)), np.ones((3, 1)))


def test_relative_variances_by_hand():
    # (2 + 0)/(2 + 2)
    residual, target = np.array([[1.0, 5], [-1, 5]]), np.array([[2.0, 1], [0, 3]])
    assert relative_variance(residual, target) == pytest.approx(0.5)
    with pytest.raises(InputError, match="constant"):
        relative_variance(residual, np.ones((2, 2)))


def test_the_fitted_orientation_undoes_a_mixture_and_the_papers_does_not():
    target, _ = signals()
    mixture = np.array([[1.0, 0.5], [-0.5, 2.0]])
    assert decoding_error(target @ mixture, target, "fitted") == pytest.approx(0, abs=1e-20)
    assert decoding_error(target @ mixture, target, "paper") > 0.1
    assert decoding_error(target @ mixture, target) > 0.1


def test_for_one_input_both_orientations_agree():
    output, target = signals()[:, :, :1]
    first, second = (decoding_error(output, target, name) for name in ("paper", "fitted"))
    assert first == pytest.approx(second)


def test_reconstructions_by_hand():
    output, scales = np.array([[1.0, 2.0]]), np.array([[1.0, 10], [100, 1000]])
    assert reconstruct(output, scales, "fitted").tolist() == [[201, 2010]]
    assert reconstruct(output, scales, "paper").tolist() == [[21, 2100]]


def test_an_error_by_hand():
    # S = (1*2 + 1*0)/2 = 1; residual (1, -1) against (2, 0)
    assert decoding_error(np.array([[1.0], [1.0]]), np.array([[2.0], [0.0]])) == pytest.approx(1.0)
    # S = (1*1 + 0*3)/1 = 1; residual (0, 3): variance 4.5, target's 2
    assert decoding_error(np.array([[1.0], [0.0]]), np.array([[1.0], [3.0]])) == pytest.approx(2.25)


def test_errors_do_not_depend_on_units():
    output, target = signals()
    output = output + target
    expected = decoding_error(output, target, "fitted")
    assert 0 < expected < 1
    assert decoding_error(7 * output, 0.01 * target, "fitted") == pytest.approx(expected)


def test_a_silent_network_has_the_error_one():
    _, target = signals()
    silent = np.zeros_like(target)
    assert decoding_error(silent, target) == decoding_error(silent, target, "fitted") == 1
    assert unscaled_error(silent, target) == 1


def test_the_unscaled_error_counts_the_gain():
    _, target = signals()
    assert unscaled_error(target, target) == 0
    assert unscaled_error(1.5 * target, target) == pytest.approx(0.25)
    assert unscaled_error(target + 3.0, target) == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize("error", [decoding_error, unscaled_error])
@pytest.mark.parametrize(
    ("output", "target", "named"),
    [
        (np.ones((5, 2)), np.ones((6, 2)), r"\(5, 2\) and \(6, 2\)"),
        (np.ones(5), np.ones(5), r"\(5,\)"),
        (np.ones((1, 2)), np.ones((1, 2)), "two samples"),
        (np.full((5, 2), np.nan), np.ones((5, 2)), "finite"),
        (np.ones((5, 2)), np.full((5, 2), np.inf), "finite"),
        (np.ones((5, 2)), np.ones((5, 2)), "constant"),
    ],
)
def test_what_has_no_error_is_refused(error, output, target, named):
    with pytest.raises(InputError, match=named):
        error(output, target)


def test_a_decoder_learns_by_the_delta_rule():
    """One sample: each weight moves by the step times its own input times the output's error."""
    rates, variable = np.array([[2.0, 0.0]]), np.array([[1.0, 2.0]])
    learned = learn_decoder(DECODER, rates, variable, 0.1)
    assert learned == pytest.approx(DECODER + 0.1 * np.array([[-0.4, 0.0], [0.8, 0.0]]))
    assert np.array_equal(DECODER, [[0.6, 1.0], [0.8, 0.0]])


def test_a_decoder_finds_the_one_that_made_the_output():
    rates = np.random.default_rng(2).exponential(size=(20000, 2))
    wanted = np.array([[1.0, -1.0], [0.5, 2.0]])
    step = step_of(time=100e-3, rates=rates, dt=1e-3)
    assert learn_decoder(DECODER, rates, rates @ wanted.T, step) == pytest.approx(wanted, abs=1e-6)


def test_the_step_is_that_of_one_neuron_whose_rate_stays():
    rates = np.full((100, 1), 3.0)
    step = step_of(time=0.1, rates=rates, dt=1e-3)
    # From 0 to 1 - 1/e of the decoder 2, which makes 6 of 3.
    learned = learn_decoder(np.zeros((1, 1)), rates, np.full((100, 1), 6.0), step)
    assert learned.item() == pytest.approx(2 * (1 - np.exp(-1)), rel=5e-3)
    assert step_of(time=0.1, rates=np.zeros((5, 2)), dt=1e-3) == 0

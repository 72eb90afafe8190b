import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.network.inputs import (
    on_grid,
    sine_command,
    smoothed_noise,
    step_count,
)
from ebn_model.network.parameters import TaskParameters

DT = 1e-4


def noise(inputs=2, dt=DT, seed=1, **task):
    return smoothed_noise(TaskParameters(**task), inputs, dt, np.random.default_rng(seed))


def test_the_steps_of_a_run_survive_rounding():
    # 0.3/1e-4 is 2999.9999999999995
    assert [step_count(duration, DT) for duration in (1.0, 0.3, 1e-4)] == [10000, 3000, 1]


@pytest.mark.parametrize(
    ("duration", "dt", "named"),
    [
        (0, DT, "duration = 0 s"),
        (-1, DT, "duration"),
        (np.nan, DT, "duration = nan s"),
        (np.inf, DT, "duration"),
        (1, 0, "dt = 0 s"),
        (1, np.nan, "dt"),
        (DT / 3, DT, "shorter than dt"),
    ],
)
def test_impossible_durations_are_refused(duration, dt, named):
    with pytest.raises(InputError, match=named):
        step_count(duration, dt)


def test_the_noise_is_the_papers():
    generator = np.random.default_rng(1)
    white = 5000 * generator.standard_normal((10000, 2))
    white[:100] = 0
    kernel = np.exp(-((np.linspace(1, 1000, 10000) - 500) ** 2) / (2 * 30**2))
    kernel /= kernel.sum()
    expected = np.column_stack([np.convolve(column, kernel, "same") for column in white.T])
    assert noise() == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_its_deviation_is_that_of_smoothed_white_noise():
    # sum(kernel**2) = dt/(2*sqrt(pi)*sigma)
    expected = 5000 * np.sqrt(DT / (2 * np.sqrt(np.pi) * 30e-3))
    assert noise(inputs=100).std() == pytest.approx(expected, rel=0.05)


def test_the_same_seed_gives_the_same_bytes():
    assert noise(seed=5).tobytes() == noise(seed=5).tobytes()
    assert noise(seed=5).tobytes() != noise(seed=6).tobytes()


def test_a_shorter_trial_has_its_own_length():
    assert noise(duration=0.3).shape == (3000, 2)
    assert noise(inputs=3, duration=1.7).shape == (17000, 3)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
def test_any_two_inputs_have_the_correlation(correlation):
    samples = noise(inputs=3, duration=100.0, correlation=correlation, dt=1e-3)
    found = np.corrcoef(samples.T)[np.triu_indices(3, 1)]
    assert found == pytest.approx([correlation] * 3, abs=0.06)
    assert samples.std(axis=0) == pytest.approx(noise(3, 1e-3, duration=100.0).std(axis=0), rel=0.1)


def test_full_correlation_is_one_input_twice():
    samples = noise(correlation=1.0)
    assert samples[:, 0].tolist() == samples[:, 1].tolist()


def test_noise_needs_room():
    with pytest.raises(InputError, match="above 100 steps"):
        noise(duration=0.01)
    with pytest.raises(InputError, match="smoothing"):
        noise(smoothing=0.5e-4)


def test_samples_are_interpolated_onto_the_grid():
    # three samples at 0, 1.5 and 3 ms
    command = on_grid(np.array([[0.0, 5], [3, 5], [9, 5]]), 3e-3, 1e-3)
    assert command == pytest.approx(np.array([[0.0, 5], [2, 5], [5, 5], [9, 5]]))


def test_the_grid_begins_and_ends_with_the_samples():
    samples = noise()
    command = on_grid(samples, 1.0, DT)
    assert command.shape == (10001, 2)
    assert command[0] == pytest.approx(samples[0])
    assert command[-1] == pytest.approx(samples[-1])


@pytest.mark.parametrize(
    ("samples", "named"),
    [
        (np.ones(5), r"\(5,\)"),
        (np.ones((0, 2)), r"\(0, 2\)"),
        (np.ones((5, 0)), r"\(5, 0\)"),
        (np.array([[1.0], [np.nan]]), "finite"),
        (np.array([[1.0], [np.inf]]), "finite"),
    ],
)
def test_impossible_samples_are_refused(samples, named):
    with pytest.raises(InputError, match=named):
        on_grid(samples, 1.0, DT)


def test_a_sine_by_hand():
    command = sine_command(
        np.array([2.0, 3]), np.array([250.0, 0]), np.array([0, np.pi / 2]), 4e-3, 1e-3
    )
    assert command == pytest.approx(np.array([[0, 3], [2, 3], [0, 3], [-2, 3], [0, 3.0]]))


@pytest.mark.parametrize("frequency", [500.0, -500.0, np.inf, np.nan])
def test_a_sine_must_fit_the_grid(frequency):
    with pytest.raises(InputError, match=f"{abs(frequency):g} Hz"):
        sine_command(np.ones(1), np.array([frequency]), np.zeros(1), 1.0, 1e-3)

"""Input commands c, in units of the represented variable per second, shape (samples, Nx)."""

import numpy as np
from scipy.signal import fftconvolve

from ebn_model.errors import InputError
from ebn_model.network.parameters import TaskParameters

_SILENT_SAMPLES = 100
_KERNEL_CENTRE = 0.5  # s


def step_count(duration: float, dt: float) -> int:
    """Number of time steps of dt in `duration`, both in s.

    Raises:
        InputError: one of them isn't positive, or the duration is below one step.
    """
    for name, value in (("duration", duration), ("dt", dt)):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{name} = {value} s must be positive")
    steps = round(duration / dt)
    if steps < 1:
        raise InputError(f"duration = {duration:g} s is shorter than dt = {dt:g} s")
    return steps


def smoothed_noise(
    task: TaskParameters, inputs: int, dt: float, generator: np.random.Generator
) -> np.ndarray:
    """White Gaussian noise, smoothed with a Gaussian kernel: the paper's input, shape (T, Nx).

    The T = duration/dt samples lie on linspace(0, duration, T). Before smoothing each is normal
    with standard deviation `amplitude` (not scaled with dt), the first 100 are 0. The kernel has
    the sum 1; it is 1 s long, which cuts deviations from some 150 ms on. Any two inputs have the
    correlation `correlation`: noise of that share of the variance is common to all.

    Raises:
        InputError: the duration is not above 100 steps, or the smoothing is below one step.
    """
    samples = step_count(task.duration, dt)
    if samples <= _SILENT_SAMPLES:
        raise InputError(
            f"duration = {task.duration:g} s must be above {_SILENT_SAMPLES} steps of {dt:g} s"
        )
    if task.smoothing < dt:
        raise InputError(f"smoothing = {task.smoothing:g} s is below dt = {dt:g} s")
    own = generator.standard_normal((samples, inputs))
    common = generator.standard_normal((samples, 1))
    noise = np.sqrt(1 - task.correlation) * own + np.sqrt(task.correlation) * common
    noise[:_SILENT_SAMPLES] = 0.0
    kernel = _gaussian_kernel(task.smoothing, dt)
    return fftconvolve(noise * task.amplitude, kernel[:, None], mode="same", axes=0)


def on_grid(samples: np.ndarray, duration: float, dt: float) -> np.ndarray:
    """Samples on linspace(0, duration, T), interpolated at i*dt, i = 0 .. steps: what a run takes.

    Returns:
        The command, shape (steps + 1, Nx).

    Raises:
        InputError: samples of another shape than (T, Nx) with T >= 1, or not finite.
    """
    samples = np.asarray(samples, dtype=float)
    if samples.ndim != 2 or 0 in samples.shape:
        raise InputError(f"samples of shape {samples.shape} are not (samples, inputs)")
    if not np.isfinite(samples).all():
        raise InputError("samples must be finite")
    grid = np.arange(step_count(duration, dt) + 1) * dt
    times = np.linspace(0, duration, len(samples))
    return np.column_stack([np.interp(grid, times, column) for column in samples.T])


def sine_command(
    amplitude: np.ndarray, frequency: np.ndarray, phase: np.ndarray, duration: float, dt: float
) -> np.ndarray:
    """amplitude*sin(2*pi*frequency*t + phase), each of shape (Nx,); Hz, rad.

    Returns:
        The command, shape (steps + 1, Nx).

    Raises:
        InputError: a frequency that dt can't show (from 1/(2*dt) on).
    """
    highest = np.max(np.abs(frequency))
    if not highest * 2 * dt < 1:
        raise InputError(f"frequency = {highest:g} Hz is not below 1/(2*dt)")
    times = np.arange(step_count(duration, dt) + 1)[:, None] * dt
    wave = np.sin(2 * np.pi * np.atleast_1d(frequency) * times + np.atleast_1d(phase))
    return np.atleast_1d(amplitude) * wave


def _gaussian_kernel(deviation: float, dt: float) -> np.ndarray:
    # As in the paper's code: 1/dt points from 1 to 1000 ms, so 0.1 % closer than dt.
    times = np.linspace(1e-3, 1.0, int(1 / dt))
    kernel = np.exp(-((times - _KERNEL_CENTRE) ** 2) / (2 * deviation**2))
    return kernel / kernel.sum()

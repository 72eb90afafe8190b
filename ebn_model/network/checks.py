"""Checks of the arrays that networks of either dynamics get."""

import numpy as np

from ebn_model.errors import InputError


def check_array(array: np.ndarray, name: str, shape: tuple[int, ...]) -> None:
    """Raise InputError unless the array has the shape and is finite."""
    if np.shape(array) != shape:
        raise InputError(f"{name} of shape {np.shape(array)} is not {shape}")
    if not np.isfinite(array).all():
        raise InputError(f"{name} must be finite")


def check_fraction(fraction: np.ndarray, sub_lsbs: int) -> None:
    """Raise InputError unless these are values of the counter's bits below the weight."""
    top = (1 << sub_lsbs) - 1
    if ((fraction < 0) | (fraction > top) | (fraction != np.rint(fraction))).any():
        raise InputError(f"state.fraction must be integers in 0 .. {top} for its sub_lsbs")


def checked_spikes(
    spike_times: np.ndarray, spike_neurons: np.ndarray, neurons: int
) -> tuple[np.ndarray, np.ndarray]:
    """Spike times in s and who fired, as arrays of shape (spikes,), floats and integers.

    Raises:
        InputError: times and neurons disagree, a time is negative or not finite, or there is no
            such neuron.
    """
    times, who = np.asarray(spike_times, dtype=float), np.asarray(spike_neurons, dtype=int)
    if times.ndim != 1 or times.shape != who.shape:
        raise InputError(
            f"spike_times and spike_neurons have the shapes {times.shape} and {who.shape}, "
            "not (spikes,)"
        )
    if np.any((who < 0) | (who >= neurons)):
        raise InputError(f"spike_neurons go beyond the {neurons} neurons")
    if not np.all((times >= 0) & np.isfinite(times)):
        raise InputError("spike_times must be finite and not negative")
    return times, who


def checked_command(command: np.ndarray, inputs: int) -> np.ndarray:
    """The command as floats, shape (steps + 1, Nx) with one step at least.

    Raises:
        InputError: another shape, or not finite.
    """
    command = np.ascontiguousarray(command, dtype=float)
    if command.ndim != 2 or command.shape[1] != inputs or len(command) < 2:
        raise InputError(f"command of shape {command.shape} is not (steps + 1, inputs = {inputs})")
    if not np.isfinite(command).all():
        raise InputError("command must be finite")
    return command

"""Decoding of spikes: output, what is learned or fitted for it, and its error."""

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
from scipy.signal import lfilter

from ebn_model.errors import InputError
from ebn_model.network.checks import checked_spikes
from ebn_model.network.decoding_kernel import add_spikes
from ebn_model.network.inputs import on_grid
from ebn_model.network.parameters import NetworkParameters, TaskParameters

_KERNEL_END = 1e-9


class HasOutput(Protocol):
    """Parameters of a network of any kind, as far as they make its output."""

    @property
    def dt(self) -> float:
        """The grid's step, s."""

    @property
    def tau_out(self) -> float:
        """Time constant of the decoder, s."""


def decode(
    spike_times: np.ndarray,
    spike_neurons: np.ndarray,
    decoder: np.ndarray,
    parameters: HasOutput,
    steps: int,
) -> np.ndarray:
    """Output y at i*dt, shape (steps + 1, Nx): each spike adds its column of D, which decays.

    y[j+1] = sum_b r[b] * exp(-(j - b)*dt/tau_out), r[b] the sum of D[:, k] over the spikes with
    floor(t/dt) = b; y[0] = 0. As in the paper's code a spike is forgotten once its exponential is
    below 1e-9. Without spikes the output is 0.

    Args:
        spike_times: s, shape (spikes,). spike_neurons: who fired, same shape.
        decoder: D, shape (Nx, N).
        parameters: of the network.
        steps: of the run.

    Raises:
        InputError: times and neurons disagree, a time is before the run or not finite, or a
            neuron has no column in the decoder.
    """
    inputs, neurons = decoder.shape
    spike_times, spike_neurons = checked_spikes(spike_times, spike_neurons, neurons)
    decay = parameters.dt / parameters.tau_out
    bins = np.floor(spike_times / parameters.dt).astype(int)
    output = np.zeros((steps + 1, inputs))
    length = int(np.ceil(-np.log(_KERNEL_END) / decay))
    add_spikes(output, bins, decoder.T[spike_neurons], np.exp(-decay), length)
    return output


def decoding_target(
    samples: np.ndarray, parameters: NetworkParameters, task: TaskParameters
) -> np.ndarray:
    """Target of the output, shape (T, Nx), for samples of the command, shape (T, Nx).

    The command divided by the task's amplitude, or filtered (`parameters.decoder.target`).
    """
    if parameters.decoder.target == "command":
        return samples / task.amplitude
    return represented(on_grid(samples, task.duration, parameters.dt), parameters)[:-1]


def represented(command: np.ndarray, parameters: NetworkParameters) -> np.ndarray:
    """The variable x that the unscaled output stands for: dx/dt = c - x/tau_out, x(0) = 0.

    Exact where c is constant between its samples at i*dt. Shape of the command, (steps + 1, Nx).
    Boerlin et al. 2013, eq. 1.
    """
    decay = np.exp(-parameters.dt / parameters.tau_out)
    gain = parameters.tau_out * (1 - decay)
    return lfilter([0.0, gain], [1.0, -decay], command, axis=0)


def fit_scales(output: np.ndarray, target: np.ndarray) -> np.ndarray:
    """S, shape (Nx, Nx), with which output @ S is nearest to the target: pinv(y'y) y' target."""
    _check_pair(output, target)
    return np.linalg.pinv(output.T @ output) @ output.T @ target


def reconstruct(
    output: np.ndarray, scales: np.ndarray, orientation: Literal["paper", "fitted"]
) -> np.ndarray:
    """The scaled output, shape (T, Nx): output @ S, or output @ S' as in the paper's code."""
    return output @ (scales.T if orientation == "paper" else scales)


def decoding_error(
    output: np.ndarray, target: np.ndarray, orientation: Literal["paper", "fitted"] = "paper"
) -> float:
    """Variance of what the scaled output misses over the target's, both summed over the inputs.

    0 is perfect. An output that is 0 throughout has the error 1, as has one that knows nothing.
    The scales are fitted to the very run that is judged, so that a wrong gain doesn't count:
    `unscaled_error` does.

    Args:
        output: shape (T, Nx).
        target: what the output stands for, shape (T, Nx).
        orientation: see DecoderParameters.

    Raises:
        InputError: shapes differ, fewer than two samples, not finite, or a constant target.
    """
    return relative_variance(
        target - reconstruct(output, fit_scales(output, target), orientation), target
    )


def unscaled_error(output: np.ndarray, variable: np.ndarray) -> float:
    """Variance of variable - output over the variable's; `variable` from `represented`.

    Raises:
        InputError: as `decoding_error`.
    """
    _check_pair(output, variable)
    return relative_variance(variable - output, variable)


def fit_gain(outputs: Sequence[np.ndarray], variables: Sequence[np.ndarray]) -> float:
    """One factor for all outputs, with which they are nearest to their variables.

    Each has the shape (T, Nx); means don't count, as in `unscaled_error`. Outputs that are constant
    get the factor 1.

    Raises:
        InputError: as `decoding_error`.
    """
    common = total = 0.0
    for output, variable in zip(outputs, variables, strict=True):
        _check_pair(output, variable)
        moving = output - output.mean(axis=0)
        common += float((moving * variable).sum())
        total += float((moving**2).sum())
    return common / total if total else 1.0


def learn_decoder(
    decoder: np.ndarray, rates: np.ndarray, variable: np.ndarray, step: float
) -> np.ndarray:
    """The decoder after it has learned by the delta rule: at each sample D += step (x - D r) r'.

    Local to each weight of the read-out: it knows its own input and the output's error. Widrow and
    Hoff 1960 (Adaptive switching circuits).

    Args:
        decoder: D at first, shape (Nx, N).
        rates: r, the filtered spikes of each neuron, shape (T, N); `decode` with the identity.
        variable: x, from `represented`, shape (T, Nx).
        step: see `step_of`.
    """
    learned = np.array(decoder, dtype=float)
    for r, x in zip(rates, variable, strict=True):
        learned += step * np.outer(x - learned @ r, r)
    return learned


def step_of(time: float, rates: np.ndarray, dt: float) -> float:
    """The delta rule's step with which a neuron of mean power learns by 1 - 1/e in `time`.

    time, dt: s. rates: see `learn_decoder`. 0 where nothing fires.
    """
    power = float(np.mean(np.square(rates)))
    return dt / time / power if power else 0.0


def relative_variance(residual: np.ndarray, target: np.ndarray) -> float:
    """Sum of the columns' variances of the residual over that of the target, both (T, Nx)."""
    scale = np.var(target, axis=0, ddof=1).sum()
    if scale == 0:
        raise InputError("target is constant: there is nothing to decode")
    return float(np.var(residual, axis=0, ddof=1).sum() / scale)


def _check_pair(output: np.ndarray, target: np.ndarray) -> None:
    if np.ndim(output) != 2 or np.shape(output) != np.shape(target) or len(output) < 2:
        raise InputError(
            f"output and target have the shapes {np.shape(output)} and {np.shape(target)}, "
            "not both (samples, inputs) with two samples or more"
        )
    if not (np.isfinite(output).all() and np.isfinite(target).all()):
        raise InputError("output and target must be finite")

"""Excitation and inhibition of each neuron, and how closely one follows the other."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve, lfilter

from ebn_model.errors import InputError
from ebn_model.network.checks import check_array, checked_command, checked_spikes
from ebn_model.network.parameters import NetworkParameters


@dataclass(frozen=True, eq=False)
class InputCurrents:
    """Currents of each neuron, V as in the membrane's equation, at i*dt; shape (steps + 1, N).

    Attributes:
        excitatory: sum of the positive currents.
        inhibitory: sum of the negative currents, not above 0.
    """

    excitatory: np.ndarray
    inhibitory: np.ndarray


def input_currents(
    command: np.ndarray,
    spike_times: np.ndarray,
    spike_neurons: np.ndarray,
    weights: np.ndarray,
    decoder: np.ndarray,
    parameters: NetworkParameters,
) -> InputCurrents:
    """Excitation and inhibition of each neuron, rebuilt from what it received.

    Each input i and each synapse counts on its own: tau_mem*D[i,n]*c[i] and W[n,k]*s[k], where
    s[k] jumps by 1 at each spike of k and decays with tau_fast. The weights are those of the whole
    run, so they must not have been learning; a diagonal, 0 as a rule, can stand for the resets as
    tau_mem/tau_fast*(v_reset - v_th), which the literature counts as inhibition.
    Noise and bias are left out. Denève and Machens, Nature Neuroscience 2016.

    Args:
        command: c at i*dt, shape (steps + 1, Nx).
        spike_times: s, shape (spikes,). spike_neurons: who fired, same shape.
        weights: W[n, k], shape (N, N). decoder: D, shape (Nx, N).

    Raises:
        InputError: impossible spikes, or shapes that disagree.
    """
    inputs, neurons = decoder.shape
    command = checked_command(command, inputs)
    check_array(weights, "weights", (neurons, neurons))
    spike_times, spike_neurons = checked_spikes(spike_times, spike_neurons, neurons)
    decay = np.exp(-parameters.dt / parameters.tau_fast)
    spikes = np.zeros((len(command), neurons))
    bins = np.ceil(spike_times / parameters.dt).astype(int)
    inside = bins < len(command)
    np.add.at(spikes, (bins[inside], spike_neurons[inside]), 1.0)
    traces = lfilter([1.0], [1.0, -decay], spikes, axis=0)
    drive = parameters.tau_mem * decoder
    return InputCurrents(
        excitatory=_positive(command) @ _positive(drive)
        + _positive(-command) @ _positive(-drive)
        + traces @ _positive(weights).T,
        inhibitory=-(
            _positive(command) @ _positive(-drive)
            + _positive(-command) @ _positive(drive)
            + traces @ _positive(-weights).T
        ),
    )


@dataclass(frozen=True, eq=False)
class Balance:
    """Relation of inhibition to excitation; arrays of shape (N,), NaN where one is constant.

    Attributes:
        correlation: of excitation and the size of inhibition at the same time.
        lag: s by which inhibition trails excitation, where their correlation is highest.
    """

    correlation: np.ndarray
    lag: np.ndarray


def balance(
    currents: InputCurrents,
    parameters: NetworkParameters,
    smoothing: float = 10e-3,
    max_lag: float = 20e-3,
) -> Balance:
    """Correlation and lag of each neuron's currents, the fluctuations around their means.

    Args:
        currents: from `input_currents`.
        parameters: dt.
        smoothing: time constant of the exponential filter that both pass first, s; it makes one
            kick of a synapse comparable with many small ones.
        max_lag: the longest lag that is tried in both directions, s.

    Raises:
        InputError: smoothing isn't positive, max_lag is negative or not below the length of the
            run.
    """
    dt, points = parameters.dt, len(currents.excitatory)
    reach = round(max_lag / dt)
    if not 0 <= reach < points:
        raise InputError(f"max_lag = {max_lag:g} s is not within the {points} points of {dt:g} s")
    if not smoothing > 0:
        raise InputError(f"smoothing = {smoothing:g} s must be positive")
    decay = np.exp(-dt / smoothing)
    excitation = _fluctuations(currents.excitatory, decay)
    inhibition = _fluctuations(-currents.inhibitory, decay)
    # Row points - 1 + lag of the full convolution is the sum over i of E[i]*I[i + lag].
    full = fftconvolve(inhibition, excitation[::-1], mode="full", axes=0) / points
    near = full[points - 1 - reach : points + reach]
    lag = (np.argmax(near, axis=0) - reach) * dt
    correlation = near[reach]
    return Balance(correlation, np.where(np.isnan(correlation), np.nan, lag))


def _fluctuations(current: np.ndarray, decay: float) -> np.ndarray:
    """Filtered columns with mean 0 and variance 1; NaN where a column is constant."""
    # Without its mean: two filters that rise from 0 together would look like a correlation.
    varying = np.ptp(current, axis=0) > 0
    centred = np.where(varying, current - current.mean(axis=0), np.nan)
    smooth = lfilter([1 - decay], [1.0, -decay], centred, axis=0)
    return (smooth - smooth.mean(axis=0)) / smooth.std(axis=0)


def _positive(values: np.ndarray) -> np.ndarray:
    return np.maximum(values, 0.0)

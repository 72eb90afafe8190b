"""Results of a network's run, whatever its dynamics."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class LearnedState:
    """State that learning changes, so that a run can go on where another one ended.

    Attributes:
        weights: W[n, k] from neuron k to neuron n, shape (N, N); weight units, or LSB for the
            chip. What is stored: mismatch comes on top.
        fraction: value of the counter bits below the weight's, 0 .. 2**sub_lsbs - 1, shape (N, N).
        v_reset, v_rest: V, shape (N,); A for the chip.
    """

    weights: np.ndarray
    fraction: np.ndarray
    v_reset: np.ndarray
    v_rest: np.ndarray


@dataclass(frozen=True, eq=False)
class WeightUpdates:
    """Every change of a weight in the order in which it was made; arrays of shape (updates,).

    Attributes:
        time: s. post, pre: n and k of W[n, k].
        delta: change in the unit of the weights; where post == pre it is the change of v_reset
            and v_rest, V.
    """

    time: np.ndarray
    post: np.ndarray
    pre: np.ndarray
    delta: np.ndarray


@dataclass(frozen=True, eq=False)
class NetworkResult:
    """One run.

    Attributes:
        duration: s.
        spike_times: s, shape (spikes,), ascending. spike_neurons: who fired, same shape.
        updates: what learning changed.
        state: weights and resets at the end.
        output_times: s, shape (samples,). output: decoded, unscaled, shape (samples, Nx).
        membrane_times: s, shape (points,), and membrane: V, or I_mem in A, shape (points, N);
            both empty unless they were asked for.
        seed: of the noise; None where there was none.
    """

    duration: float
    spike_times: np.ndarray
    spike_neurons: np.ndarray
    updates: WeightUpdates
    state: LearnedState
    output_times: np.ndarray
    output: np.ndarray
    membrane_times: np.ndarray
    membrane: np.ndarray
    seed: int | None = None

"""Start of a network: decoder, thresholds, weights and resets."""

import numpy as np

from ebn_model.errors import InputError
from ebn_model.network.parameters import NetworkParameters
from ebn_model.network.results import LearnedState
from ebn_model.weight_counter import middle_fraction


def thresholds(decoder: np.ndarray, parameters: NetworkParameters) -> np.ndarray:
    """Firing thresholds, V, shape (N,): v_th = (nu*lambda + mu*lambda**2 + |D|**2)/2.

    lambda = 1/tau_out; |D| of each column is its L2 norm as derived (`threshold` is `l2`), or its
    L1 norm, as in the paper's code (`l1`). Boerlin et al. 2013; docs/derivation.md.

    Raises:
        InputError: the decoder isn't of shape (Nx, N), or not finite.
    """
    _check_decoder(decoder, parameters)
    order = {"l1": 1, "l2": 2}[parameters.threshold]
    size = np.linalg.norm(decoder, ord=order, axis=0) ** 2
    decay = 1 / parameters.tau_out
    return (parameters.nu * decay + parameters.mu * decay**2 + size) / 2


def optimal_reset(decoder: np.ndarray, parameters: NetworkParameters) -> np.ndarray:
    """V, shape (N,): v_th - |D|**2 - mu*lambda**2, where a spike that corrects its error leads."""
    own = np.diag(_spike_effects(decoder, parameters))
    return thresholds(decoder, parameters) - own


def optimal_weights(decoder: np.ndarray, parameters: NetworkParameters) -> np.ndarray:
    """Fast weights that keep the coding error minimal, weight units, shape (N, N), zero diagonal.

    W = -(D'D + mu*lambda**2*I)*tau_mem/tau_fast, not rounded: one spike then moves the others by
    -D'D in V. The diagonal is the reset's part.

    Raises:
        InputError: the decoder isn't of shape (Nx, N), or not finite.
    """
    _check_decoder(decoder, parameters)
    weights = -_spike_effects(decoder, parameters) * (parameters.tau_mem / parameters.tau_fast)
    np.fill_diagonal(weights, 0.0)
    return weights


def random_weights(parameters: NetworkParameters, generator: np.random.Generator) -> np.ndarray:
    """Normally distributed weights on the grid, shape (N, N), zero diagonal."""
    neurons = parameters.neurons
    weights = parameters.spread * generator.standard_normal((neurons, neurons))
    np.fill_diagonal(weights, 0.0)
    return storable(weights, parameters)


def initial_state(parameters: NetworkParameters, generator: np.random.Generator) -> LearnedState:
    """The state before training: `initial` weights, v_reset = v_rest = 0."""
    neurons = parameters.neurons
    if parameters.initial == "zero":
        weights = np.zeros((neurons, neurons))
    else:
        weights = random_weights(parameters, generator)
    return _state(weights, np.zeros(neurons), np.zeros(neurons), parameters)


def optimal_state(decoder: np.ndarray, parameters: NetworkParameters) -> LearnedState:
    """The network that is programmed, not trained: the optimal weights, as they can be stored.

    v_reset and v_rest are what `parameters.optimal` says. Its weights are the reference of the
    distance to the optimal weights.

    Raises:
        InputError: the decoder isn't of shape (Nx, N), or not finite.
    """
    weights = storable(optimal_weights(decoder, parameters), parameters)
    zero = np.zeros(parameters.neurons)
    options = parameters.optimal
    reset = optimal_reset(decoder, parameters) if options.reset == "optimal" else zero
    rest = reset if options.rest == "reset" else zero
    return _state(weights, reset, rest, parameters)


def storable(weights: np.ndarray, parameters: NetworkParameters) -> np.ndarray:
    """Weights on the grid of LSBs and, where the memory saturates, within its range.

    weights: weight units, of any shape, which is that of the result.

    Raises:
        InputError: a weight isn't finite.
    """
    rounded = round_to_grid(weights, parameters.lsb)
    return saturated(rounded, parameters) if parameters.saturate else rounded


def round_to_grid(weights: np.ndarray, lsb: float) -> np.ndarray:
    """Nearest multiples of `lsb`, halves to the even one; of any shape, in the unit of `lsb`.

    As in the paper's code the grid ends at the last multiple that doesn't exceed max(|weights|),
    so that rounding never makes the largest weight larger.

    Raises:
        InputError: lsb isn't positive, or a weight isn't finite.
    """
    if not (np.isfinite(lsb) and lsb > 0):
        raise InputError(f"lsb = {lsb} must be positive")
    if not np.isfinite(weights).all():
        raise InputError("weights must be finite")
    codes = np.asarray(weights) / lsb
    largest = np.floor(np.abs(codes).max(initial=0.0))
    # The sum makes a negative zero positive: equal weights are equal bytes.
    return np.clip(np.rint(codes), -largest, largest) * lsb + 0.0


def saturated(weights: np.ndarray, parameters: NetworkParameters) -> np.ndarray:
    """Weights held within -full_scale .. full_scale - LSB, as a two's-complement counter does."""
    full_scale = parameters.full_scale
    return np.clip(weights, -full_scale, full_scale - parameters.lsb)


def _spike_effects(decoder: np.ndarray, parameters: NetworkParameters) -> np.ndarray:
    return decoder.T @ decoder + parameters.mu / parameters.tau_out**2 * np.eye(decoder.shape[1])


def _state(
    weights: np.ndarray, reset: np.ndarray, rest: np.ndarray, parameters: NetworkParameters
) -> LearnedState:
    # The counter starts in the middle of its weight, as far from the one below as from that above.
    middle = np.full(weights.shape, middle_fraction(parameters.rule.sub_lsbs))
    return LearnedState(weights, middle, reset.copy(), rest.copy())


def _check_decoder(decoder: np.ndarray, parameters: NetworkParameters) -> None:
    expected = (parameters.inputs, parameters.neurons)
    if np.shape(decoder) != expected:
        raise InputError(
            f"decoder of shape {np.shape(decoder)} is not (inputs, neurons) = {expected}"
        )
    if not np.isfinite(decoder).all():
        raise InputError("decoder must be finite")

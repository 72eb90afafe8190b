"""Numbers that say what a network learned and how it fires."""

import numpy as np

from ebn_model.errors import InputError
from ebn_model.network.checks import checked_spikes


def scale_to_optimal(weights: np.ndarray, optimal: np.ndarray) -> float:
    """s with which s*optimal is nearest to the weights: trace(W'W_opt)/sum(W_opt**2).

    Raises:
        InputError: shapes differ, not finite, or optimal weights that are all 0.
    """
    _check_weights(weights, optimal)
    norm = np.sum(optimal**2)
    if norm == 0:
        raise InputError("optimal weights are all 0: there is no distance to them")
    return float(np.sum(weights * optimal) / norm)


def distance_to_optimal(weights: np.ndarray, optimal: np.ndarray) -> float:
    """Share of the weights that no scaling of the optimal ones explains, 0 .. 1.

    sum((W - s*W_opt)**2)/sum(W**2), s from `scale_to_optimal`: the squared sine of the angle
    between both. Weights that are all 0 have no direction and count as 1.

    Raises:
        InputError: as `scale_to_optimal`.
    """
    scale = scale_to_optimal(weights, optimal)
    norm = np.sum(weights**2)
    return float(np.sum((weights - scale * optimal) ** 2) / norm) if norm else 1.0


def weight_correlation(weights: np.ndarray, optimal: np.ndarray) -> float:
    """Pearson's correlation of the off-diagonal weights; 0 where either are all the same.

    Raises:
        InputError: shapes differ, not finite, or fewer than two neurons.
    """
    _check_weights(weights, optimal)
    return _correlation(_off_diagonal(weights), _off_diagonal(optimal))


def mean_rate(spike_times: np.ndarray, neurons: int, duration: float) -> float:
    """Spikes per neuron and second, Hz; 0 without spikes.

    Raises:
        InputError: the duration isn't positive, or there are no neurons.
    """
    if not duration > 0 or neurons < 1:
        raise InputError(f"no rate in {duration} s of {neurons} neurons")
    return len(spike_times) / (neurons * duration)


def interval_variation(
    spike_times: np.ndarray, spike_neurons: np.ndarray, neurons: int
) -> np.ndarray:
    """Coefficient of variation of each neuron's inter-spike intervals, shape (N,).

    Standard deviation (ddof 0) over mean: 0 for a clock, about 1 for a Poisson train. NaN for a
    neuron with fewer than three spikes. The times, in s, may be in any order.

    Raises:
        InputError: times and neurons disagree, or no such time or neuron can be.
    """
    times, who = checked_spikes(spike_times, spike_neurons, neurons)
    trains = (np.sort(times[who == neuron]) for neuron in range(neurons))
    return np.array([_variation(np.diff(train)) for train in trains])


def _variation(intervals: np.ndarray) -> float:
    return float(np.std(intervals) / np.mean(intervals)) if len(intervals) > 1 else np.nan


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _off_diagonal(weights: np.ndarray) -> np.ndarray:
    if np.ndim(weights) != 2 or weights.shape[0] != weights.shape[1] or len(weights) < 2:
        raise InputError(f"weights of shape {np.shape(weights)} are not (N, N) with N >= 2")
    return weights[~np.eye(len(weights), dtype=bool)]


def _check_weights(weights: np.ndarray, optimal: np.ndarray) -> None:
    if np.shape(weights) != np.shape(optimal) or np.ndim(weights) != 2:
        raise InputError(
            f"weights and optimal weights have the shapes {np.shape(weights)} and "
            f"{np.shape(optimal)}, not both (N, N)"
        )
    if not (np.isfinite(weights).all() and np.isfinite(optimal).all()):
        raise InputError("weights must be finite")

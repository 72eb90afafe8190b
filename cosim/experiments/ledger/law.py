"""Law of decisions that noise makes other ones, by the distance of I_mem from the threshold."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr
from scipy.stats import chi2

_LEAST = 1e-12
"""No outcome counts as less likely."""


class Law(NamedTuple):
    """Probability of INC below the lower threshold by a Gaussian; both in A.

    offset: of the threshold with noise from that without. sigma: of the noise.
    """

    offset: float
    sigma: float

    def inc(self, distance: np.ndarray) -> np.ndarray:
        """Probability of INC for I_mem beside the threshold, A, of any shape."""
        return ndtr((self.offset - np.asarray(distance)) / self.sigma)


def inc_counts(wrong: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, int]:
    """Distances in A, numbers of INC at each, and samples; wrong: outcome of a WrongRun."""
    distances, counts = np.array(wrong["distances"]), np.array(wrong["wrong"])
    samples = wrong["samples"]
    return distances, np.where(distances > 0, counts, samples - counts), samples


def fitted_law(distances: np.ndarray, inc: np.ndarray, samples: int) -> Law:
    """The law by which numbers of INC are most likely; arguments as `inc_counts` gives them."""
    scale = float(np.abs(distances).mean())

    def unlikely(values: np.ndarray) -> float:
        law = Law(values[0] * scale, np.exp(values[1]) * scale)
        share = law.inc(distances).clip(_LEAST, 1 - _LEAST)
        return -float(np.sum(inc * np.log(share) + (samples - inc) * np.log1p(-share)))

    offset, log_sigma = minimize(unlikely, (0.0, 0.0), method="Nelder-Mead").x
    return Law(float(offset) * scale, float(np.exp(log_sigma)) * scale)


def fit_probability(law: Law, distances: np.ndarray, inc: np.ndarray, samples: int) -> float:
    """Probability that numbers of INC are at least as far from their fitted law (chi-squared)."""
    share = law.inc(distances).clip(_LEAST, 1 - _LEAST)
    distance = (inc - samples * share) ** 2 / (samples * share * (1 - share))
    return float(chi2.sf(distance.sum(), len(distances) - len(law)))

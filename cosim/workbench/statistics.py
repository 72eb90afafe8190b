"""Means over seeds, and spreads over dies, with what is known of them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds.

    Attributes:
        mean: of the values. low, high: its 95 % confidence interval (Student's t); None for one
            value. seeds: number of values.
    """

    mean: float
    low: float | None
    high: float | None
    seeds: int

    def __str__(self) -> str:
        if self.low is None:
            return f"{self.mean:.3g}"
        return f"{self.mean:.3g} [{self.low:.3g}, {self.high:.3g}]"


def estimate(values: Iterable[float]) -> Estimate:
    """Mean and confidence interval of at least one value."""
    sample = np.asarray(list(values), dtype=float)
    mean, count = float(np.mean(sample)), len(sample)
    if count < 2:
        return Estimate(mean, None, None, count)
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * np.std(sample, ddof=1) / np.sqrt(count)
    return Estimate(mean, mean - float(reach), mean + float(reach), count)


@dataclass(frozen=True)
class Spread:
    """Distribution of a quantity over dies, in its unit.

    deviation: standard deviation. dies: number of those that could be measured.
    """

    mean: float
    deviation: float
    dies: int

    @property
    def cv(self) -> float:
        """Coefficient of variation: the deviation over the mean; nan where that is 0."""
        return self.deviation / abs(self.mean) if self.mean else float("nan")


def spread(values: Iterable[float]) -> Spread:
    """Spread of at least two values."""
    sample = np.array(list(values))
    return Spread(float(np.mean(sample)), float(np.std(sample, ddof=1)), len(sample))

"""Causes of spread: the share that each device has in the variance of the cells' quantities.

A device that deviates alone, by -1 and by +1 sigma, gives its sensitivity: half of the difference.
Deviations are independent, so the squares of the sensitivities add up to the variance over dies as
far as the cells are linear. Two checks against dies that were measured say how far that is: the sum
of the shares against 1, and the share of the variance that the sensitivities predict of each die by
its own draws, which is free of the error that a variance of some dies has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from cosim.experiments.dies.causes_run import DEVIATES
from cosim.experiments.dies.population import Outcomes
from cosim.technologies.mismatch import normals
from cosim.workbench.statistics import CONFIDENCE


@dataclass(frozen=True)
class Cause:
    """A deviation of one device, and what it does to a quantity.

    Attributes:
        place: of the device on the chip. deviates: what does, of DEVIATES.
        sensitivity: change by a sigma, in the quantity's unit. curvature: mean of the changes by -1
            and by +1 sigma, 0 where the quantity is linear. share: of the variance over dies.
    """

    place: str
    deviates: str
    sensitivity: float
    curvature: float
    share: float


@dataclass(frozen=True)
class Causes:
    """All causes of a quantity's spread.

    Attributes:
        causes: the one with the largest share first. total: sum of their shares; low, high: its
            95 % interval, as the variance over dies is known from some of them only.
        curvature: share of the variance that single devices add by curvature.
        predicted: share of the variance that the sensitivities predict die by die.
    """

    causes: tuple[Cause, ...]
    total: float
    low: float
    high: float
    curvature: float
    predicted: float

    def devices(self) -> dict[str, float]:
        """Share of each device with all that deviates in it, by place, the largest first."""
        shares: dict[str, float] = {}
        for cause in self.causes:
            shares[cause.place] = shares.get(cause.place, 0.0) + cause.share
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    @property
    def doubt(self) -> str:
        """The reason why the shares are not those of the variance over dies; "" if they may be."""
        if self.curvature > self.total:
            return "changes by -1 and +1 sigma are not opposite, or finer than what benches resolve"
        if self.low <= 1 <= self.high:
            return ""
        # The interval is the sum times a factor, and so is that of all that devices do alone.
        alone = 1 + self.curvature / self.total if self.total else 1.0
        if self.low * alone <= 1 <= self.high * alone:
            return "single devices are not linear"
        return "devices that deviate together are not linear, or dies deviate by something else"

    def __str__(self) -> str:
        text = f"sum of shares {self.total:.2f} [{self.low:.2f}, {self.high:.2f}]"
        text += f" ({self.doubt})" if self.doubt else ""
        # Without the sign of a zero.
        return f"{text}, {round(self.predicted, 2) + 0.0:.0%} predicted die by die"


def causes_of(parts: Sequence[Mapping[str, Any]], cells: Outcomes) -> dict[str, Causes]:
    """Causes by quantity.

    Args:
        parts: outcomes of all CausesRuns under a bias table, none of them an error.
        cells: quantities of dies under the same table; those that couldn't be measured don't count.

    Quantities that don't deviate have none; nor has any where fewer than two dies were measured.
    """
    measured = {die: one for die, one in cells.items() if "error" not in one}
    if len(measured) < 2:
        return {}
    nominal = parts[0]["nominal"]
    known = [one for one in _deviating(parts) if one.error is None]
    draws = _draws(known, measured)
    found = {}
    for quantity in nominal:
        over_dies = np.array([one[quantity] for one in measured.values()])
        if np.ptp(over_dies):
            low = np.array([one.low[quantity] for one in known])
            high = np.array([one.high[quantity] for one in known])
            sensitivities, curvatures = (high - low) / 2, (high + low) / 2 - nominal[quantity]
            found[quantity] = _causes(known, sensitivities, curvatures, over_dies, draws)
    return found


def unknown_causes(parts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Reasons why a device's share is not known, by its place."""
    return {one.place: one.error for one in _deviating(parts) if one.error is not None}


@dataclass(frozen=True)
class _Deviating:
    """Outcomes of a device's deviation by -1 and by +1 sigma."""

    place: str
    deviates: str
    low: Mapping[str, Any]
    high: Mapping[str, Any]

    @property
    def error(self) -> str | None:
        return self.low.get("error") or self.high.get("error")


def _deviating(parts: Sequence[Mapping[str, Any]]) -> list[_Deviating]:
    return [
        _Deviating(place, name, *ends)
        for part in parts
        for place, every in part["deviating"].items()
        for name, ends in every.items()
    ]


def _draws(deviating: Sequence[_Deviating], dies: Outcomes) -> np.ndarray:
    """Deviations in sigmas on dies, shape (dies, deviating)."""
    return np.array(
        [
            [normals(die, one.place)[DEVIATES.index(one.deviates)] for one in deviating]
            for die in dies
        ]
    )


def _causes(
    deviating: Sequence[_Deviating],
    sensitivities: np.ndarray,
    curvatures: np.ndarray,
    over_dies: np.ndarray,
    draws: np.ndarray,
) -> Causes:
    """Causes of one quantity.

    Args:
        sensitivities, curvatures: shape (deviating,). over_dies: the quantity, shape (dies,).
        draws: shape (dies, deviating).
    """
    variance, freedom = np.var(over_dies, ddof=1), len(over_dies) - 1
    shares = sensitivities**2 / variance
    total = float(shares.sum())
    ends = stats.chi2.ppf([(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], freedom) / freedom
    rest = over_dies - draws @ sensitivities
    columns = zip(deviating, sensitivities, curvatures, shares, strict=True)
    causes = [Cause(one.place, one.deviates, *map(float, values)) for one, *values in columns]
    return Causes(
        causes=tuple(sorted(causes, key=lambda cause: -cause.share)),
        total=total,
        low=float(total * ends[0]),
        high=float(total * ends[1]),
        # The square of a unit normal has the variance 2.
        curvature=float(2 * np.sum(curvatures**2) / variance),
        predicted=float(1 - np.var(rest, ddof=1) / variance),
    )

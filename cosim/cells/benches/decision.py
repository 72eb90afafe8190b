"""Bench decision: the settled outcomes against I_mem, at every 8th weight."""

from dataclasses import dataclass

import numpy as np

from cosim.cells.axes import Axes
from cosim.cells.waveforms import current, edges, supply
from cosim.engine.job import Vectors
from cosim.workbench.errors import SimulationError

_FLIPS = {"inc": 1, "sl": 2, "dec": 1}
"""Number of times that each outcome flips as I_mem rises."""


@dataclass(frozen=True)
class Window:
    """The window at one weight, A.

    lower, upper: I_mem at which INC ends, and at which DEC begins.
    dead_band: upper bound of the ranges in which not exactly one outcome is on, as far as the
        sweep's steps resolve them.
    """

    lower: float
    upper: float
    dead_band: float


@dataclass(frozen=True)
class Rule:
    """Thresholds in A as straight lines over the weight w in LSB.

    lower - i_omega*w and upper - i_omega*w, both with i_sign more for w < 0.
    """

    lower: float
    upper: float
    i_omega: float
    i_sign: float


def measure(vectors: Vectors) -> dict[str, float]:
    """Window, its dependence on the weight, its greatest deviation from the law, dead band."""
    found, fitted = windows(vectors), rule(vectors)
    errors = [
        threshold - ideal
        for weight, window in found.items()
        for threshold, ideal in zip(
            (window.lower, window.upper), _ideal(vectors, weight), strict=True
        )
    ]
    centre = (fitted.lower + fitted.upper) / 2
    return {
        "centre": centre,
        "rest_error": 100 * (centre / float(current(vectors, "xbias.xrest")[0]) - 1),
        "half_width": (fitted.upper - fitted.lower) / 2,
        "i_omega": fitted.i_omega,
        "i_sign": fitted.i_sign,
        "threshold_error": float(np.abs(errors).max()),
        "dead_band": max(window.dead_band for window in found.values()),
    }


def windows(vectors: Vectors) -> dict[int, Window]:
    """The window at each weight of the bench.

    Raises:
        SimulationError: as I_mem rises, INC should end once, SL begin and end once, DEC begin
            once; names weight and outcome.
    """
    weight = np.round(vectors["weight"]).astype(int)
    return {int(code): _window(vectors, int(code), weight == code) for code in np.unique(weight)}


def rule(vectors: Vectors) -> Rule:
    """Straight lines through the thresholds of the weights from 0 on, and of those below.

    Raises:
        SimulationError: see `windows`.
    """
    found = windows(vectors)
    codes = np.array(list(found))
    lower = np.array([window.lower for window in found.values()])
    upper = np.array([window.upper for window in found.values()])
    # Mean of both thresholds at each weight: what the weight does, it does to both.
    centre, negative = (lower + upper) / 2, codes < 0
    design = np.stack([np.ones(len(codes)), -codes, negative], axis=1)
    (at_zero, i_omega, i_sign), *_ = np.linalg.lstsq(design, centre)
    half = float(np.mean(upper - lower)) / 2
    return Rule(float(at_zero) - half, float(at_zero) + half, float(i_omega), float(i_sign))


def _window(vectors: Vectors, weight: int, rows: np.ndarray) -> Window:
    i_mem = current(vectors, "xdecision.xmem")[rows]
    volts = {outcome: vectors[outcome][rows] for outcome in _FLIPS}
    half = supply(vectors) / 2
    flips = {outcome: edges(i_mem, volts[outcome], half) for outcome in _FLIPS}
    for outcome, count in _FLIPS.items():
        found, start = flips[outcome], int(volts[outcome][0] > half)
        if len(found) != count or start != (outcome == "inc"):
            raise SimulationError(
                f"bench decision, weight {weight}: as I_mem rises, {outcome} flips {len(found)} "
                f"times from {start}; INC should end once, SL begin and end, DEC begin once"
            )
    levels = np.array(list(volts.values())) / supply(vectors)
    return Window(float(flips["inc"][0]), float(flips["dec"][0]), _dead_band(i_mem, levels))


def _dead_band(i_mem: np.ndarray, levels: np.ndarray) -> float:
    """Greatest step in A from one outcome alone, at its logic level, to the next one alone.

    levels: of the outcomes, as shares of the supply, shape (outcomes, points).
    """
    alone = ((levels > 0.8).sum(axis=0) == 1) & ((levels < 0.2).sum(axis=0) == 2)
    outcome, i_alone = levels[:, alone].argmax(axis=0), i_mem[alone]
    return float(np.diff(i_alone)[np.diff(outcome) != 0].max())


def _ideal(vectors: Vectors, weight: int) -> tuple[float, float]:
    """Lower and upper threshold in A, of the law: I_rest - w*I_omega -/+ I_sl."""
    i_rest, i_sl, i_omega = (
        float(current(vectors, f"xbias.{diode}")[0]) for diode in ("xrest", "xsl", "xomega")
    )
    centre = i_rest - weight * i_omega
    return centre - i_sl, centre + i_sl


def draw(axes: Axes, vectors: Vectors, values: dict[str, float]) -> None:
    """Both thresholds over the weight, and those of the law."""
    found = windows(vectors)
    codes = np.array(list(found))
    measured = np.array([(window.lower, window.upper) for window in found.values()])
    ideal = np.array([_ideal(vectors, weight) for weight in codes])
    axes.plot(codes, ideal * 1e9, "k--", linewidth=0.6, label=["law", None])
    axes.plot(codes, measured * 1e9, ".-", label=["INC ends", "DEC begins"])
    axes.set(xlabel="weight (LSB)", ylabel="threshold of $I_{mem}$ (nA)")
    axes.margins(y=0.25)
    axes.legend(frameon=False, ncols=3, loc="upper center", handlelength=1.5)

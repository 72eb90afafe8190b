"""The figure of a ledger: power and area by block, wrong decisions by distance."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.experiments.ledger.energy_run import BLOCKS
from cosim.experiments.ledger.wrong_run import wrong_probability
from cosim.workbench.style import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
)

COLOURS = dict(zip(BLOCKS, (BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE), strict=True))


def draw_ledger(
    static: Mapping[str, Mapping[str, float]],
    area: Mapping[str, Mapping[str, float]],
    wrong: Mapping[str, Any] | None,
) -> Figure:
    """static: W, area: um^2, by technology and block. wrong: outcome of a WrongRun, or None."""
    figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
    power, layout, decisions = figure.subplots(1, 3)
    _bars(power, static, 1e9, "static power (nW)")
    _bars(layout, area, 1.0, "area, assumed layout (µm²)")
    handles, labels = power.get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, ncols=6, loc="outside upper left", fontsize=7)
    if wrong:
        _decisions(decisions, wrong)
    else:
        decisions.set_axis_off()
    return figure


def _bars(axes: Axes, values: Mapping[str, Mapping[str, float]], scale: float, label: str) -> None:
    bottom = np.zeros(len(values))
    for block, colour in COLOURS.items():
        heights = np.array([found[block] for found in values.values()]) * scale
        axes.bar(list(values), heights, 0.6, bottom, color=colour, label=block)
        bottom += heights
    axes.set_ylabel(label)
    axes.tick_params(axis="x", length=0)


def _decisions(axes: Axes, wrong: Mapping[str, Any]) -> None:
    distances, samples = np.array(wrong["distances"]) * 1e12, wrong["samples"]
    share = np.array(wrong["wrong"]) / samples
    error = np.sqrt(share * (1 - share) / samples)
    at = np.linspace(-1.1, 1.1, 200) * np.abs(distances).max()
    axes.plot(at, 100 * wrong_probability(at, wrong["sigma"] * 1e12), color=BLUE, label="Gaussian")
    axes.errorbar(
        distances, 100 * share, 100 * error, fmt="o", ms=3, color=VERMILION, label="transient"
    )
    axes.set(xlabel="$I_{mem}$ from the threshold (pA)", ylabel="wrong decisions (%)")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=7)

"""The figure of a ledger: power and area by block, decisions with noise by distance."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.experiments.ledger.energy_run import BLOCKS
from cosim.experiments.ledger.law import Law, fitted_law, inc_counts
from cosim.workbench.style import (
    BLUE,
    DASHED,
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
    area: Mapping[str, dict[str, float]],
    wrong: Mapping[str, Any] | None,
) -> Figure:
    """static: W, area: um^2, by technology and block; the area without the bias block, which a chip
    has once. wrong: outcome of a WrongRun, or None."""
    figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
    power, layout, decisions = figure.subplots(1, 3)
    _bars(power, static, 1e9, "static power (nW)")
    own = {technology: found | {"bias": 0.0} for technology, found in area.items()}
    _bars(layout, own, 1e-3, "area without bias, assumed (1000 µm²)")
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
    distances, inc, samples = inc_counts(wrong)
    share = inc / samples
    error = np.sqrt(share * (1 - share) / samples)
    at = np.linspace(-1.2, 1.2, 200) * np.abs(distances).max()
    laws = {".noise": Law(0.0, wrong["sigma"]), "fitted": fitted_law(distances, inc, samples)}
    for (name, law), style in zip(laws.items(), (DASHED, "solid"), strict=True):
        label = f"{name}: {law.sigma * 1e12:.1f} pA"
        axes.plot(at * 1e12, 100 * law.inc(at), color=BLUE, linestyle=style, label=label)
    axes.errorbar(
        distances * 1e12, 100 * share, 100 * error, fmt="o", ms=3, color=VERMILION, label="in time"
    )
    axes.set(xlabel="$I_{mem}$ from the threshold (pA)", ylabel="decisions that are INC (%)")
    axes.legend(frameon=False, fontsize=6.5)

"""Figure on networks of dies: errors and rate of each chip, by situation and method."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from cosim.experiments.chip.chip_run import METHODS, REFINED
from cosim.experiments.chip.runner import Found
from cosim.experiments.chip.settings import ChipExperiment
from cosim.workbench.statistics import estimate
from cosim.workbench.style import (
    BLUE,
    DASHED,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    YELLOW,
    plain_number,
)

SHOWN = {
    "unscaled_error": "unscaled error",
    "calibrated_error": "with one gain",
    "adapted_error": "decoder learns",
    "decoding_error": "decoding error",
    "rate": "rate (Hz)",
}
COLOURS = dict(zip(METHODS, (VERMILION, YELLOW, ORANGE, SKY, BLUE, GREEN, PURPLE), strict=True))
HEIGHT, STEP, JITTER = 9.5, 0.12, 0.03
"""Height in inches; distance of two methods, and reach of the points of one."""


def make_figure(experiment: ChipExperiment, found: Found) -> Figure:
    """A panel for each quantity: a point for each chip, the mean with its 95 % interval."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    every = figure.subplots(len(SHOWN), 1, sharex=True)
    for axes, (quantity, label) in zip(every, SHOWN.items(), strict=True):
        _draw(axes, found, quantity)
        axes.set_ylabel(label)
    for axes in every[:4]:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter(plain_number)
        axes.yaxis.set_minor_formatter(NullFormatter())
    labels = [one.label for one in experiment.settings.situations.values()]
    # More than three don't have the room to stand side by side.
    slanted = {"rotation": 25, "ha": "right"} if len(labels) > 3 else {}
    every[-1].set_xticks(range(len(labels)), labels, **slanted)
    handles, names = every[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _draw(axes: Axes, found: Found, quantity: str) -> None:
    nominal = float(np.mean([one[REFINED][quantity] for one in found.nominal.values()]))
    axes.axhline(
        nominal, color="0.4", linestyle=DASHED, linewidth=0.8, label="nominal model, refined"
    )
    middle = (len(METHODS) - 1) / 2
    for place, (method, text) in enumerate(METHODS.items()):
        for x, outcomes in enumerate(found.chips.values()):
            values = [one[method][quantity] for one in outcomes.values()]
            if values:
                _draw_chips(axes, x + (place - middle) * STEP, values, COLOURS[method])
        axes.plot([], [], color=COLOURS[method], marker="o", markersize=4, label=text)


def _draw_chips(axes: Axes, x: float, values: list[float], colour: str) -> None:
    spread = x + np.linspace(-JITTER, JITTER, len(values)) if len(values) > 1 else [x]
    axes.plot(spread, values, "o", color=colour, markersize=2, alpha=0.45, markeredgewidth=0)
    mean = estimate(values)
    low, high = (mean.mean if bound is None else bound for bound in (mean.low, mean.high))
    # The mean's interval may reach below 0, where a logarithmic axis ends.
    axes.plot([x, x], [max(low, min(values) / 2), high], color=colour, linewidth=1.2)
    axes.plot(x, mean.mean, "o", color=colour, markersize=4)

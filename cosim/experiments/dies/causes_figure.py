"""Figure of the causes of spread: the devices with the largest shares, for each quantity."""

import re
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.dies.causes import Causes
from cosim.experiments.dies.causes_run import DEVIATES
from cosim.workbench.style import BLUE, ORANGE, WIDTH

SHOWN = 6
"""So many devices of a quantity have a bar of their own."""
COLUMNS, HEIGHT = 3, 1.5
"""Panels beside each other, and the height of one, inches."""
TITLE_WIDTH = 36
"""Longest line of a panel's title, characters."""
COLOURS = dict(zip(DEVIATES, (BLUE, ORANGE), strict=True))


def make_causes_figure(found: dict[str, Causes], title: str) -> Figure:
    """A panel for each quantity: bars of the largest shares, and one of all others."""
    rows = -(-len(found) // COLUMNS)
    figure = Figure(figsize=(WIDTH, HEIGHT * rows + 0.5), layout="constrained")
    every = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes, (name, causes) in zip(every, found.items(), strict=False):
        _draw(axes, causes)
        axes.set_title(fill(QUANTITIES[name].text, TITLE_WIDTH), fontsize=6.5, loc="right")
    for axes in every[len(found) :]:
        axes.set_axis_off()
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    figure.suptitle(title, fontsize=8)
    return figure


def _draw(axes: Axes, causes: Causes) -> None:
    shown = [*causes.devices()][:SHOWN]
    labels = [short_name(place) for place in shown] + ["all others"]
    left = np.zeros(len(labels))
    for deviates, colour in COLOURS.items():
        own = {one.place: one.share for one in causes.causes if one.deviates == deviates}
        width = np.array([own.get(place, 0.0) for place in shown] + [0.0])
        width[-1] = sum(own.values()) - width.sum()
        axes.barh(range(len(labels)), width, left=left, height=0.7, color=colour, label=deviates)
        left += width
    axes.set_yticks(range(len(labels)), labels, fontsize=5.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=6)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.1 * max(left.max(), 1e-3))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    text = f"sum {causes.total:.2f} [{causes.low:.2f}, {causes.high:.2f}]"
    axes.set_xlabel(text, fontsize=5.5, loc="right", labelpad=1)


def short_name(place: str) -> str:
    """A place without the cells around it that all have, and without the x of each instance."""
    inside = re.sub(r"^xneuron\.x(analog|logic)\.", "", place)
    return ".".join(part.removeprefix("x") for part in inside.split("."))

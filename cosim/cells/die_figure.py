"""Figure on a bench over dies: a histogram of each of its quantities."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cosim.cells.die_sheets import DieSheets, QuantityOverDies
from cosim.cells.sheet import readable
from cosim.workbench.histograms import draw_histogram
from cosim.workbench.style import BLUE, DOTTED, VERMILION, WIDTH

COLUMNS, ROW = 4, 1.7
"""Histograms side by side, and the height of a row of them, inches."""
WORDS = 30
"""Letters in a line of a title."""


def make_figure(sheets: DieSheets) -> Figure:
    """Histograms with the fitted normal, the nominal die, and its limits that are near."""
    shown = [one for one in sheets.quantities if one.values]
    rows = -(-len(shown) // COLUMNS) or 1
    figure = Figure(figsize=(WIDTH, ROW * rows + 0.3), layout="constrained")
    figure.suptitle(f"{sheets.bench}, {len(sheets.dies)} dies", fontsize=8)
    every = figure.subplots(rows, COLUMNS, squeeze=False).flat
    for axes in every[len(shown) :]:
        axes.set_axis_off()
    for axes, one in zip(every, shown, strict=False):
        _draw(axes, one)
    return figure


def _draw(axes: Axes, one: QuantityOverDies) -> None:
    values, nominal = np.array([*one.values.values()]), one.nominal
    draw_histogram(axes, values, BLUE, "dies", nominal.measured)
    low, high = axes.get_xlim()
    for limit in (nominal.min, nominal.max):
        if limit is not None and 2 * low - high <= limit <= 2 * high - low:
            axes.axvline(limit, color=VERMILION, linestyle=DOTTED, linewidth=0.8)
    axes.set_title(textwrap.fill(nominal.name, WORDS), fontsize=6)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.xaxis.set_major_formatter(lambda value, _: readable(value, nominal.unit))

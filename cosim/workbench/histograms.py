"""Histograms of quantities over dies."""

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from cosim.workbench.style import DASHED

MOST_BARS = 60
"""One value far from all others would ask for any number of bars."""


def draw_histogram(
    axes: Axes, values: np.ndarray, colour: str, label: str, nominal: float | None = None
) -> None:
    """A histogram with the fitted normal, and a line at the nominal die's value.

    values: of the dies, shape (dies,). nominal: in the same unit, None for none.
    """
    if len(values):
        axes.hist(values, bins=_bars(values), density=True, color=colour, alpha=0.45, label=label)
    if len(values) and np.ptp(values):
        x = np.linspace(*axes.get_xlim(), 200)
        axes.plot(x, stats.norm.pdf(x, values.mean(), values.std(ddof=1)), color=colour)
    if nominal is not None:
        axes.axvline(
            nominal, color=colour, linestyle=DASHED, linewidth=0.8, label=f"{label}, nominal"
        )
    axes.set_yticks([])


def _bars(values: np.ndarray) -> int | str:
    """Bars by Freedman and Diaconis, for numpy.histogram, but for MOST_BARS at most."""
    width = 2 * stats.iqr(values) / len(values) ** (1 / 3)
    return "fd" if np.ptp(values) <= MOST_BARS * width else MOST_BARS

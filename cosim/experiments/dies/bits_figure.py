"""Figure of yields against the bits of trims."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.experiments.dies.bits import ByBits
from cosim.workbench.style import BLUE, GREEN, ORANGE, PURPLE, VERMILION

SIZE = (4.6, 2.8)
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE)
MARKERS = "osD^v"
SPREAD = 0.12
"""Between the points of two simulations with the same bits; other bits are 1 apart."""


def make_bits_figure(by_bits: ByBits) -> Figure:
    """Yields with their 95 % intervals, a line for each simulation."""
    figure = Figure(figsize=SIZE, layout="constrained")
    axes: Axes = figure.subplots()
    places = {
        bits: x for x, bits in enumerate(sorted({bits for one in by_bits.values() for bits in one}))
    }
    for number, (label, yields) in enumerate(by_bits.items()):
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
        x = np.array([places[bits] for bits in yields]) + SPREAD * (number - (len(by_bits) - 1) / 2)
        share = np.array([one.share for one in yields.values()])
        ends = np.array([[one.low, one.high] for one in yields.values()]).T
        axes.errorbar(
            x,
            share,
            yerr=abs(ends - share),
            color=colour,
            marker=marker,
            markersize=3.5,
            capsize=2,
            linewidth=0.8,
            label=label,
        )
        # Upright, so that those of two simulations stand side by side.
        for at, one in zip(x, yields.values(), strict=True):
            below = one.share >= 0.5
            axes.annotate(
                f"{one.settled}/{one.dies}",
                (at, one.low if below else one.high),
                (0, -4 if below else 4),
                textcoords="offset points",
                ha="center",
                va="top" if below else "bottom",
                rotation=90,
                fontsize=6,
                color=colour,
            )
    axes.set_xticks(list(places.values()), [str(bits) if bits else "none" for bits in places])
    axes.set_xlim(-0.6, len(places) - 0.4)
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks(np.arange(0, 1.1, 0.25))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel("bits of the trim")
    axes.set_ylabel("dies that settle, with 95 % interval")
    axes.legend(frameon=False, loc="best")
    return figure

"""The figure of a sizing: yield, spread, energy and area over the decisive devices' area."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from cosim.experiments.sizing.runner import Sized
from cosim.workbench.style import BLUE, DOTTED, GREEN, ORANGE, PURPLE, VERMILION, WIDTH

SPREADS = {
    "window_half_width": "window's half-width",
    "kick_exc": "kick, excitation",
    "kick_inh": "kick, inhibition",
    "i_settled": "$I_{mem}$ at rest",
}
"""Quantities whose spread is shown, by the name in QUANTITIES."""
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE)
MARKERS = "osD^v"


def draw_sizing(found: Mapping[float, Sized], chosen: float) -> Figure:
    """found: by area. chosen: the area that is marked."""
    figure = Figure(figsize=(WIDTH, 4.4), layout="constrained")
    (yields, errors), (spread, costs) = figure.subplots(2, 2, sharex=True)
    areas = np.array(sorted(found))
    sized = [found[area] for area in areas]
    _draw_yields(yields, areas, sized)
    for number, name in enumerate(sized[0].errors):
        values = [one.errors[name] * 1e12 for one in sized]
        errors.plot(areas, values, color=COLOURS[number], marker=MARKERS[number], ms=3.5)
    errors.set_ylabel("$I_{mem}$ at the end, off by (pA RMS)")
    errors.set_ylim(bottom=0)
    _draw_spreads(spread, areas, sized)
    _draw_costs(costs, areas, sized)
    for axes in (yields, errors, spread, costs):
        axes.axvline(chosen, color="0.6", linewidth=5, alpha=0.3, zorder=0)
        axes.set_xscale("log")
        axes.set_xticks(areas, [f"{area:g}" for area in areas])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
    for axes in (spread, costs):
        axes.set_xlabel("area of the decisive devices, over that chosen")
    return figure


def _draw_yields(axes: Axes, areas: np.ndarray, sized: list[Sized]) -> None:
    for number, name in enumerate(sized[0].yields):
        share = np.array([one.yields[name].share for one in sized])
        ends = np.array([[one.yields[name].low, one.yields[name].high] for one in sized]).T
        axes.errorbar(
            areas * 1.03 ** (number - 0.5),
            100 * share,
            100 * abs(ends - share),
            color=COLOURS[number],
            marker=MARKERS[number],
            ms=3.5,
            capsize=2,
            label=name.replace("_", " "),
        )
    axes.set_ylabel("dies that settle (%), 95 % interval")
    axes.set_ylim(top=103)
    # Above the axes: intervals take all of the room below.
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=7)


def _draw_spreads(axes: Axes, areas: np.ndarray, sized: list[Sized]) -> None:
    for number, (name, label) in enumerate(SPREADS.items()):
        values = [
            100 * one.quantities[name].cv if name in one.quantities else np.nan for one in sized
        ]
        axes.plot(areas, values, color=COLOURS[number], marker=MARKERS[number], ms=3.5, label=label)
    top = axes.get_ylim()[1]
    axes.plot(areas, top * 0.9 * (areas / areas[0]) ** -0.5, "k", ls=DOTTED, label="Pelgrom's law")
    axes.set_ylabel("coefficient of variation (%)")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=6.5)


def _draw_costs(axes: Axes, areas: np.ndarray, sized: list[Sized]) -> None:
    energy = [np.nan if one.energy is None else one.energy * 1e9 for one in sized]
    layout = [np.nan if one.area is None else one.area * 1e-3 for one in sized]
    axes.plot(areas, energy, color=BLUE, marker="o", ms=3.5)
    axes.set_ylabel("learning event (nJ)", color=BLUE)
    axes.set_ylim(0, 1.4 * np.nanmax(energy) if np.any(np.isfinite(energy)) else 1)
    other = axes.twinx()
    other.plot(areas, layout, color=VERMILION, marker="s", ms=3.5)
    other.set_ylabel("area, assumed (1000 µm²)", color=VERMILION)
    other.set_ylim(bottom=0)

"""The figures on technologies: weights at the typical corner, decisions at all corners."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from cosim.circuits.conditions import Conditions
from cosim.comparison.spikes import weight_sequence
from cosim.experiments.technologies.corner_run import CornerOutcome, CornerTrial
from cosim.experiments.technologies.typical import TypicalOutcome
from cosim.workbench.style import BLUE, GREEN, ORANGE, PURPLE, VERMILION, WIDTH, milli, nano
from ebn_model.results import SpikeTable

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)
_CELL = 0.24
"""Height of a line of the map of corners, inches."""


def draw_typical(outcomes: Mapping[str, TypicalOutcome]) -> Figure:
    """I_mem at the rising edges and the weight: a column per simulation, a line per technology."""
    names = list(next(iter(outcomes.values())).simulations)
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    axes = figure.subplots(2, len(names), sharex="col", sharey="row", squeeze=False)
    for (above, below), name in zip(axes.T, names, strict=True):
        for (technology, outcome), colour in zip(outcomes.items(), _COLOURS * 9, strict=False):
            results = outcome.simulations[name]
            view, run = results.reference
            _draw_spikes(above, below, run.spikes, color=colour, label=f"{technology}, {view}")
        published = next(iter(outcomes.values())).simulations[name].published
        if published:
            style = {"color": "black", "linewidth": 0.6, "linestyle": (0, (4, 2))}
            _draw_spikes(above, below, published, label="published", **style)
        above.set_title(name, fontsize=8)
        below.set_xlabel("time (ms)")
    axes[0, 0].set_ylabel("$I_{mem}$ at rising edges (nA)")
    axes[1, 0].set_ylabel("weight (LSB)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=7, ncols=4, loc="outside upper center")
    return figure


def _draw_spikes(above: Axes, below: Axes, spikes: SpikeTable, **style) -> None:
    above.plot(milli(spikes.t_rise), nano(spikes.i_mem_rise), **style)
    # The weight after a pulse is there from its end on; the last one may have none.
    times = np.append(spikes.t_rise, spikes.t_rise[-1])
    below.step(milli(times), weight_sequence(spikes), where="pre", **style)


def draw_corners(
    outcomes: Mapping[str, Mapping[Conditions, CornerOutcome]], deviation: float
) -> Figure:
    """Decisions as published: a panel per technology, fixed references above, trimmed ones below.

    A line per corner, a column per supply and temperature; a cross where nothing is learned.
    """
    lines = max(len({at.corner for at in found}) for found in outcomes.values())
    figure = Figure(figsize=(WIDTH, 2 * (lines * _CELL + 0.75) + 0.3), layout="constrained")
    axes = figure.subplots(2, len(outcomes), squeeze=False)
    image = None
    for column, (technology, found) in zip(axes.T, outcomes.items(), strict=True):
        for panel, kind in zip(column, ("fixed", "trimmed"), strict=True):
            trials = {at: getattr(outcome, kind) for at, outcome in found.items()}
            image = _draw_map(panel, trials, deviation)
            panel.set_title(f"{technology}, {kind} references", fontsize=8)
    if image:
        figure.colorbar(image, ax=axes, label="decisions as published (%)", shrink=0.7, pad=0.01)
    return figure


def _draw_map(axes: Axes, trials: Mapping[Conditions, CornerTrial], deviation: float) -> AxesImage:
    corners = list(dict.fromkeys(at.corner for at in trials))
    columns = sorted({(at.supply, at.temperature) for at in trials})
    shares = np.full((len(corners), len(columns)), np.nan)
    for at, trial in trials.items():
        line, column = corners.index(at.corner), columns.index((at.supply, at.temperature))
        found = trial.learned
        if found:
            share = shares[line, column] = 100 * found.decisions / found.spikes
            colour = "white" if share < 60 else "black"
            axes.text(
                column,
                line,
                f"{share:.0f}",
                ha="center",
                va="center",
                fontsize=6,
                color=colour,
                zorder=4,
            )
        if not (found and found.within(deviation)):
            axes.plot(
                column, line, "x", color=VERMILION, markersize=11, markeredgewidth=0.6, zorder=3
            )
    image = axes.imshow(shares, vmin=0, vmax=100, cmap="cividis", aspect="auto")
    axes.set_yticks(range(len(corners)), corners)
    axes.set_xticks(range(len(columns)), [f"{celsius:g}" for _, celsius in columns], fontsize=6)
    supplies = sorted({supply for supply, _ in columns})
    for number, supply in enumerate(supplies):
        own = [k for k, (volts, _) in enumerate(columns) if volts == supply]
        axes.annotate(
            f"{supply:g} V",
            (float(np.mean(own)), 0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -15),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=6.5,
        )
        if number:
            axes.axvline(own[0] - 0.5, color="white", linewidth=1.5)
    axes.tick_params(length=0)
    axes.set_xlabel("temperature (°C), supply", fontsize=6.5, labelpad=12)
    return image

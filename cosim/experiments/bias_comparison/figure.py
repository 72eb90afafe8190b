"""The figure of a comparison: one column per stimulus, one colour per bias table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.experiments.neuron.settling import last_weights
from cosim.experiments.neuron.views import Results
from cosim.workbench.style import (
    BLUE,
    DOTTED,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    milli,
    nano,
    save,
)
from ebn_model.results import LearningResult

HEIGHT = 6.0
"""Height in inches."""

_LATE = 2 / 3
"""A run ends from here on, as a share of its duration."""
_MARGIN = 0.3
"""The zoom shows this share of its levels' range beyond them."""
_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)


@dataclass(frozen=True)
class Column:
    """A stimulus' results by bias table, and the view to show of them."""

    title: str
    view: str
    results: dict[str, Results]

    @property
    def runs(self) -> dict[str, LearningResult]:
        """The runs in the view, by bias table."""
        return {table: results.runs[self.view] for table, results in self.results.items()}


def draw(columns: list[Column], title: str, paths: Iterable[Path]) -> None:
    """Draw the columns and save the figure in the format of each path's suffix."""
    save(lambda: make_overlay(columns, title), paths)


def make_overlay(columns: list[Column], title: str) -> Figure:
    """The figure: I_mem, I_mem around the decision windows, the weights; one below the other."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    grid = figure.subplots(
        3, len(columns), sharex="col", sharey="row", height_ratios=(1, 1.2, 1), squeeze=False
    )
    for axes, column in zip(grid.T, columns, strict=True):
        _draw_column(axes, column)
    grid[1, 0].set_ylim(*_zoom_range(columns))
    for axes, label in zip(grid[:, 0], (*["$I_{mem}$ (nA)"] * 2, "weight (LSB)"), strict=True):
        axes.set_ylabel(label)
    figure.suptitle(title, fontsize=9)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw_column(axes: Sequence[Axes], column: Column) -> None:
    current, zoom, weight = axes
    current.set_title(column.title, fontsize=8)
    current.set_xlim(0, max(milli(run.time[-1]) for run in column.runs.values()))
    colours = dict(zip(column.results, cycle(_COLOURS), strict=False))
    for table, run in column.runs.items():
        style = {"color": colours[table], "label": table}
        for place in (current, zoom):
            _draw_window(place, column.results[table], run, colours[table])
            place.plot(milli(run.time), nano(run.i_mem), **style)
        weight.step(milli(run.time), run.weight, where="post", **style)
    _name_last_weights(weight, column, colours)
    weight.set_xlabel("time (ms)")


def _zoom_range(columns: list[Column]) -> tuple[float, float]:
    """Range of I_mem in nA that holds all windows, if known, and where the runs end."""
    levels = []
    for column in columns:
        for table, run in column.runs.items():
            levels.append(run.i_mem[run.time >= _LATE * run.time[-1]])
            if neuron := column.results[table].neuron:
                levels += neuron.thresholds(run.weight)
    every = nano(np.concatenate(levels))
    margin = _MARGIN * np.ptp(every)
    return every.min() - margin, every.max() + margin


def _draw_window(axes: Axes, results: Results, run: LearningResult, colour: str) -> None:
    """Shade the window in which learning stops, for the weight as it goes."""
    if results.neuron is None:
        return
    lower, upper = results.neuron.thresholds(run.weight)
    time = milli(run.time)
    axes.fill_between(time, nano(lower), nano(upper), color=colour, alpha=0.15, linewidth=0)
    for level in (lower, upper):
        axes.plot(time, nano(level), color=colour, linewidth=0.6, linestyle=DOTTED)


def _name_last_weights(axes: Axes, column: Column, colours: dict[str, str]) -> None:
    for line, (table, run) in enumerate(column.runs.items()):
        text = f"{table}: {last_weights(run.spikes).text}"
        axes.annotate(
            text,
            (1, 1),
            xytext=(-4, -4 - 9 * line),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=7,
            color=colours[table],
        )

"""The figure of a simulation: membrane current, weight and the decision window."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.experiments.neuron.views import Results
from cosim.workbench.style import (
    BLUE,
    DASHED,
    DOTTED,
    GREEN,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    milli,
    nano,
    save,
)
from ebn_model.learning_rule import Decision

HEIGHT = 3.9
"""Height in inches."""

_VIEWS = {
    "transistor": {"color": BLUE, "label": "transistor"},
    # Below the transistors' line, which it hardly differs from.
    "mixed": {"color": SKY, "linewidth": 2.2, "zorder": 1.9, "label": "mixed"},
    "model": {"color": VERMILION, "linestyle": DASHED, "label": "model"},
}
_PUBLISHED = {
    "color": "black",
    "linestyle": "none",
    "marker": "o",
    "markersize": 2.2,
    "markerfacecolor": "none",
    "markeredgewidth": 0.5,
    "label": "published",
}
_REGIONS = {Decision.INC: GREEN, Decision.SL: "#F0E442", Decision.DEC: PURPLE}
_MARGIN = 0.6
"""The zoom shows this share of the window's width beyond either threshold."""
_LATE = 2 / 3
"""The zoom shows the run from here on at least, as a share of its duration."""


def draw(results: Results, title: str, paths: Iterable[Path]) -> None:
    """Draw a simulation's results and save the figure in the format of each path's suffix."""
    save(lambda: make_figure(results, title), paths)


def make_figure(results: Results, title: str) -> Figure:
    """The figure: I_mem above, the weight below, and a zoom on the decision window at the side."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplot_mosaic(
        [["current", "zoom"], ["weight", "zoom"]], height_ratios=(2, 1), width_ratios=(1.4, 1)
    )
    runs = list(results.runs.values())
    axes["weight"].sharex(axes["current"])
    axes["current"].set_xlim(0, milli(runs[0].time[-1]))
    axes["current"].set_ylim(0, 1.1 * max(nano(run.i_mem.max()) for run in runs))
    axes["zoom"].set_xlim(*_settling(results))
    axes["zoom"].set_ylim(*_zoom_range(results))
    if results.neuron:
        _draw_regions(axes["current"], results)
        _draw_regions(axes["zoom"], results)
        _name_regions(axes["current"], results)
        _name_levels(axes["zoom"], results)
    _draw_current(axes["current"], results)
    _draw_current(axes["zoom"], results)
    _draw_weight(axes["weight"], results)
    axes["current"].tick_params(labelbottom=False)
    axes["weight"].set_xlabel("time (ms)")
    axes["zoom"].set_xlabel("time (ms)")
    figure.suptitle(title, fontsize=9)
    handles, labels = axes["current"].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def _draw_current(axes: Axes, results: Results) -> None:
    for view, run in results.runs.items():
        axes.plot(milli(run.time), nano(run.i_mem), **_VIEWS[view])
    if spikes := results.published:
        axes.plot(milli(spikes.t_rise), nano(spikes.i_mem_rise), **_PUBLISHED)
    axes.set_ylabel("$I_{mem}$ (nA)")


def _draw_weight(axes: Axes, results: Results) -> None:
    for view, run in results.runs.items():
        axes.step(milli(run.time), run.weight, where="post", **_VIEWS[view])
    if spikes := results.published:
        axes.plot(milli(spikes.t_rise), spikes.weight_before, **_PUBLISHED)
    axes.set_ylabel("weight (LSB)")


def _draw_regions(axes: Axes, results: Results) -> None:
    """Shade the decision's regions and draw its thresholds, for the weight as it goes."""
    time, lower, upper = _thresholds(results)
    bottom, top = axes.get_ylim()
    bounds = (bottom, lower, upper, top)
    for colour, low, high in zip(_REGIONS.values(), bounds, bounds[1:], strict=False):
        axes.fill_between(time, low, high, color=colour, alpha=0.2, linewidth=0)
    for level in (lower, upper):
        axes.plot(time, level, color="0.3", linewidth=0.6, linestyle=DOTTED)
    axes.axhline(_rest(results), color="0.3", linewidth=0.6, linestyle=(0, (5, 2, 1, 2)))


def _name_regions(axes: Axes, results: Results) -> None:
    _, lower, upper = _thresholds(results)
    bottom, top = axes.get_ylim()
    bounds = (bottom, lower[-1], upper[-1], top)
    for decision, low, high in zip(_REGIONS, bounds, bounds[1:], strict=False):
        _name_height(axes, decision.name, (low + high) / 2)


def _name_levels(axes: Axes, results: Results) -> None:
    _, lower, upper = _thresholds(results)
    levels = {"lower": lower[-1], "rest": _rest(results), "upper": upper[-1]}
    for name, level in levels.items():
        _name_height(axes, f"$I_{{{name}}}$", level)


def _name_height(axes: Axes, text: str, height: float) -> None:
    """Write a text at the right of the axes, at a height in data units."""
    transform = axes.get_yaxis_transform()
    axes.text(1.015, height, text, transform=transform, va="center", fontsize=7)


def _thresholds(results: Results) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time in ms, I_lower and I_upper in nA, each of shape (points,)."""
    _, run = results.reference
    lower, upper = results.neuron.thresholds(run.weight)
    return milli(run.time), nano(lower), nano(upper)


def _rest(results: Results) -> float:
    """I_rest in nA as the decision sees it: the middle of the window at weight 0."""
    return float(nano(np.mean(results.neuron.thresholds(0))))


def _zoom_range(results: Results) -> tuple[float, float]:
    """Range of I_mem in nA around the decision window, if it's known, and around the last I_mem."""
    _, run = results.reference
    late = nano(run.i_mem[run.time >= _LATE * run.time[-1]])
    if results.neuron is None:
        return 0.9 * late.min(), 1.1 * late.max()
    _, lower, upper = _thresholds(results)
    margin = _MARGIN * (upper - lower).max()
    low = min(lower.min() - margin, late.min() - margin / 4)
    return low, max(upper.max() + margin, late.max() + margin / 4)


def _settling(results: Results) -> tuple[float, float]:
    """Range of time in ms of the zoom: after I_mem left the zoom's range last, at least a third."""
    _, run = results.reference
    low, high = _zoom_range(results)
    time, current = milli(run.time), nano(run.i_mem)
    end = time[-1]
    outside = time[(current < low) | (current > high)]
    return min(outside.max(initial=0.0) - 0.02 * end, _LATE * end), end

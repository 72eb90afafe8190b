"""The study's figure: a panel for each group, errors with intervals, and who ran away."""

import re
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.experiments.study.settings import StudySettings
from cosim.experiments.study.summary import Finding
from cosim.experiments.study.tables import TEXTS
from cosim.workbench.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, WIDTH

_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, "black", "0.55")
_MARKERS = "osD^vP*X"
_SWEEP_HEIGHT, _HEIGHT = 2.6, 3.4
"""Of a row of panels, inches."""
_SPREAD = 0.7
"""Share of the distance between two situations over which their methods spread."""
_CROWDED = 30
"""Greatest ratio of a sweep's values, but for 0, for which a linear axis has room."""


def make_figure(settings: StudySettings, groups: dict[str, list[Finding]]) -> Figure:
    """Sweeps two in a row, situations over the whole width with the chips that ran away below."""
    rows = _rows(settings)
    heights = [_SWEEP_HEIGHT if settings.groups[row[0]].sweep else _HEIGHT for row in rows]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    for part, row in zip(
        np.atleast_1d(figure.subfigures(len(rows), 1, height_ratios=heights)), rows, strict=True
    ):
        for panel, name in zip(np.atleast_1d(part.subfigures(1, len(row))), row, strict=True):
            if settings.groups[name].sweep:
                _draw_sweep(panel.subplots(), settings, name, groups[name])
            elif len(settings.groups[name].situations) == 1:
                _draw_methods(panel.subplots(), settings, name, groups[name])
            else:
                above, below = panel.subplots(2, 1, sharex=True, height_ratios=(3, 1))
                _draw_situations(above, below, settings, name, groups[name])
    return figure


def _rows(settings: StudySettings) -> list[list[str]]:
    rows: list[list[str]] = []
    for name, group in settings.groups.items():
        beside = rows and group.sweep and len(rows[-1]) == 1
        if beside and settings.groups[rows[-1][0]].sweep:
            rows[-1].append(name)
        else:
            rows.append([name])
    return rows


def _draw_sweep(axes: Axes, settings: StudySettings, name: str, found: list[Finding]) -> None:
    group = settings.groups[name]
    for number, method in enumerate(group.methods):
        own = [one for one in found if one.condition.method == method]
        x = [one.condition.x for one in own]
        _draw_points(axes, x, own, number, settings.methods[method].label, line="-")
    if group.log:
        axes.set_xscale("log")
        axes.set_yscale("log")
    else:
        _spread_out(axes, [one.condition.x for one in found])
        axes.set_ylim(0, None)
    axes.set_xticks(sorted({one.condition.x for one in found}))
    axes.minorticks_off()
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel(", ".join(group.sweep))
    axes.set_ylabel(TEXTS[group.quantity])
    axes.set_title(group.title, fontsize=8)
    axes.legend(frameon=False, fontsize=6.5)


def _spread_out(axes: Axes, values: Iterable[float | None]) -> None:
    """Make an axis logarithmic from its smallest value on where a linear one has no room for it."""
    sizes = [abs(value) for value in values if value]
    if sizes and max(sizes) > _CROWDED * min(sizes):
        axes.set_xscale("symlog", linthresh=min(sizes))


def _draw_methods(axes: Axes, settings: StudySettings, name: str, found: list[Finding]) -> None:
    """One situation: a line for each method, with the chips that ran away beside it."""
    group = settings.groups[name]
    for y, one in enumerate(found):
        error = one.error
        reach = None
        if error.low is not None and error.high is not None:
            reach = [[error.mean - error.low], [error.high - error.mean]]
        axes.errorbar(error.mean, y, xerr=reach, color=BLUE, marker="o", markersize=3, capsize=1.5)
        if one.runaway.count:
            text = f"  {one.runaway} ran away"
            axes.annotate(text, (error.high or error.mean, y), va="center", fontsize=7)
    axes.set_yticks(range(len(found)))
    axes.set_yticklabels([settings.methods[one.condition.method].label for one in found])
    axes.invert_yaxis()
    # Room for the text beside the last point.
    axes.margins(x=0.25)
    axes.set_xlim(0, None)
    axes.grid(axis="x", alpha=0.3, linewidth=0.4)
    axes.set_xlabel(TEXTS[group.quantity])
    axes.set_title(group.title, fontsize=8)


def _draw_situations(
    above: Axes, below: Axes, settings: StudySettings, name: str, found: list[Finding]
) -> None:
    group = settings.groups[name]
    methods = group.methods
    offsets = _SPREAD * (np.arange(len(methods)) - (len(methods) - 1) / 2) / len(methods)
    for number, (method, offset) in enumerate(zip(methods, offsets, strict=True)):
        own = [one for one in found if one.condition.method == method]
        x = np.arange(len(own)) + offset
        _draw_points(above, x, own, number, settings.methods[method].label, line="none")
        shares = [100 * one.runaway.count / one.runaway.seeds for one in own]
        below.bar(x, shares, width=_SPREAD / len(methods), color=_COLOURS[number % len(_COLOURS)])
    for axes in (above, below):
        for edge in np.arange(len(group.situations) - 1) + 0.5:
            axes.axvline(edge, color="0.8", linewidth=0.6)
    above.set_ylim(0, None)
    above.set_ylabel(TEXTS[group.quantity])
    # Methods spread over the whole width, so that no corner is free.
    above.figure.legend(
        frameon=False,
        fontsize=6.5,
        ncols=3,
        loc="outside upper center",
        title=group.title,
        title_fontsize=8,
    )
    below.set_ylim(0, 100)
    below.set_ylabel("ran away (%)")
    below.set_xticks(range(len(group.situations)))
    below.set_xticklabels(
        [re.sub("([,;]) ", r"\1\n", settings.situations[one].label) for one in group.situations]
    )


def _draw_points(axes: Axes, x, found: list[Finding], number: int, label: str, line: str) -> None:
    means = np.array([one.error.mean for one in found])
    bounds = [(one.error.low, one.error.high) for one in found if one.error.low is not None]
    reach = abs(np.array(bounds) - means[:, None]).T if len(bounds) == len(means) else None
    axes.errorbar(
        x,
        means,
        yerr=reach,
        color=_COLOURS[number % len(_COLOURS)],
        # A colour that comes again gets another marker.
        marker=_MARKERS[(number + number // len(_COLOURS)) % len(_MARKERS)],
        markersize=3,
        linewidth=0.8,
        linestyle=line,
        capsize=1.5,
        label=label,
    )

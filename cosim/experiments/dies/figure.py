"""Figure on dies: yield of each case, and histograms of the cells' quantities."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.experiments.dies.population import Outcomes, Yield
from cosim.experiments.dies.runner import Found
from cosim.experiments.dies.settings import DiesExperiment
from cosim.workbench.histograms import draw_histogram
from cosim.workbench.style import BLUE, ORANGE, VERMILION, WIDTH

SHOWN = {
    "window_centre": ("window's centre (nA)", 1e9),
    "window_half_width": ("window's half-width (nA)", 1e9),
    "kick_exc": ("kick of +1 LSB (pA)", 1e12),
    "kick_inh": ("kick of -1 LSB (pA)", 1e12),
    "tau_mem": ("membrane's $\\tau$ (ms)", 1e3),
    "i_settled": ("$I_{mem}$ at rest (nA)", 1e9),
    "i_spike": ("spike threshold (nA)", 1e9),
    "refractory": ("refractory period (ms)", 1e3),
}
"""Label and factor of the quantities that are drawn."""
COLUMNS = 4
COLOURS = (BLUE, ORANGE, VERMILION)
BAR, ROW = 0.28, 1.55
"""Height of a bar and of a row of histograms, inches."""


def make_figure(experiment: DiesExperiment, found: Found, yields: dict[str, Yield]) -> Figure:
    """Bars of the yields above, a histogram for each quantity below."""
    rows = -(-len(SHOWN) // COLUMNS) if found.cells else 0
    heights = [0.75 + BAR * len(yields)] if yields else []
    heights += [ROW * rows + 0.3] if rows else []
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    parts = list(np.atleast_1d(figure.subfigures(len(heights), 1, height_ratios=heights)))
    if yields:
        labels = {name: experiment.label_of(name) for name in yields}
        _draw_yields(parts.pop(0).subplots(), {labels[name]: one for name, one in yields.items()})
    if rows:
        every = parts[0].subplots(rows, COLUMNS).flat
        for axes, name in zip(every, SHOWN, strict=False):
            _draw_quantity(axes, name, found)
        handles, names = next(iter(parts[0].axes)).get_legend_handles_labels()
        parts[0].legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
    return figure


def _draw_yields(axes: Axes, yields: dict[str, Yield]) -> None:
    for y, one in enumerate(yields.values()):
        reach = [[one.share - one.low], [one.high - one.share]]
        axes.barh(y, one.share, height=0.6, color=BLUE, alpha=0.6)
        axes.errorbar(one.share, y, xerr=np.abs(reach), color="black", capsize=2, linewidth=0.8)
        axes.text(0.01, y, f"{one.settled} of {one.dies}", va="center", fontsize=7)
    axes.set_yticks(range(len(yields)), list(yields))
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel("dies that settle, with 95 % interval")


def _draw_quantity(axes: Axes, name: str, found: Found) -> None:
    label, factor = SHOWN[name]
    for (table, outcomes), colour in zip(found.cells.items(), COLOURS, strict=False):
        nominal = found.nominal[f"cells/{table}"].get(name)
        draw_histogram(
            axes,
            _values(outcomes, name) * factor,
            colour,
            table,
            None if nominal is None else nominal * factor,
        )
    axes.set_xlabel(label)


def _values(outcomes: Outcomes, name: str) -> np.ndarray:
    return np.array([one[name] for one in outcomes.values() if name in one])

"""Figures on all rows of a replay: weights, decisions and errors of circuit and model."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.comparison.reasons import REASONS
from cosim.comparison.row_case import RowComparisonInput
from cosim.comparison.rows import RowsComparison
from cosim.comparison.weight_errors import weight_over_time
from cosim.workbench.style import (
    BLUE,
    DASHED,
    DOTTED,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    YELLOW,
    milli,
    nano,
    plain_number,
)
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN

Cases = Mapping[int, RowComparisonInput]
"""Rows that have a circuit, by the number of their neuron."""

_COLUMNS = 3
_BINS = 40
_NEAREST = 1e-12
"""Distance of a threshold, A, below which all decisions are shown together."""
POINTS = 500
"""Of a curve over time."""
_COLOURS = dict(zip(REASONS, (SKY, ORANGE, PURPLE, BLUE, YELLOW, GREEN, VERMILION), strict=True))


def busiest_synapses(cases: Cases, count: int) -> list[tuple[int, int]]:
    """Row and index of the synapses whose weights change most often, in circuit or model."""
    changes = {
        (row, index): max(
            np.count_nonzero(own.weight_after != own.weight_before)
            for own in (run.events.of(pre) for run in (case.circuit, case.model))
        )
        for row, case in cases.items()
        for index, pre in enumerate(case.stimulus.synapses)
    }
    return sorted(changes, key=lambda synapse: -changes[synapse])[:count]


def trajectories(cases: Cases, synapses: list[tuple[int, int]]) -> Figure:
    """Weights over time of synapses, each given by row and index: circuit and model."""
    lines = -(-len(synapses) // _COLUMNS)
    figure = Figure(figsize=(WIDTH, 0.6 + 1.45 * lines), layout="constrained")
    grid = figure.subplots(lines, _COLUMNS, sharex=True, squeeze=False)
    for axes, (row, index) in zip(grid.flat, synapses, strict=False):
        case = cases[row]
        time = np.linspace(0, case.stimulus.duration, 4 * POINTS)
        for run, style in ((case.circuit, _CIRCUIT), (case.model, _MODEL)):
            weights = weight_over_time(run, case.stimulus, index, time)
            axes.step(milli(time), weights, where="post", **style)
        axes.set_title(f"{case.stimulus.synapses[index]} → {row}", fontsize=8)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.margins(x=0)
    for axes in list(grid.flat)[len(synapses) :]:
        axes.set_axis_off()
    for axes in grid[:, 0]:
        axes.set_ylabel("weight (LSB)")
    # The lowest of each column that has one.
    for column in range(min(_COLUMNS, len(synapses))):
        lowest = grid[(len(synapses) - 1 - column) // _COLUMNS, column]
        lowest.set_xlabel("time (ms)")
        lowest.tick_params(labelbottom=True)
    _legend(figure, grid[0, 0])
    return figure


def final_weights(comparison: RowsComparison) -> Figure:
    """Final weights of circuit and model; the area of a point goes with how many there are."""
    rows = comparison.rows.values()
    circuit = np.concatenate([row.weights.final_circuit for row in rows])
    model = np.concatenate([row.weights.final_model for row in rows])
    points, counts = np.unique(np.column_stack([model, circuit]), axis=0, return_counts=True)
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    plane, histogram = figure.subplots(1, 2, width_ratios=(1.15, 1))
    ends = WEIGHT_MIN - 1, WEIGHT_MAX + 1
    plane.plot(ends, ends, color="0.6", linewidth=0.6)
    plane.scatter(*points.T, s=5 * counts, color=BLUE, alpha=0.7, linewidth=0)
    plane.set(xlabel="final weight, model (LSB)", ylabel="final weight, circuit (LSB)")
    plane.set(xlim=ends, ylim=ends, aspect="equal")
    plane.set_title(
        f"{len(circuit)} synapses, correlation {comparison.final_correlation:.4f}", fontsize=8
    )
    difference, numbers = np.unique(circuit - model, return_counts=True)
    histogram.bar(difference, numbers, width=0.8, color=BLUE)
    histogram.set(xlabel="circuit − model (LSB)", ylabel="synapses")
    histogram.xaxis.get_major_locator().set_params(integer=True)
    histogram.set_yscale("symlog", linthresh=1)
    histogram.yaxis.set_major_formatter(plain_number)
    reach = max(2, abs(difference).max()) + 0.7
    histogram.set_xlim(-reach, reach)
    return figure


def decisions_by_distance(comparison: RowsComparison, dead_band: float) -> Figure:
    """Distance of I_mem from the nearer threshold (A), at all decisions and at different ones."""
    rows = comparison.rows.values()
    distance = nano(np.concatenate([row.decisions.distance for row in rows]))
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.subplots()
    # Below the first edge there is no more to tell.
    farthest = max(distance.max(initial=0), 10 * nano(dead_band), 10 * nano(_NEAREST))
    edges = np.geomspace(nano(_NEAREST), farthest, _BINS + 1)
    distance = np.maximum(distance, edges[0])
    axes.hist(distance, edges, color="0.85", label="all decisions")
    found: dict[str, list[float]] = {reason: [] for reason in REASONS}
    for row in rows:
        for one in row.deviations:
            found[one.reason].append(max(nano(row.decisions.distance[one.pulse]), edges[0]))
    shown = {reason: values for reason, values in found.items() if values}
    if shown:
        axes.hist(
            list(shown.values()),
            edges,
            stacked=True,
            color=[_COLOURS[reason] for reason in shown],
            label=[f"differ: {reason}" for reason in shown],
        )
    if dead_band:
        axes.axvline(nano(dead_band), color="black", linestyle=DOTTED, label="dead band")
    axes.set(xscale="log", yscale="log", xlim=(edges[0], edges[-1]))
    axes.set_ylim(bottom=0.7)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(plain_number)
    axes.set(xlabel="distance of $I_{mem}$ from the nearer threshold (nA)", ylabel="decisions")
    axes.legend(frameon=False, loc="upper left")
    return figure


_CIRCUIT = {"color": BLUE, "label": "circuit"}
_MODEL = {"color": VERMILION, "linestyle": DASHED, "label": "model"}


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)

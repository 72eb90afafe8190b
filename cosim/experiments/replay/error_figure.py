"""Figure of the differences between circuit and model over time, all rows together."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.comparison.rows import RowsComparison
from cosim.comparison.weight_errors import difference_over_time
from cosim.experiments.replay.figures import POINTS, Cases
from cosim.workbench.style import BLUE, ORANGE, SKY, VERMILION, WIDTH, milli, nano


def errors_over_time(cases: Cases, comparison: RowsComparison) -> Figure:
    """I_mem's RMS difference, the weights' mean one, and the decisions that differed until then."""
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    current, weight, decisions = figure.subplots(3, 1, sharex=True)
    duration = max(case.stimulus.duration for case in cases.values())
    time = np.linspace(0, duration, POINTS)
    _draw_current_error(current, cases, duration)
    errors = [
        abs(difference_over_time(case, index, time))
        for case in cases.values()
        for index in range(len(case.stimulus.synapses))
    ]
    weight.plot(milli(time), np.mean(errors, axis=0), color=BLUE, label="mean")
    weight.plot(milli(time), np.max(errors, axis=0), color=SKY, linewidth=0.7, label="greatest")
    weight.set_ylabel("|Δ weight| (LSB)")
    weight.legend(frameon=False, ncols=2, loc="upper left")
    _draw_differing(decisions, cases, comparison, time)
    decisions.set_xlabel("time (ms)")
    decisions.set_xlim(0, milli(duration))
    for axes in (current, weight, decisions):
        axes.set_ylim(bottom=0)
    return figure


def _draw_current_error(axes: Axes, cases: Cases, duration: float) -> None:
    """RMS over the rows, in bins of time."""
    edges = np.linspace(0, duration, POINTS // 5 + 1)
    squares = []
    for case in cases.values():
        time = case.circuit.time
        if len(time) and len(case.model.time):
            model = np.interp(time, case.model.time, case.model.i_mem)
            sums, counts = (
                np.histogram(time, edges, weights=values)[0]
                for values in ((case.circuit.i_mem - model) ** 2, np.ones(len(time)))
            )
            squares.append(sums / np.maximum(counts, 1))
    if squares:
        rms = np.sqrt(np.mean(squares, axis=0))
        axes.stairs(nano(rms), milli(edges), color=VERMILION, linewidth=1.0, baseline=None)
    else:
        axes.text(0.5, 0.5, "no waveforms", transform=axes.transAxes, ha="center")
    axes.set_ylabel("RMS of Δ$I_{mem}$ (nA)")


def _draw_differing(axes: Axes, cases: Cases, comparison: RowsComparison, time: np.ndarray) -> None:
    """Number of decisions that differed until each time."""
    for name, colour in (("one_step", ORANGE), ("trajectory", BLUE)):
        times = np.concatenate(
            [
                cases[row].circuit.events.t_rise[: len(one.decisions)][
                    one.decisions.circuit != getattr(one.decisions, name)
                ]
                for row, one in comparison.rows.items()
            ]
        )
        until = np.searchsorted(np.sort(times), time, side="right")
        label = {"one_step": "one step ahead", "trajectory": "along the trajectory"}[name]
        axes.step(milli(time), until, where="post", color=colour, label=label)
    axes.set_ylabel("differing decisions")
    axes.legend(frameon=False, ncols=2, loc="upper left")

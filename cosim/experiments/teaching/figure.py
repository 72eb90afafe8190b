"""Figure on a chip that learned as circuits: errors, decisions and codes."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, PercentFormatter

from cosim.experiments.teaching.lessons import TEACHERS, Lessons
from cosim.workbench.style import BLUE, DASHED, GREEN, VERMILION, WIDTH, plain_number
from ebn_model.network.metrics import weight_correlation

HEIGHT = 2.6
"""Height in inches."""
ROOM = 0.3
"""For a legend below the decisions, as a share of the height that they take."""
COLOURS = dict(zip(TEACHERS, (BLUE, VERMILION, GREEN), strict=True))


def make_figure(lessons: Lessons, trial: float) -> Figure:
    """Errors and equal decisions over the time of learning, and the codes of circuits and model.

    trial: length of a trial, s.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    errors, decisions, codes = figure.subplots(1, 3)
    _draw_errors(errors, lessons, trial)
    _draw_decisions(decisions, lessons, trial)
    _draw_codes(codes, lessons)
    handles, labels = errors.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return figure


def _draw_errors(axes: Axes, lessons: Lessons, trial: float) -> None:
    for name, history in lessons.histories.items():
        style = {"color": COLOURS[name], "label": TEACHERS[name]}
        axes.plot(history.iteration * trial, history.unscaled_error, ".-", markersize=4, **style)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(plain_number)
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("time of learning (s)")
    axes.set_ylabel("unscaled error")


def _draw_decisions(axes: Axes, lessons: Lessons, trial: float) -> None:
    times = np.arange(1, len(lessons.decisions) + 1) * trial
    for share, label, line in (
        ([one.one_step_agreement for one in lessons.decisions], "one step ahead", "-"),
        ([one.trajectory_agreement for one in lessons.decisions], "within a trial", DASHED),
    ):
        axes.plot(times, share, color=BLUE, linestyle=line, marker=".", markersize=4, label=label)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("time of learning (s)")
    axes.set_ylabel("decisions as the model's")
    low, high = axes.get_ylim()
    axes.set_ylim(low - ROOM * (high - low), high)
    axes.legend(frameon=False, fontsize=7, loc="lower center")


def _draw_codes(axes: Axes, lessons: Lessons) -> None:
    circuits, model = lessons.codes["circuits"], lessons.codes["model"]
    synapses = ~np.eye(len(circuits), dtype=bool)
    ends = [min(circuits.min(), model.min()) - 1, max(circuits.max(), model.max()) + 1]
    axes.plot(ends, ends, color="0.6", linewidth=0.6)
    points = {"color": BLUE, "markersize": 2.5, "alpha": 0.4, "markeredgewidth": 0}
    axes.plot(model[synapses], circuits[synapses], "o", **points)
    axes.set_aspect("equal")
    axes.set_xlabel("code taught by the model (LSB)")
    axes.set_ylabel("code taught by circuits (LSB)")
    correlation = weight_correlation(circuits, model)
    text = f"correlation {correlation:.3f}"
    axes.text(0.05, 0.95, text, transform=axes.transAxes, fontsize=7, va="top")

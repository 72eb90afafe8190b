"""Figure of a stretch of one row: I_mem, thresholds and decisions above, the pulses below."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cosim.comparison.row_case import RowComparisonInput
from cosim.workbench.style import BLUE, DASHED, GREEN, ORANGE, VERMILION, WIDTH, milli, nano
from ebn_model.learning_rule import Decision
from ebn_model.row import RowEvents

HEIGHT = 3.9
"""Height in inches."""

_MARKERS = {Decision.INC: "^", Decision.SL: "o", Decision.DEC: "v"}
_TICK = 0.008
"""Half the length of a threshold's line at its decision, as a share of the stretch."""


def stretch(
    case: RowComparisonInput, start: float, stop: float, pulse: int | None = None
) -> Figure:
    """Circuit and model of a row from start to stop (s); `pulse` is an event to point at."""
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    current, pulses = figure.subplots(2, 1, sharex=True, height_ratios=(2.4, 1))
    for run, style in (
        (case.circuit, {"color": BLUE, "label": "circuit"}),
        (case.model, {"color": VERMILION, "linestyle": DASHED, "label": "model"}),
    ):
        shown = (run.time >= start) & (run.time <= stop)
        current.plot(milli(run.time[shown]), nano(run.i_mem[shown]), **style)
    circuit = case.circuit.events
    _draw_windows(current, case, start, stop)
    _draw_decisions(current, circuit, start, stop, BLUE, BLUE)
    _draw_decisions(current, case.model.events, start, stop, VERMILION, "none")
    _draw_pulses(pulses, case, start, stop)
    if pulse is not None:
        for axes in (current, pulses):
            at = milli(circuit.t_rise[pulse])
            axes.axvline(at, color=ORANGE, linewidth=4, alpha=0.3, zorder=0)
    current.set_xlim(milli(start), milli(stop))
    current.set_ylabel("$I_{mem}$ (nA)")
    pulses.set_xlabel("time (ms)")
    _add_legend(figure, current)
    return figure


def _in(events: RowEvents, start: float, stop: float) -> np.ndarray:
    return np.flatnonzero((events.t_rise >= start) & (events.t_rise <= stop))


def _draw_windows(axes: Axes, case: RowComparisonInput, start: float, stop: float) -> None:
    """The window in which learning stops, at each decision, for the circuit's weight."""
    events = case.circuit.events
    chosen = _in(events, start, stop)
    lower, upper = case.rule.thresholds(events.weight_before[chosen])
    middle = events.t_rise[chosen]
    axes.vlines(milli(middle), nano(lower), nano(upper), color=GREEN, alpha=0.35, linewidth=2)
    reach = _TICK * (stop - start)
    ends = milli(middle - reach), milli(middle + reach)
    label = "window for the synapse's weight"
    axes.hlines(nano(lower), *ends, color=GREEN, linewidth=0.9, label=label)
    axes.hlines(nano(upper), *ends, color=GREEN, linewidth=0.9)


def _draw_decisions(
    axes: Axes, events: RowEvents, start: float, stop: float, edge: str, face: str
) -> None:
    for k in _in(events, start, stop):
        axes.plot(
            milli(events.t_rise[k]),
            nano(events.i_mem_rise[k]),
            marker=_MARKERS[int(events.decision[k])],
            markersize=4 if face != "none" else 6.5,
            markeredgecolor=edge,
            markerfacecolor=face,
            markeredgewidth=0.8,
        )


def _draw_pulses(axes: Axes, case: RowComparisonInput, start: float, stop: float) -> None:
    """A line for each synapse that is active, its weights in circuit and model beside the pulse."""
    events, model, width = case.circuit.events, case.model.events, case.stimulus.pulse_width
    chosen = _in(events, start - width, stop)
    active = np.unique(events.pre[chosen])
    for k in chosen:
        line = int(np.searchsorted(active, events.pre[k]))
        weight = events.weight_before[k]
        other = model.weight_before[k] if k < len(model) else weight
        axes.barh(line, milli(width), left=milli(events.t_rise[k]), height=0.7, color="0.55")
        axes.annotate(
            f"{weight}" if weight == other else f"{weight} / {other}",
            (milli(events.t_rise[k] + width), line),
            xytext=(1.5, 0),
            textcoords="offset points",
            va="center",
            fontsize=5.5,
            color="0.2" if weight == other else VERMILION,
            annotation_clip=True,
        )
    axes.set_yticks(range(len(active)), active, fontsize=5.5)
    axes.set_ylim(len(active) - 0.4, -0.6)
    axes.set_ylabel("from neuron")


def _add_legend(figure: Figure, axes: Axes) -> None:
    for decision, marker in _MARKERS.items():
        axes.plot([], [], color="0.3", linestyle="none", marker=marker, label=decision.name)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False)

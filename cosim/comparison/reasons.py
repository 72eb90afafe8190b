"""Reasons for different decisions of circuit and model, which can be checked; or none."""

import numpy as np

from cosim.comparison.decisions import DecisionTable
from cosim.comparison.row_case import RowComparisonInput
from cosim.comparison.tolerances import ReplayTolerances

UNEXPLAINED = "unexplained"
REASONS = {
    "resolution": "I_mem of the circuit is within the dead band of a threshold",
    "delay": "the circuit's decision was right for I_mem within the winner-take-all's delay",
    "bus": "the circuit's decision lies on the way from that for the weight that was on the bus "
    "before, which changed within the winner-take-all's delay, and a threshold is near",
    "trajectory": "a pulse that the membrane still remembers had another weight, or an own spike "
    "came at another time: earlier decisions of the row differed",
    "reset": "just after an own spike the circuit's membrane still falls, faster than decisions "
    "follow, where the model's is at its end at once",
    "membrane": "I_mem of both differs by no more than what the model's membrane may err, and a "
    "threshold lies between",
    UNEXPLAINED: "none of these",
}
"""Statement of each reason, by its name, in the order in which they are tried."""


def miss_of(i_mem: float, decision: int, lower: float, upper: float) -> float:
    """Distance in A of I_mem from the region in which the rule decides this way."""
    if decision > 0:
        return float(max(i_mem - lower, 0.0))
    if decision < 0:
        return float(max(upper - i_mem, 0.0))
    return float(max(lower - i_mem, i_mem - upper, 0.0))


def reason_of(
    case: RowComparisonInput, table: DecisionTable, pulse: int, tolerances: ReplayTolerances
) -> str:
    """The first of REASONS that holds."""
    if table.inside[pulse]:
        return "resolution"
    if table.circuit[pulse] != table.one_step[pulse]:
        # The circuit's own decision is off: what happened before is no reason for that.
        if _right_just_before(case, pulse, tolerances.delay):
            return "delay"
        if _spiked(case, pulse, tolerances.reset):
            return "reset"
        return "bus" if _on_the_way(case, pulse, tolerances) else UNEXPLAINED
    if _differed_before(case, pulse, tolerances.memory):
        return "trajectory"
    if _still_falling(case, pulse, tolerances.reset):
        return "reset"
    circuit, model = case.circuit.events, case.model.events
    difference = abs(circuit.i_mem_rise[pulse] - model.i_mem_rise[pulse])
    return "membrane" if difference <= tolerances.membrane else UNEXPLAINED


def _right_just_before(case: RowComparisonInput, pulse: int, delay: float) -> bool:
    """True if I_mem within `delay` (s) before the edge called for the circuit's decision."""
    events = case.circuit.events
    i_mem = _just_before(case, pulse, delay)
    decisions = case.rule.decide(i_mem, events.weight_before[pulse])
    return bool((decisions == events.decision[pulse]).any())


def _just_before(case: RowComparisonInput, pulse: int, span: float) -> np.ndarray:
    """The circuit's I_mem in A from `span` (s) before the edge on; empty without waveforms."""
    circuit, rise = case.circuit, case.circuit.events.t_rise[pulse]
    recent = (circuit.time >= rise - span) & (circuit.time <= rise)
    if not recent.any():
        return np.empty(0)
    # Between two points of a decimated waveform, too.
    start = np.interp(rise - span, circuit.time, circuit.i_mem)
    return np.append(start, circuit.i_mem[recent])


def _on_the_way(case: RowComparisonInput, pulse: int, tolerances: ReplayTolerances) -> bool:
    """True if the decision is that for the weight before on the bus, or SL on the way from it.

    The bus changed within one slot before the edge; a slot longer than the delay, or a threshold
    that is not near, leaves no excuse.
    """
    events = case.circuit.events
    if pulse == 0 or case.stimulus.slot > tolerances.delay:
        return False
    i_mem, decision = events.i_mem_rise[pulse], events.decision[pulse]
    thresholds = case.rule.thresholds(events.weight_before[pulse])
    # While the bus settled, I_mem moved.
    meanwhile = [i_mem, *_just_before(case, pulse, case.stimulus.slot)]
    near = min(miss_of(i, decision, *thresholds) for i in meanwhile) <= tolerances.bus
    before, right = (
        int(case.rule.decide(i_mem, events.weight_before[k])) for k in (pulse - 1, pulse)
    )
    return near and min(before, right) <= decision <= max(before, right) and decision != right


def _differed_before(case: RowComparisonInput, pulse: int, memory: float) -> bool:
    """True if the runs' pulses or own spikes differ in `memory` (s) before the edge, or this one.

    That is all that I_mem and the window depend on, beside what both runs got from outside.
    """
    circuit, model = case.circuit.events, case.model.events
    rise, upto = circuit.t_rise[pulse], slice(pulse + 1)
    recent = circuit.t_rise[upto] >= rise - memory
    if np.any((circuit.weight_before[upto] != model.weight_before[upto])[recent]):
        return True
    first, second = (
        run.output_spikes[(run.output_spikes >= rise - memory) & (run.output_spikes <= rise)]
        for run in (case.circuit, case.model)
    )
    return len(first) != len(second) or bool(np.any(abs(first - second) > case.stimulus.slot))


def _still_falling(case: RowComparisonInput, pulse: int, reset: float) -> bool:
    """True if the circuit spiked within `reset` (s) before the edge, and is above the model."""
    circuit, model = case.circuit.events, case.model.events
    above = circuit.i_mem_rise[pulse] > model.i_mem_rise[pulse]
    return bool(above) and _spiked(case, pulse, reset)


def _spiked(case: RowComparisonInput, pulse: int, reset: float) -> bool:
    """True if the circuit spiked within `reset` (s) before the edge."""
    since = case.circuit.events.t_rise[pulse] - case.circuit.output_spikes
    return bool(np.any((since >= 0) & (since <= reset)))

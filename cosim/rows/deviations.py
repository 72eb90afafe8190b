"""Where circuit and model decided otherwise, and why: each deviation with a reason to check."""

from dataclasses import dataclass

import numpy as np

from cosim.rows.decisions import DecisionTable, decision_table
from cosim.rows.outcome import RowComparisonInput
from cosim.rows.tolerances import ReplayTolerances

UNEXPLAINED = "unexplained"
REASONS = {
    "resolution": "I_mem of the circuit is within the dead band of a threshold",
    "delay": "the circuit's decision was right for I_mem within the winner-take-all's delay",
    "bus": "the circuit's decision was right for the weight that was on the bus before, which "
    "changed within the winner-take-all's delay, and a threshold is near",
    "trajectory": "a pulse that the membrane still remembers had another weight, or an own spike "
    "came at another time: earlier decisions of the row differed",
    "membrane": "I_mem of both differs by no more than what the model's membrane may err, and a "
    "threshold lies between",
    UNEXPLAINED: "none of these",
}
"""What a deviation's reason states, by its name, in the order in which they are tried."""


@dataclass(frozen=True)
class Deviation:
    """A pulse at which model and circuit decided otherwise.

    Attributes:
        row: number of its neuron. pulse: index in the row's events. time: of its rising edge, s.
        pre: the synapse's presynaptic neuron.
        circuit, one_step, trajectory: decisions of the circuit, of the model given the circuit's
            I_mem and weight, and of the model in its own run; LSB.
        i_circuit, i_model: I_mem at the rising edge, A. weight_circuit, weight_model: LSB.
        miss: A by which the circuit's I_mem is off the region of its decision; 0 in it.
        overlapping: other pulses that were on at the rising edge.
        reason: one of REASONS.
    """

    row: int
    pulse: int
    time: float
    pre: int
    circuit: int
    one_step: int
    trajectory: int
    i_circuit: float
    i_model: float
    weight_circuit: int
    weight_model: int
    miss: float
    overlapping: int
    reason: str

    @property
    def severity(self) -> tuple[bool, float, float]:
        """Sorts the worst last: unexplained, off its region beyond doubt, far from the model."""
        off = 0.0 if self.reason == "resolution" else self.miss
        return self.reason == UNEXPLAINED, off, abs(self.i_circuit - self.i_model)


def find_deviations(
    row: int, case: RowComparisonInput, tolerances: ReplayTolerances
) -> list[Deviation]:
    """All deviations of a row, in the order of its pulses."""
    table = decision_table(case, tolerances.dead_band)
    return [
        _deviation(row, case, table, int(pulse), tolerances)
        for pulse in np.flatnonzero(table.deviates)
    ]


def _deviation(
    row: int,
    case: RowComparisonInput,
    table: DecisionTable,
    pulse: int,
    tolerances: ReplayTolerances,
) -> Deviation:
    circuit, model = case.circuit.events, case.model.events
    rise = circuit.t_rise[pulse]
    on = (circuit.t_rise <= rise) & (rise < circuit.t_rise + case.stimulus.pulse_width)
    i_mem, weight = circuit.i_mem_rise[pulse], circuit.weight_before[pulse]
    return Deviation(
        row=row,
        pulse=pulse,
        time=float(rise),
        pre=int(circuit.pre[pulse]),
        circuit=int(table.circuit[pulse]),
        one_step=int(table.one_step[pulse]),
        trajectory=int(table.trajectory[pulse]),
        i_circuit=float(i_mem),
        i_model=float(model.i_mem_rise[pulse]),
        weight_circuit=int(weight),
        weight_model=int(model.weight_before[pulse]),
        miss=_miss(i_mem, table.circuit[pulse], *case.rule.thresholds(weight)),
        overlapping=int(on.sum()) - 1,
        reason=_reason(case, table, pulse, tolerances),
    )


def _miss(i_mem: float, decision: int, lower: float, upper: float) -> float:
    """Distance in A of I_mem from the region in which the rule decides this way."""
    if decision > 0:
        return float(max(i_mem - lower, 0.0))
    if decision < 0:
        return float(max(upper - i_mem, 0.0))
    return float(max(lower - i_mem, i_mem - upper, 0.0))


def _reason(
    case: RowComparisonInput, table: DecisionTable, pulse: int, tolerances: ReplayTolerances
) -> str:
    """The first of REASONS that holds."""
    if table.inside[pulse]:
        return "resolution"
    if table.circuit[pulse] != table.one_step[pulse]:
        # The circuit's own decision is off: what happened before is no reason for that.
        if _right_just_before(case, pulse, tolerances.delay):
            return "delay"
        return "bus" if _right_for_the_bus(case, pulse, tolerances) else UNEXPLAINED
    if _differed_before(case, pulse, tolerances.memory):
        return "trajectory"
    circuit, model = case.circuit.events, case.model.events
    difference = abs(circuit.i_mem_rise[pulse] - model.i_mem_rise[pulse])
    return "membrane" if difference <= tolerances.membrane else UNEXPLAINED


def _right_just_before(case: RowComparisonInput, pulse: int, delay: float) -> bool:
    """Whether I_mem within `delay` (s) before the edge called for the circuit's decision."""
    circuit, events = case.circuit, case.circuit.events
    rise = events.t_rise[pulse]
    recent = (circuit.time >= rise - delay) & (circuit.time <= rise)
    if not recent.any():
        return False
    # Between two points of a decimated waveform, too.
    start = np.interp(rise - delay, circuit.time, circuit.i_mem)
    i_mem = np.append(start, circuit.i_mem[recent])
    decisions = case.rule.decide(i_mem, events.weight_before[pulse])
    return bool((decisions == events.decision[pulse]).any())


def _right_for_the_bus(case: RowComparisonInput, pulse: int, tolerances: ReplayTolerances) -> bool:
    """Whether the weight before this one on the bus called for the circuit's decision.

    The bus changed within one slot before the edge; a slot longer than the delay, or a threshold
    that is not near, leaves no excuse.
    """
    events = case.circuit.events
    if pulse == 0 or case.stimulus.slot > tolerances.delay:
        return False
    i_mem, decision = events.i_mem_rise[pulse], events.decision[pulse]
    thresholds = case.rule.thresholds(events.weight_before[pulse])
    near = _miss(i_mem, decision, *thresholds) <= tolerances.bus
    return bool(near and case.rule.decide(i_mem, events.weight_before[pulse - 1]) == decision)


def _differed_before(case: RowComparisonInput, pulse: int, memory: float) -> bool:
    """Whether the runs' pulses or own spikes differ in `memory` (s) before the edge, or this one.

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


@dataclass(frozen=True)
class WeightDeviation:
    """A synapse whose weights differ somewhere.

    Attributes:
        row, pre: numbers of its neurons.
        greatest, mean_abs: size of the difference, LSB, the mean weighted with time.
        first: the first decision of this synapse along the trajectories that differs; None where
            there is none, so that the weights should be the same.
    """

    row: int
    pre: int
    greatest: int
    mean_abs: float
    first: Deviation | None

    @property
    def reason(self) -> str:
        """One of REASONS."""
        return self.first.reason if self.first else UNEXPLAINED

    @property
    def severity(self) -> tuple[bool, int, float]:
        """Sorts the worst last."""
        return self.reason == UNEXPLAINED, self.greatest, self.mean_abs

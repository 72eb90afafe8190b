"""Deviations of model from circuit: pulses and synapses, each with its reason."""

from dataclasses import dataclass

import numpy as np

from cosim.comparison.decisions import DecisionTable, decision_table
from cosim.comparison.reasons import UNEXPLAINED, miss_of, reason_of
from cosim.comparison.row_case import RowComparisonInput
from cosim.comparison.tolerances import ReplayTolerances


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
        miss=miss_of(i_mem, table.circuit[pulse], *case.rule.thresholds(weight)),
        overlapping=int(on.sum()) - 1,
        reason=reason_of(case, table, pulse, tolerances),
    )


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

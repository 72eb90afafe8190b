"""Circuit and model of all rows, compared: each row, and all of them together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cosim.comparison.counting import Counted, count_row_again
from cosim.comparison.decisions import DecisionCounts, DecisionTable, count, decision_table, total
from cosim.comparison.deviations import Deviation, WeightDeviation, find_deviations
from cosim.comparison.membrane import MembraneComparison, compare_membranes, f1_of
from cosim.comparison.reasons import REASONS, UNEXPLAINED
from cosim.comparison.row_case import RowComparisonInput
from cosim.comparison.tolerances import ReplayTolerances
from cosim.comparison.weight_errors import WeightErrors, final_correlation, weight_errors


@dataclass(frozen=True, eq=False)
class RowComparison:
    """One row.

    Attributes:
        decisions: pulse by pulse. counts: their confusion matrices.
        deviations: all, in the order of the pulses.
        weights: differences by synapse. weight_deviations: those that aren't 0, the worst first.
        membrane: I_mem and own spikes.
        counted: the circuit's weights against its own decisions.
    """

    decisions: DecisionTable
    counts: DecisionCounts
    deviations: list[Deviation]
    weights: WeightErrors
    weight_deviations: list[WeightDeviation]
    membrane: MembraneComparison
    counted: Counted

    @property
    def worst_decision(self) -> Deviation | None:
        """The worst of the deviations, if there are any."""
        return max(self.deviations, key=lambda one: one.severity, default=None)

    @property
    def final_correlation(self) -> float:
        """Of the row's final weights."""
        return final_correlation(self.weights.final_circuit, self.weights.final_model)


def compare_row(row: int, case: RowComparisonInput, tolerances: ReplayTolerances) -> RowComparison:
    """Compare the circuit and the model of a row that isn't missing.

    Raises:
        InputError: they got different stimuli.
    """
    table = decision_table(case, tolerances.dead_band)
    deviations = find_deviations(row, case, tolerances)
    weights = weight_errors(case)
    return RowComparison(
        decisions=table,
        counts=count(table),
        deviations=deviations,
        weights=weights,
        weight_deviations=_weight_deviations(row, case, weights, deviations),
        membrane=compare_membranes(case, tolerances, _alike_until(case, table)),
        counted=count_row_again(case.circuit, case.stimulus),
    )


def _alike_until(case: RowComparisonInput, table: DecisionTable) -> float:
    """End of the first pulse that circuit and model decided differently, s; inf without one."""
    different = np.flatnonzero(table.circuit != table.trajectory)
    fall = case.circuit.events.t_fall[different[0]] if different.size else np.inf
    return np.inf if np.isnan(fall) else float(fall)


def _weight_deviations(
    row: int, case: RowComparisonInput, weights: WeightErrors, deviations: list[Deviation]
) -> list[WeightDeviation]:
    first: dict[int, Deviation] = {}
    for one in deviations:
        if one.circuit != one.trajectory:
            first.setdefault(one.pre, one)
    found = [
        WeightDeviation(row, int(pre), int(greatest), float(mean_abs), first.get(int(pre)))
        for pre, greatest, mean_abs in zip(
            case.stimulus.synapses, weights.greatest, weights.mean_abs, strict=True
        )
        if greatest
    ]
    return sorted(found, key=lambda one: one.severity, reverse=True)


@dataclass(frozen=True, eq=False)
class RowsComparison:
    """All rows that were asked for.

    Attributes:
        rows: those with a circuit, by the number of their neuron.
        missing: the others.
    """

    rows: Mapping[int, RowComparison]
    missing: list[int]

    @cached_property
    def counts(self) -> DecisionCounts:
        """Of all rows together."""
        return total(row.counts for row in self.rows.values())

    @property
    def counted(self) -> Counted:
        """Of all rows together."""
        return sum((row.counted for row in self.rows.values()), Counted(0, 0))

    @property
    def final_correlation(self) -> float:
        """Of the final weights of all synapses of all rows; 1 where there are none."""
        rows = self.rows.values()
        return final_correlation(
            np.concatenate([[], *(row.weights.final_circuit for row in rows)]),
            np.concatenate([[], *(row.weights.final_model for row in rows)]),
        )

    @property
    def worst_decisions(self) -> list[Deviation]:
        """All deviations, the worst first."""
        found = [one for row in self.rows.values() for one in row.deviations]
        return sorted(found, key=lambda one: one.severity, reverse=True)

    @property
    def worst_weights(self) -> list[WeightDeviation]:
        """All synapses whose weights differ, the worst first."""
        found = [one for row in self.rows.values() for one in row.weight_deviations]
        return sorted(found, key=lambda one: one.severity, reverse=True)

    @property
    def reasons(self) -> dict[str, int]:
        """Number of deviating decisions by each of REASONS."""
        found = [one.reason for one in self.worst_decisions]
        return {reason: found.count(reason) for reason in REASONS}

    @property
    def unexplained(self) -> int:
        """Decisions and synapses that deviate without a reason."""
        # A synapse with an unexplained decision is counted by that.
        alone = sum(one.first is None for one in self.worst_weights)
        return self.reasons[UNEXPLAINED] + alone

    @property
    def spike_f1(self) -> float:
        """Of the own spikes of all rows together, see SpikeMatch; 1 where there are none."""
        return f1_of(row.membrane.spikes for row in self.rows.values())

    @property
    def i_mem_rms(self) -> float | None:
        """Greatest RMS difference of I_mem in any row, A; None where no row has a waveform."""
        return _greatest(row.membrane.i_mem_rms for row in self.rows.values())

    @property
    def i_mem_alike_rms(self) -> float | None:
        """The same, in each row until the first different decision or spike of its own."""
        return _greatest(row.membrane.i_mem_alike_rms for row in self.rows.values())


def _greatest(found: Iterable[float | None]) -> float | None:
    known = [rms for rms in found if rms is not None]
    # Of NaN and numbers Python's own maximum depends on their order.
    return float(np.max(known)) if known else None


def compare_rows(
    cases: Mapping[int, RowComparisonInput],
    tolerances: ReplayTolerances,
    missing: Iterable[int] = (),
) -> RowsComparison:
    """Compare all rows, by the number of their neuron.

    missing: those of which there is no result of a circuit.

    Raises:
        InputError: circuit and model of a row got different stimuli.
    """
    return RowsComparison(
        rows={row: compare_row(row, case, tolerances) for row, case in cases.items()},
        missing=list(missing),
    )

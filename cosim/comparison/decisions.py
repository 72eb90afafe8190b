"""Decisions of two runs of the same row, pulse by pulse: one step ahead, and each on its own."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cosim.comparison.row_case import RowComparisonInput
from cosim.comparison.spikes import same_spikes, threshold_distance
from cosim.workbench.checks import Check, at_least
from ebn_model.errors import InputError
from ebn_model.learning_rule import Decision


@dataclass(frozen=True, eq=False)
class DecisionTable:
    """One entry for each pulse that both runs have; arrays of shape (pulses,).

    Attributes:
        circuit: decision of the circuit, LSB.
        one_step: what the model decides when it is given the circuit's I_mem and weight.
        trajectory: what the model decided in its own run.
        distance: of the circuit's I_mem from the nearer threshold, A.
        inside: whether that is within the dead band.
    """

    circuit: np.ndarray
    one_step: np.ndarray
    trajectory: np.ndarray
    distance: np.ndarray
    inside: np.ndarray

    def __len__(self) -> int:
        return len(self.circuit)

    @property
    def deviates(self) -> np.ndarray:
        """True if the model decided otherwise, one step ahead or on its own; shape (pulses,)."""
        return (self.circuit != self.one_step) | (self.circuit != self.trajectory)


def decision_table(case: RowComparisonInput, dead_band: float) -> DecisionTable:
    """Compare the decisions of a row's circuit and model, as far as both go.

    Errors don't accumulate one step ahead: there a difference outside the dead band (in A) is a
    difference of the decisions themselves, not of what led to them.

    Raises:
        InputError: the runs are of different stimuli.
    """
    circuit, model = case.circuit.events, case.model.events
    common = slice(min(len(circuit), len(model)))
    same = not len(circuit.pre[common]) or same_spikes(circuit, model)
    if not same or not np.array_equal(circuit.pre[common], model.pre[common]):
        raise InputError("rows that got different pulses can't be compared pulse by pulse")
    i_mem, weight = circuit.i_mem_rise[common], circuit.weight_before[common]
    distance = threshold_distance(i_mem, weight, case.rule)
    return DecisionTable(
        circuit=circuit.decision[common],
        one_step=np.asarray(case.rule.decide(i_mem, weight)),
        trajectory=model.decision[common],
        distance=distance,
        inside=distance <= dead_band,
    )


@dataclass(frozen=True, eq=False)
class DecisionCounts:
    """Confusion matrices, shape (3, 3): the circuit's decision by row, the model's by column.

    Attributes:
        outside, inside: one step ahead, outside and inside the dead band.
        trajectory: of two runs that each went their own way.
    """

    outside: np.ndarray
    inside: np.ndarray
    trajectory: np.ndarray

    @property
    def pulses(self) -> int:
        """All that were compared."""
        return int(self.trajectory.sum())

    @property
    def one_step_agreement(self) -> float:
        """Share of equal decisions outside the dead band, 0 to 1; 1 if there are none."""
        return _agreement(self.outside)

    def one_step_check(self, name: str, dead_band: float, least: float | None) -> Check:
        """The line of a verdict on decisions one step ahead, outside a dead band in A.

        least: share that is required; nothing is where no decision was outside.
        """
        outside = self.outside.sum()
        return at_least(
            (name, f"one-step decisions beyond ± {dead_band * 1e12:g} pA"),
            least if outside else None,
            self.one_step_agreement,
            f"{self.outside.trace()} of {outside}, {self.inside.sum()} within",
        )

    @property
    def trajectory_agreement(self) -> float:
        """Share of equal decisions along the trajectories, 0 to 1; 1 if there are none."""
        return _agreement(self.trajectory)


def count(table: DecisionTable) -> DecisionCounts:
    """The confusion matrices of a row."""
    inside = table.inside
    return DecisionCounts(
        outside=confusion(table.circuit[~inside], table.one_step[~inside]),
        inside=confusion(table.circuit[inside], table.one_step[inside]),
        trajectory=confusion(table.circuit, table.trajectory),
    )


def total(counts: Iterable[DecisionCounts]) -> DecisionCounts:
    """The confusion matrices of several rows together."""
    every = list(counts)
    nothing = np.zeros((3, 3), dtype=int)
    return DecisionCounts(
        outside=sum((one.outside for one in every), nothing),
        inside=sum((one.inside for one in every), nothing),
        trajectory=sum((one.trajectory for one in every), nothing),
    )


def confusion(reference: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Numbers of pulses by decision, shape (3, 3): `reference` by row, `other` by column.

    Both are decisions in LSB, shape (pulses,); rows and columns are in Decision's order.
    """
    matrix = np.zeros((len(Decision), len(Decision)), dtype=int)
    # Decision counts down from INC.
    np.add.at(matrix, (Decision.INC - reference, Decision.INC - other), 1)
    return matrix


def _agreement(matrix: np.ndarray) -> float:
    pulses = matrix.sum()
    return float(np.trace(matrix) / pulses) if pulses else 1.0

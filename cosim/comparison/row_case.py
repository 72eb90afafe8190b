"""A row of which circuit and model are compared."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ebn_model.row import RowResult, RowStimulus


class Rule(Protocol):
    """The decision rule of a model; LearningNeuron and ChipRow are such rules."""

    def thresholds(self, weight: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
        """I_lower and I_upper in A for weights in LSB, of any shape."""

    def decide(self, i_mem: np.ndarray | float, weight: np.ndarray | int) -> np.ndarray:
        """Weight change in LSB (+1 INC, 0 SL, -1 DEC) for I_mem in A and weights in LSB."""


@dataclass(frozen=True, eq=False)
class RowComparisonInput:
    """One row.

    Attributes:
        circuit: None where the row is missing: its run failed or never ended.
        model: on the same stimulus; any other view can stand for it.
        stimulus: of both.
        rule: of the model, for this row's neuron.
    """

    circuit: RowResult | None
    model: RowResult
    stimulus: RowStimulus
    rule: Rule

"""What a replay yields and its report is made of: rows in circuit and model, and where from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from cosim.rows.network_scores import NetworkScore
from ebn_model.row import RowResult, RowStimulus


class Rule(Protocol):
    """What a model decides by; LearningNeuron and HardwareRow are such rules."""

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


@dataclass(frozen=True)
class Provenance:
    """What it takes to repeat a replay.

    Attributes:
        command: the command line.
        seeds: by what they are of.
        versions: of programs and libraries, by name.
        sources: digest of the project's own sources.
        configuration: all settings, as JSON has them.
    """

    command: str
    seeds: Mapping[str, int]
    versions: Mapping[str, str]
    sources: str
    configuration: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class ReplayOutcome:
    """All rows that were asked for, those that are missing included.

    Attributes:
        title: of the report.
        view: of the circuit, "transistor", "mixed" or "multiplexed".
        rows: by the number of the row's neuron.
        provenance: where it all comes from.
        network: how the whole network codes with which codes, by their name ("untrained",
            "optimal", "model", "circuit"); empty where that wasn't asked for, or a row is missing.
    """

    title: str
    view: str
    rows: Mapping[int, RowComparisonInput]
    provenance: Provenance
    network: Mapping[str, NetworkScore] = field(default_factory=dict)

"""Outcome of a replay, for its report: rows in circuit and model, and their provenance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cosim.comparison.row_case import RowComparisonInput
from cosim.workbench.errors import CosimError
from ebn_model.network.evaluation import DetailedScore


@dataclass(frozen=True)
class Provenance:
    """All that it takes to repeat a replay.

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
        fault: the error that names the rows which are missing.
        remarks: on the rows, for the report.
    """

    title: str
    view: str
    rows: Mapping[int, RowComparisonInput]
    provenance: Provenance
    network: Mapping[str, DetailedScore] = field(default_factory=dict)
    fault: CosimError | None = None
    remarks: Sequence[str] = ()

"""Weights of a row over time, circuit and model side by side, as a table."""

from pathlib import Path

from cosim.comparison.row_case import RowComparisonInput
from cosim.workbench.tables import csv_text
from ebn_model.learning_rule import Decision

COLUMNS = ("time_ms", "pre", "decision", "weight_circuit", "weight_model")


def write_trajectories(case: RowComparisonInput, path: Path) -> None:
    """Write the weights of a row's synapses, LSB, one line for each pulse, as CSV.

    At first a line without a decision for each synapse: its weight at the beginning. Then, at the
    rising edge of each pulse, the circuit's decision and the weights that follow from it and from
    the model's.
    """
    start = zip(case.stimulus.synapses, case.stimulus.start_codes, strict=True)
    rows = [COLUMNS, *((f"{0:.6f}", pre, "", code, code) for pre, code in start)]
    events = case.circuit.events
    columns = events.t_rise, events.pre, events.decision, events.weight_after
    for time, pre, decision, ours, theirs in zip(
        *columns, case.model.events.weight_after, strict=True
    ):
        rows.append((f"{time * 1e3:.6f}", pre, Decision(decision).name, ours, theirs))
    path.write_text(csv_text(rows), encoding="utf-8")

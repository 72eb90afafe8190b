"""The tables of a report's worst cases: decisions and synapses, with their reasons."""

from collections.abc import Mapping, Sequence

from cosim.comparison.deviations import Deviation, WeightDeviation
from cosim.comparison.reasons import REASONS, UNEXPLAINED
from cosim.comparison.rows import RowsComparison
from cosim.workbench.document import Cell, Table, cells
from ebn_model.learning_rule import Decision

Links = Mapping[tuple[int, int], str]
"""Anchors of the deviations' figures, by row and pulse."""


def synapse_cell(synapse: WeightDeviation, links: Links) -> Cell:
    """A row's worst synapse."""
    first = synapse.first
    return Cell(
        f"{synapse.pre}: {synapse.greatest} LSB, {synapse.reason}",
        link=links.get((first.row, first.pulse), "") if first else "",
        passed=False if synapse.reason == UNEXPLAINED else None,
    )


def reason_cell(deviation: Deviation, links: Links) -> Cell:
    """A deviation's reason, with a link to its figure."""
    return Cell(
        deviation.reason,
        link=links.get((deviation.row, deviation.pulse), ""),
        passed=False if deviation.reason == UNEXPLAINED else None,
    )


def decision_table_of(worst: Sequence[Deviation], found: int, links: Links) -> Table:
    """The worst deviations of decisions; `found` is how many there are in all."""
    header = (
        "",
        "row",
        "from",
        "at (ms)",
        "circuit",
        "model: one step",
        "trajectory",
        "I_mem circuit, model (nA)",
        "weight circuit, model",
        "off its region (pA)",
        "other pulses on",
        "reason",
    )
    rows = [
        [
            *cells(
                f"{number}",
                f"{one.row}",
                f"{one.pre}",
                f"{one.time * 1e3:.2f}",
                *(Decision(each).name for each in (one.circuit, one.one_step, one.trajectory)),
                f"{one.i_circuit * 1e9:.3f}, {one.i_model * 1e9:.3f}",
                f"{one.weight_circuit}, {one.weight_model}",
                f"{one.miss * 1e12:.1f}",
                f"{one.overlapping}",
            ),
            reason_cell(one, links),
        ]
        for number, one in enumerate(worst, 1)
    ]
    return Table(header, rows, f"Decisions: the worst {len(worst)} of {found} that differ")


def weight_table(worst: Sequence[WeightDeviation], found: int, links: Links) -> Table:
    """The synapses whose weights differ most; `found` is how many differ in all."""
    header = ("to", "from", "greatest (LSB)", "mean (LSB)", "first differing decision", "reason")
    rows = []
    for one in worst:
        first = "none" if one.first is None else f"at {one.first.time * 1e3:.2f} ms"
        numbers = (f"{one.row}", f"{one.pre}", f"{one.greatest}", f"{one.mean_abs:.3f}", first)
        link = links.get((one.row, one.first.pulse), "") if one.first else ""
        failed = False if one.reason == UNEXPLAINED else None
        rows.append([*cells(*numbers), Cell(one.reason, link, failed)])
    return Table(header, rows, f"Synapses: the worst {len(worst)} of {found} that differ")


def reason_table(comparison: RowsComparison) -> Table:
    """Numbers of different decisions by reason."""
    return Table(
        ("reason", "decisions", "what it states"),
        [
            cells(reason, f"{comparison.reasons[reason]}", statement)
            for reason, statement in REASONS.items()
        ],
        "Reasons, in the order in which they are tried",
    )

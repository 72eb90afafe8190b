"""The report on a replay: verdict, tables, figures, and what it takes to repeat it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from cosim.comparison.deviations import Deviation
from cosim.comparison.row_case import RowComparisonInput
from cosim.comparison.rows import RowsComparison, compare_rows
from cosim.comparison.tolerances import ReplayTolerances, ReportSettings
from cosim.experiments.replay.error_figure import errors_over_time
from cosim.experiments.replay.figures import (
    busiest_synapses,
    decisions_by_distance,
    final_weights,
    trajectories,
)
from cosim.experiments.replay.metrics import metrics
from cosim.experiments.replay.outcome import ReplayOutcome
from cosim.experiments.replay.report_tables import (
    confusion_tables,
    network_table,
    provenance_blocks,
    row_table,
)
from cosim.experiments.replay.stretch_figure import stretch
from cosim.experiments.replay.verdict import verdict_checks
from cosim.experiments.replay.worst_tables import decision_table_of, reason_table, weight_table
from cosim.workbench.document import (
    Document,
    Paragraph,
    Picture,
    Section,
    to_html,
    to_markdown,
    verdict_table,
)
from cosim.workbench.output import new_folder
from cosim.workbench.report import Report
from cosim.workbench.style import save

FOLDER, HTML, MARKDOWN = "report", "report.html", "report.md"
"""Folder of a report in the results, and the two files in it; the figures are beside them."""

Drawing = tuple[Picture, Callable[[], Figure]]


@dataclass(frozen=True)
class ReplayReport(Report):
    """A verdict, with its numbers.

    metrics: for summary.json.
    """

    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def figure(self) -> Path:
        """Waveforms and decisions of the busiest row."""
        return self.results / FOLDER / "stretch.png"

    @property
    def page(self) -> Path:
        """The report as one page, HTML."""
        return self.results / FOLDER / HTML


def make_report(
    outcome: ReplayOutcome, tolerances: ReplayTolerances, settings: ReportSettings, folder: Path
) -> ReplayReport:
    """Compare, judge and write the report into a folder `report` of `folder`, whole or not at all.

    Raises:
        InputError: circuit and model of a row got different stimuli.
        OutputError: it can't be written; a report that was there before still is.
    """
    comparison = compare_rows(outcome.rows, tolerances, outcome.missing)
    checks = verdict_checks(comparison, outcome.network, outcome.view, tolerances)
    found = metrics(comparison, outcome)
    report = ReplayReport(outcome.title, folder, checks, fault=outcome.fault, metrics=found)
    document, drawings = _compose(outcome, comparison, report, tolerances, settings)
    with new_folder(folder / FOLDER) as new:
        for picture, draw in drawings:
            save(draw, [new / picture.file])
        pictures = {name: (new / name).read_bytes() for name in document.pictures}
        new.joinpath(HTML).write_text(to_html(document, pictures), encoding="utf-8")
        new.joinpath(MARKDOWN).write_text(to_markdown(document), encoding="utf-8")
    return report


def _compose(
    outcome: ReplayOutcome,
    comparison: RowsComparison,
    report: ReplayReport,
    tolerances: ReplayTolerances,
    settings: ReportSettings,
) -> tuple[Document, list[Drawing]]:
    """The document, and how to draw its figures."""
    cases = outcome.rows
    overview = _overview(cases, comparison, tolerances, settings) if cases else []
    worst = comparison.worst_decisions[: settings.worst_cases]
    synapses = comparison.worst_weights[: settings.worst_cases]
    firsts = [one.first for one in synapses if one.first]
    # Each once, in this order.
    drawn = list(dict.fromkeys([*worst, *firsts, *_worst_of_rows(comparison)]))
    closeups = [_closeup(one, n, cases[one.row], settings) for n, one in enumerate(drawn, 1)]
    links = {
        (one.row, one.pulse): picture.anchor
        for one, (picture, _) in zip(drawn, closeups, strict=True)
    }
    worst_blocks = [
        decision_table_of(worst, len(comparison.worst_decisions), links),
        weight_table(synapses, len(comparison.worst_weights), links),
        reason_table(comparison),
    ]
    sections = [
        Section("Verdict", "verdict", [verdict_table(report.checks)]),
        Section("Rows", "rows", [*map(Paragraph, outcome.remarks), row_table(comparison, links)]),
        Section("Decisions", "decisions", confusion_tables(comparison.counts)),
        Section("Figures", "figures", [picture for picture, _ in overview]),
        Section("Worst cases", "worst", [*worst_blocks, *(picture for picture, _ in closeups)]),
        Section("Network", "network", [network_table(outcome.network)]),
        Section("To repeat this", "repeat", provenance_blocks(outcome, tolerances)),
    ]
    return Document(report.title, report.passed, sections), [*overview, *closeups]


def _overview(
    cases: Mapping[int, RowComparisonInput],
    comparison: RowsComparison,
    tolerances: ReplayTolerances,
    settings: ReportSettings,
) -> list[Drawing]:
    """The figures on all rows, and a stretch of the row with the most pulses."""
    busiest = busiest_synapses(cases, settings.busiest)
    row = max(cases, key=lambda row: comparison.rows[row].counts.pulses)
    start, stop = _middle(cases[row].stimulus.duration, settings.stretch)
    figures = {
        "weights": (
            f"Weights of the {len(busiest)} synapses that learned most, from neuron → to neuron.",
            lambda: trajectories(cases, busiest),
        ),
        "final_weights": (
            "Final weights of all synapses; the area goes with the number of synapses.",
            lambda: final_weights(comparison),
        ),
        "distances": (
            "Where decisions differ, one step ahead or along the trajectory: distance of the "
            "circuit's I_mem from the nearer threshold.",
            lambda: decisions_by_distance(comparison, tolerances.dead_band),
        ),
        "stretch": (
            f"Row {row} in the middle of the run; filled marks are the circuit's decisions, open "
            "ones the model's; numbers are the weights during the pulse (circuit / model where "
            "they differ).",
            lambda: stretch(cases[row], start, stop),
        ),
        "errors": (
            "Differences between circuit and model over time, all rows.",
            lambda: errors_over_time(cases, comparison),
        ),
    }
    return [
        (Picture(f"{name}.png", caption, f"figure-{name.replace('_', '-')}"), draw)
        for name, (caption, draw) in figures.items()
    ]


def _worst_of_rows(comparison: RowsComparison) -> list[Deviation]:
    """The worst deviation of each row that has one."""
    found = (row.worst_decision for row in comparison.rows.values())
    return [one for one in found if one]


def _closeup(
    one: Deviation, number: int, case: RowComparisonInput, settings: ReportSettings
) -> Drawing:
    """A deviation's figure."""
    start = max(0.0, one.time - settings.around)
    stop = min(case.stimulus.duration, one.time + settings.around)
    caption = (
        f"Worst case {number}: row {one.row}, pulse of neuron {one.pre} at "
        f"{one.time * 1e3:.2f} ms ({one.reason})."
    )
    picture = Picture(f"worst_{number}.png", caption, f"worst-{number}")
    return picture, lambda: stretch(case, start, stop, one.pulse)


def _middle(duration: float, length: float) -> tuple[float, float]:
    """Start and stop in s of a stretch in the middle of a run."""
    length = min(length, duration)
    return (duration - length) / 2, (duration + length) / 2

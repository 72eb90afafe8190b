"""The report on technologies: verdict, tables and figures, as HTML and Markdown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from cosim.circuits.conditions import Conditions
from cosim.engine.simulator import versions
from cosim.experiments.neuron.verdict import weights_text
from cosim.experiments.technologies.cause import cause
from cosim.experiments.technologies.corner_run import CornerOutcome, CornerTrial
from cosim.experiments.technologies.figure import draw_corners, draw_typical
from cosim.experiments.technologies.learned import Learned
from cosim.experiments.technologies.settings import Required, TechnologyComparison
from cosim.experiments.technologies.slopes import Slopes, slope_check, slope_numbers
from cosim.experiments.technologies.summary import (
    corner_name,
    failures,
    numbers,
    views_learned,
)
from cosim.experiments.technologies.typical import TypicalOutcome
from cosim.workbench.checks import Check, against_limit, at_least, at_most, information, nano_text
from cosim.workbench.document import (
    Cell,
    Document,
    Paragraph,
    Picture,
    Section,
    Table,
    cells,
    to_html,
    to_markdown,
    verdict_table,
)
from cosim.workbench.provenance import sources_digest
from cosim.workbench.report import Report, StoredReport, verdict
from cosim.workbench.style import save

HTML, MARKDOWN = "report.html", "report.md"
KINDS = {"fixed": "fixed references", "trimmed": "calibrated at the corner"}
"""The trials of a corner, in words."""


@dataclass(frozen=True)
class TechnologiesReport(Report):
    """A verdict with a page of its own."""

    @property
    def figure(self) -> Path:
        """Simulations in each technology."""
        return self.results / "typical.png"

    @property
    def page(self) -> Path:
        """The report as one page, HTML."""
        return self.results / HTML


@dataclass(frozen=True)
class Found:
    """All that a comparison found, by technology."""

    comparison: TechnologyComparison
    typical: dict[str, TypicalOutcome]
    corners: dict[str, dict[Conditions, CornerOutcome]]
    slopes: Slopes

    @property
    def deviation(self) -> float:
        """Greatest distance of I_mem from the published end, as a share of it."""
        return self.comparison.settings.corners.deviation


def make_report(found: Found, redraw: bool = False) -> TechnologiesReport:
    """Judge, and write summary, page and figures where they changed; OutputError if they can't be.

    redraw: anyway.
    """
    comparison = found.comparison
    report = TechnologiesReport(comparison.title, comparison.results, [*_checks(found)])
    summary = {
        "experiment": comparison.title,
        **verdict(report),
        "technologies": numbers(comparison, found.typical, found.corners),
        "slope_over_kick": {name: slope_numbers(one) for name, one in found.slopes.items()},
        "settings": comparison.settings.model_dump(mode="json"),
        "versions": versions(),
        "sources": sources_digest(__name__),
    }
    document, drawings = _document(found, report)

    def write(folder: Path) -> None:
        for name, draw in drawings.items():
            save(draw, [folder / f"{name}.png", folder / f"{name}.pdf"])
        pictures = {name: (folder / name).read_bytes() for name in document.pictures}
        folder.joinpath(HTML).write_text(to_html(document, pictures), encoding="utf-8")
        folder.joinpath(MARKDOWN).write_text(to_markdown(document), encoding="utf-8")

    StoredReport(comparison.results, summary).write(write, redraw)
    return report


def _checks(found: Found) -> Iterator[Check]:
    required = found.comparison.settings.required
    for technology, outcome in found.typical.items():
        for name, results in outcome.simulations.items():
            limits = required.get(name, Required())
            for view, one in views_learned(results).items():
                place = f"{technology}, {name}, {view}"
                yield information(place, "turning points", weights_text(one.turning_points))
                yield _decisions(place, one, limits.decisions)
                yield at_most(
                    (place, "I_mem at rising edges, RMS"), limits.i_mem_rise_rms, one.i_mem_rise_rms
                )
        if outcome.sheets:
            yield _datasheet_check(technology, outcome)
        if outcome.replay:
            yield from _replay_checks(technology, outcome, required.get("replay", Required()))
        for kind, text in KINDS.items():
            trials = [getattr(one, kind) for one in found.corners[technology].values()]
            learns = sum(_learns(trial, found.deviation) for trial in trials)
            yield information(
                f"{technology}, corners", f"learned, {text}", f"{learns} of {len(trials)}"
            )
        slope = found.comparison.settings.corners.slope
        if slope is not None:
            yield slope_check(technology, found.slopes[technology], slope)


def _datasheet_check(technology: str, outcome: TypicalOutcome) -> Check:
    judged = [sheet.passed for sheet in outcome.sheets if sheet.passed is not None]
    place, quantity = f"{technology}, datasheet", "benches within their limits"
    if not judged:
        return information(place, quantity, "none has limits")
    return Check(place, quantity, f"{len(judged)}", f"{sum(judged)}", all(judged))


def _decisions(place: str, one: Learned, least: int | None) -> Check:
    return against_limit(
        (place, "decisions as published"),
        least,
        lambda least: f"≥ {least}",
        f"{one.decisions} of {one.spikes}",
        lambda least: one.decisions >= least,
    )


def _replay_checks(technology: str, outcome: TypicalOutcome, limits: Required) -> Iterator[Check]:
    replay, place = outcome.replay or {}, f"{technology}, replay"
    share = replay["one_step_agreement"]
    counts = f"{replay['pulses']} pulses, {replay['in_dead_band']} in the dead band"
    if share is None:
        yield Check(place, "rows", "some", "none", False)
        return
    yield at_least((place, "decisions one step ahead"), limits.one_step, share, counts)
    passed = outcome.replay_passed
    yield Check(place, "its own verdict", "passed", "passed" if passed else "failed", passed)


def _learns(trial: CornerTrial, deviation: float) -> bool:
    return trial.learned is not None and trial.learned.within(deviation)


def _document(found: Found, report: Report) -> tuple[Document, dict[str, Callable[[], Figure]]]:
    percent = f"{found.deviation:.0%}"
    sections = [
        Section("Verdict", "verdict", [verdict_table(report.checks)]),
        Section(
            "At the typical corner",
            "typical",
            [
                _typical_table(found),
                Picture("typical.png", "Simulations at the typical corner.", "figure-typical"),
            ],
        ),
        Section("Datasheet", "datasheet", [_datasheet_table(found)]),
        Section(
            "Corners",
            "corners",
            [
                Paragraph(
                    f"Simulation {found.comparison.settings.corners.simulation} in the mixed view, "
                    "with the reference currents of the typical corner as they are, and with those "
                    "that bring the measured quantities of the cells back to what they are there "
                    "(two rounds of measuring and scaling). A circuit has learned where its weight "
                    f"comes to rest and I_mem ends within {percent} of where the published run "
                    "ends."
                ),
                Picture(
                    "corners.png",
                    "Decisions as published, in percent; a cross where nothing is learned.",
                    "figure-corners",
                ),
                _count_table(found),
                _failure_table(found),
            ],
        ),
    ]
    drawings = {
        "typical": lambda: draw_typical(found.typical),
        "corners": lambda: draw_corners(found.corners, found.deviation),
    }
    return Document(report.title, report.passed, sections), drawings


def _typical_table(found: Found) -> Table:
    header = (
        "technology",
        "simulation",
        "view",
        "turning points",
        "decisions as published",
        "I_mem, RMS",
        "at rest",
    )
    rows = [
        cells(
            technology,
            name,
            view,
            weights_text(one.turning_points),
            f"{one.decisions} of {one.spikes}",
            nano_text(one.i_mem_rise_rms),
            "yes" if one.settled else "no",
        )
        for technology, outcome in found.typical.items()
        for name, results in outcome.simulations.items()
        for view, one in views_learned(results).items()
    ]
    return Table(header, rows)


def _datasheet_table(found: Found) -> Table | Paragraph:
    rows = [
        cells(technology, sheet.bench, quantity, text)
        for technology, outcome in found.typical.items()
        for sheet in outcome.sheets
        if sheet.passed is False
        for quantity, text in failures(sheet).items()
    ]
    if not any(outcome.sheets for outcome in found.typical.values()):
        return Paragraph("Not run.")
    if not rows:
        return Paragraph("All benches are within their limits in all technologies.")
    return Table(("technology", "bench", "quantity", "measured"), rows, "What is out of its limits")


def _count_table(found: Found) -> Table:
    rows = []
    for technology, outcomes in found.corners.items():
        for kind, text in KINDS.items():
            trials = [getattr(one, kind) for one in outcomes.values()]
            learns = sum(_learns(trial, found.deviation) for trial in trials)
            decisions = [trial.learned.decisions for trial in trials if trial.learned]
            span = f"{min(decisions)} to {max(decisions)}" if decisions else "–"
            rows.append(cells(technology, text, f"{learns} of {len(trials)}", span))
    header = ("technology", "references", "corners that learn", "decisions as published")
    return Table(header, rows)


def _failure_table(found: Found) -> Table | Paragraph:
    rows = [
        [
            *cells(technology, corner_name(at), KINDS[kind], _end(trial)),
            Cell(cause(trial)),
        ]
        for technology, outcomes in found.corners.items()
        for kind in KINDS
        for at, outcome in outcomes.items()
        for trial in [getattr(outcome, kind)]
        if not _learns(trial, found.deviation)
    ]
    if not rows:
        return Paragraph("All corners learn.")
    header = ("technology", "corner", "references", "end of the run", "what is off")
    return Table(header, rows, "Corners that don't learn")


def _end(trial: CornerTrial) -> str:
    one = trial.learned
    if one is None:
        return "none"
    rest = f"at rest at {one.last_weight}" if one.settled else "not at rest"
    return f"{rest}, I_mem {nano_text(one.i_mem_end)}"

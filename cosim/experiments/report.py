"""What a simulation's results amount to: verdict, summary and figure."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from cosim.experiments.assessment import assess
from cosim.experiments.circuit_view import CIRCUITS
from cosim.experiments.figures import draw
from cosim.experiments.output import new_files
from cosim.experiments.provenance import sources_digest
from cosim.experiments.simulator import versions
from cosim.experiments.store import read_json, to_json, write_json
from cosim.experiments.verdict import Row, edge_row, overall, solver_row
from cosim.experiments.views import Views
from cosim.solver_options import SolverOptions

SUMMARY = "summary.json"
FIGURES = ("figure.png", "figure.pdf")


@dataclass(frozen=True)
class Report:
    """The verdict on what a folder holds the results of."""

    title: str
    results: Path
    rows: list[Row]

    @property
    def passed(self) -> bool | None:
        """Whether all passed that is required; None where no result was judged."""
        return overall(self.rows)

    @property
    def figure(self) -> Path:
        """The figure, as PNG."""
        return self.results / FIGURES[0]


def make_report(views: Views, redraw_figure: bool = False) -> Report:
    """Judge the current results, and write summary.json and the figure where they changed.

    Raises:
        InputError: no view has current results.
        OutputError: summary or figure can't be written.
    """
    simulation, results, records = views.simulation, views.results(), views.records()
    experiment = simulation.experiment
    assessments = assess(results, experiment, simulation.as_stated)
    rows = [row for assessment in assessments for row in assessment.rows]
    rows += _run_rows(records, judged=overall(rows) is not None)
    report = Report(simulation.title, simulation.results, rows)
    summary = {
        "simulation": simulation.name,
        **verdict(report),
        "metrics": {assessment.name: assessment.metrics for assessment in assessments},
        "experiment": experiment.model_dump(),
        "changes": simulation.changes,
        "seed": experiment.stimulus.used_seed,
        "views": records,
        "versions": versions(),
        "sources": sources_digest("cosim.experiments.report"),
    }

    def draw_figures(paths: list[Path]) -> None:
        draw(results, simulation.title, paths)

    write_report(simulation.results, summary, draw_figures, redraw_figure)
    return report


def _run_rows(records: dict[str, dict], judged: bool) -> list[Row]:
    """The rows on the runs of circuits themselves; judged: whether there are rows on results."""
    rows = []
    for view, record in records.items():
        if view in CIRCUITS:
            rows.append(edge_row(view, record["edges"]))
            options = SolverOptions(**record["solver"])
            looser = options.looser_than(CIRCUITS[view].tested_solver)
            rows += [solver_row(view, looser, judged)] if looser else []
    return rows


def verdict(report: Report) -> dict:
    """What a summary tells of the verdict; passed: None where no result was judged."""
    return {"passed": report.passed, "verdict": [asdict(row) for row in report.rows]}


def write_report(
    folder: Path, summary: dict, draw_figures: Callable[[list[Path]], None], anew: bool
) -> None:
    """Write summary and figures where the summary changed or a figure is missing, or anyway.

    Raises:
        OutputError: a file can't be written.
    """
    known = to_json(read_json(folder / SUMMARY)) == to_json(summary)
    if anew or not known or not all((folder / name).is_file() for name in FIGURES):
        with new_files(folder) as new:
            draw_figures([new / name for name in FIGURES])
            write_json(summary, new / SUMMARY)

"""What a simulation's results amount to: comparisons, verdict, summary and figure."""

from dataclasses import asdict, dataclass
from pathlib import Path

from cosim.compare import compare, one_step, same_spikes
from cosim.experiments.figures import draw
from cosim.experiments.output import new_files
from cosim.experiments.provenance import sources_digest, versions
from cosim.experiments.simulation import Simulation
from cosim.experiments.store import read_json, to_json, write_json
from cosim.experiments.verdict import Row, edge_row, model_rows, published_rows
from cosim.experiments.views import CircuitView, ModelView, Results, current_results

SUMMARY = "summary.json"
FIGURES = ("figure.png", "figure.pdf")


@dataclass(frozen=True)
class Report:
    """The verdict on a simulation."""

    simulation: Simulation
    rows: list[Row]

    @property
    def passed(self) -> bool:
        """Whether nothing that is required was missed."""
        return all(row.passed is not False for row in self.rows)

    @property
    def figure(self) -> Path:
        """The figure, as PNG."""
        return self.simulation.results / FIGURES[0]


def make_report(
    simulation: Simulation, circuit: CircuitView, model: ModelView, redraw_figure: bool = False
) -> Report:
    """Judge the current results, and write summary.json and the figure where they changed.

    Raises:
        InputError: neither view has current results.
        OutputError: summary or figure can't be written.
    """
    results = current_results(simulation, circuit, model)
    metrics, rows = _assess(simulation, results)
    record = circuit.record if results.circuit else {}
    if record:
        rows.append(edge_row(record["edges"]))
    report = Report(simulation, rows)
    summary = {
        "simulation": simulation.name,
        "passed": report.passed,
        "verdict": [asdict(row) for row in rows],
        "metrics": metrics,
        "experiment": simulation.experiment.model_dump(),
        "changes": simulation.changes,
        "seed": None,
        "circuit": record,
        "model": model.record if results.model else {},
        "versions": versions(),
        "sources": sources_digest("cosim.experiments.report"),
    }
    folder = simulation.results
    known = to_json(read_json(folder / SUMMARY)) == to_json(summary)
    if redraw_figure or not known or not all((folder / name).is_file() for name in FIGURES):
        with new_files(folder) as new:
            draw(results, simulation.title, [new / name for name in FIGURES])
            write_json(summary, new / SUMMARY)
    return report


def _assess(simulation: Simulation, results: Results) -> tuple[dict, list[Row]]:
    """All metrics by comparison, and the rows of the verdict."""
    metrics, rows = {}, []
    tolerances = simulation.experiment.tolerances
    run, name = (results.circuit, "circuit") if results.circuit else (results.model, "model")
    published = results.published
    if published and same_spikes(run.spikes, published):
        comparison = compare(run, published)
        metrics[f"{name} against published"] = asdict(comparison)
        judge = results.circuit is not None and not simulation.changes
        rows += published_rows(comparison, tolerances, f"{name} against published", judge)
    if results.circuit and results.model:
        comparison = compare(results.model, results.circuit)
        step = one_step(results.circuit.spikes, results.neuron, tolerances.dead_band)
        metrics["model against circuit"] = {**asdict(comparison), "one_step": asdict(step)}
        rows += model_rows(comparison, step, tolerances)
    return metrics, rows

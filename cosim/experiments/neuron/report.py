"""What a simulation's results amount to: verdict, summary and figure."""

from pathlib import Path

from cosim.comparison.counting import count_again
from cosim.engine.simulator import versions
from cosim.engine.solver_options import SolverOptions
from cosim.experiments.neuron.assessment import assess
from cosim.experiments.neuron.circuit_view import CIRCUITS
from cosim.experiments.neuron.config import Experiment
from cosim.experiments.neuron.figures import draw
from cosim.experiments.neuron.verdict import edge_row, solver_row
from cosim.experiments.neuron.views import Results, Views
from cosim.workbench.checks import Check, overall
from cosim.workbench.provenance import sources_digest
from cosim.workbench.report import Report, verdict, write_report
from ebn_model.weight_counter import WeightCounter


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
    rows += _counter_rows(results, experiment)
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
        "sources": sources_digest("cosim.experiments.neuron.report"),
    }

    def draw_figures(paths: list[Path]) -> None:
        draw(results, simulation.title, paths)

    write_report(simulation.results, summary, draw_figures, redraw_figure)
    return report


def _counter_rows(results: Results, experiment: Experiment) -> list[Check]:
    """The rows on the counters of circuits, which start at the stimulus' weight."""
    start, sub_lsbs = experiment.stimulus.stimulus().start_weight, experiment.sub_lsbs
    return [
        count_again(run.spikes, WeightCounter(start, sub_lsbs)).check(view)
        for view, run in results.circuits.items()
    ]


def _run_rows(records: dict[str, dict], judged: bool) -> list[Check]:
    """The rows on the runs of circuits themselves; judged: whether there are rows on results."""
    rows = []
    for view, record in records.items():
        if view in CIRCUITS:
            rows.append(edge_row(view, record["edges"]))
            options = SolverOptions(**record["solver"])
            looser = options.looser_than(CIRCUITS[view].tested_solver)
            rows += [solver_row(view, looser, judged)] if looser else []
    return rows

"""Report on a simulation's results: verdict, summary and figure."""

from pathlib import Path

from cosim.comparison.counting import count_again
from cosim.engine.simulator import versions
from cosim.engine.solver_options import SolverOptions
from cosim.experiments.neuron.assessment import assess
from cosim.experiments.neuron.circuits import CIRCUITS
from cosim.experiments.neuron.config import Experiment
from cosim.experiments.neuron.figures import draw
from cosim.experiments.neuron.verdict import edge_check, solver_check
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
    checks = [check for one in assessments for check in one.checks]
    checks += _counter_checks(results, experiment)
    checks += _run_checks(records, judged=overall(checks) is not None)
    report = Report(simulation.title, simulation.results, checks)
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


def _counter_checks(results: Results, experiment: Experiment) -> list[Check]:
    """Checks of the counters of circuits, which start at the stimulus' weight."""
    start, sub_lsbs = experiment.stimulus.stimulus().start_weight, experiment.sub_lsbs
    return [
        count_again(run.spikes, WeightCounter(start, sub_lsbs)).check(view)
        for view, run in results.circuits.items()
    ]


def _run_checks(records: dict[str, dict], judged: bool) -> list[Check]:
    """Checks of the circuits' runs themselves; judged: true where there are checks of results."""
    checks = []
    for view, record in records.items():
        if view in CIRCUITS:
            checks.append(edge_check(view, record["edges"]))
            options = SolverOptions(**record["solver"])
            looser = options.looser_than(CIRCUITS[view].tested_solver)
            checks += [solver_check(view, looser, judged)] if looser else []
    return checks

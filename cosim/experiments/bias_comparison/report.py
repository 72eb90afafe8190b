"""Report on bias tables and the answer to a stimulus: numbers, summary and figure."""

from dataclasses import asdict
from pathlib import Path

from cosim.comparison.spikes import compare, weight_sequence
from cosim.engine.simulator import versions
from cosim.experiments.bias_comparison.figure import Column, draw
from cosim.experiments.bias_comparison.settings import BiasComparison
from cosim.experiments.neuron.settling import last_weights
from cosim.experiments.neuron.simulation import VIEWS
from cosim.experiments.neuron.verdict import equal_decisions, weights_text
from cosim.experiments.neuron.views import Results, Views
from cosim.workbench.checks import Check, at_most, information
from cosim.workbench.provenance import sources_digest
from cosim.workbench.report import Report, verdict, write_report
from ebn_model.errors import InputError
from ebn_model.results import turning_points


def make_comparison_report(comparison: BiasComparison, redraw_figure: bool = False) -> Report:
    """Compare the current results, and write summary.json and the figure where they changed.

    Raises:
        InputError: a simulation has no current results, or no view has run of them all.
        OutputError: summary or figure can't be written.
    """
    results = [
        {table: Views(simulation).results() for table, simulation in case.simulations.items()}
        for case in comparison.cases
    ]
    view = _common_view(comparison.name, [one for found in results for one in found.values()])
    columns = [
        Column(case.title, view, found)
        for case, found in zip(comparison.cases, results, strict=True)
    ]
    checks = [check for column in columns for check in _checks(column)]
    report = Report(comparison.title, comparison.results, checks)
    summary = {
        "comparison": comparison.name,
        "view": view,
        **verdict(report),
        "metrics": {
            case.name: _metrics(column)
            for case, column in zip(comparison.cases, columns, strict=True)
        },
        "changes": comparison.simulations[0].changes,
        "versions": versions(),
        "sources": sources_digest("cosim.experiments.bias_comparison.report"),
    }

    def draw_figures(paths: list[Path]) -> None:
        draw(columns, comparison.title, paths)

    write_report(comparison.results, summary, draw_figures, redraw_figure)
    return report


def _common_view(name: str, results: list[Results]) -> str:
    """The most detailed view that all results have."""
    for view in VIEWS:
        if all(view in found.runs for found in results):
            return view
    raise InputError(f"the results of {name} are of different views: `ebn-cosim run` it first")


def _checks(column: Column) -> list[Check]:
    checks, name = [], f"{column.title}, {column.view}"
    first, *others = column.runs.items()
    for table, run in column.runs.items():
        turns = turning_points(weight_sequence(run.spikes))
        checks.append(information(name, f"{table}: turning points", weights_text(turns)))
        checks.append(information(name, f"{table}: last weight", last_weights(run.spikes).text))
    for table, run in others:
        compared = compare(run, first[1])
        against = f"{table} against {first[0]}"
        checks.append(information(name, f"{against}: equal decisions", equal_decisions(compared)))
        checks.append(at_most((name, f"{against}: I_mem, RMS"), None, compared.i_mem_rms))
    return checks


def _metrics(column: Column) -> dict:
    first = next(iter(column.runs.values()))
    return {
        table: {**asdict(compare(run, first)), "last_weights": asdict(last_weights(run.spikes))}
        for table, run in column.runs.items()
    }

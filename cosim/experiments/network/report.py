"""Report on an experiment's trainings: verdict, summary, learning curves and figure."""

from dataclasses import asdict
from pathlib import Path

from cosim.experiments.network.figure import make_figure
from cosim.experiments.network.final_trial import STATES, final_trial
from cosim.experiments.network.settings import NetworkExperiment
from cosim.experiments.network.training_run import (
    CURVE_COLUMNS,
    LEARNING_CURVE,
    TrainingRun,
    curve_rows,
    training_runs,
)
from cosim.experiments.network.verdict import verdict_checks
from cosim.workbench.provenance import python_versions, sources_digest
from cosim.workbench.report import FIGURES, Report, StoredReport, verdict
from cosim.workbench.statistics import estimate
from cosim.workbench.style import save
from cosim.workbench.tables import csv_text
from ebn_model.errors import InputError
from ebn_model.network.evaluation import QUANTITIES

_PACKAGES = ("ebn-cosim", "numpy", "scipy", "numba", "h5py", "matplotlib")


def make_network_report(experiment: NetworkExperiment, redraw_figure: bool = False) -> Report:
    """Judge current trainings, and write summary.json, curves and figure where they changed.

    Raises:
        InputError: a training is missing or not current.
        OutputError: a file can't be written.
    """
    runs = training_runs(experiment)
    missing = [str(run.seed) for run in runs if not run.is_current()]
    if missing:
        raise InputError(
            f"no current results of {experiment.name} for seed {', '.join(missing)}; run it first"
        )
    records = [run.record for run in runs]
    report = Report(experiment.title, experiment.results, verdict_checks(experiment, records))
    summary = _summary(experiment, records, report)
    StoredReport(experiment.results, summary).write(
        lambda new: _write_files(experiment, runs, new), redraw_figure
    )
    return report


def metrics(records: list[dict]) -> dict[str, dict]:
    """Mean, confidence interval and number of seeds of all that was measured, by name."""
    found = {
        name: [record["learned"][name] for record in records] for name in records[0]["learned"]
    }
    for state in STATES:
        for name in QUANTITIES:
            found[f"{state}_{name}"] = [record["validation"][state][name] for record in records]
    return {name: asdict(estimate(values)) for name, values in found.items()}


def _summary(experiment: NetworkExperiment, records: list[dict], report: Report) -> dict:
    settings = experiment.settings
    return {
        "experiment": experiment.name,
        **verdict(report),
        "metrics": metrics(records),
        "trainings": records,
        "settings": settings.model_dump(mode="json"),
        "parameters": experiment.parameters.model_dump(mode="json"),
        "changes": list(experiment.changes),
        "seeds": list(experiment.seeds),
        "versions": python_versions(*_PACKAGES),
        "sources": sources_digest(__name__),
    }


def _write_files(experiment: NetworkExperiment, runs: list[TrainingRun], folder: Path) -> None:
    trainings = [run.training() for run in runs]
    histories = [training.history for training in trainings]
    first = trainings[0]
    trial = final_trial(first)
    title = f"{experiment.title} (seed {first.seed})"
    paths = [folder / name for name in FIGURES]
    save(lambda: make_figure(trial, histories, first.network.parameters, title), paths)
    rows = [[one.seed, *row] for one in trainings for row in curve_rows(one.history)]
    curves = csv_text([["seed", *CURVE_COLUMNS], *rows])
    (folder / LEARNING_CURVE).write_text(curves, encoding="utf-8")

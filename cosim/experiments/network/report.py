"""Report on an experiment's trainings: verdict, summary, learning curves and figure."""

from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from cosim.experiments.network.figure import make_figure
from cosim.experiments.network.final_trial import STATES, final_trial
from cosim.experiments.network.settings import NetworkExperiment
from cosim.experiments.network.training_run import TrainingRun, training_runs
from cosim.experiments.network.verdict import verdict_checks
from cosim.workbench.provenance import python_versions, sources_digest
from cosim.workbench.report import FIGURES, Report, StoredReport, verdict
from cosim.workbench.statistics import estimate
from cosim.workbench.style import save
from ebn_model.errors import InputError
from ebn_model.network.evaluation import QUANTITIES
from ebn_model.network.training import History

LEARNING_CURVE = "learning_curve.csv"
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
    _write_curves(experiment.seeds, histories, folder / LEARNING_CURVE)


def _write_curves(seeds: tuple[int, ...], histories: list[History], path: Path) -> None:
    """Write the checkpoints of all seeds as CSV, one row each."""
    names = [field.name for field in fields(History)]
    lines = [",".join(["seed", *names])]
    for seed, history in zip(seeds, histories, strict=True):
        table = np.column_stack([getattr(history, name) for name in names])
        lines += [",".join([str(seed), *(f"{value:.6g}" for value in row)]) for row in table]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

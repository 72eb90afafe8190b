"""Report on a chip that learned as circuits: verdict, tables and summary."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cosim.comparison.decisions import total
from cosim.engine.simulator import versions
from cosim.experiments.teaching.figure import make_figure
from cosim.experiments.teaching.lessons import TEACHERS, Lessons
from cosim.experiments.teaching.settings import TeachingExperiment
from cosim.workbench.checks import Check, against_limit, information, unjudged
from cosim.workbench.provenance import sources_digest
from cosim.workbench.report import FIGURES, Report, StoredReport, verdict
from cosim.workbench.style import save
from cosim.workbench.tables import csv_text
from ebn_model.network.metrics import weight_correlation

SCORES = ("unscaled_error", "decoding_error", "rate")


def make_report(experiment: TeachingExperiment, lessons: Lessons, redraw: bool = False) -> Report:
    """Write trials.csv, codes.csv, summary and figure where they aren't current.

    Raises:
        OutputError: a file can't be written.
    """
    settings = experiment.settings
    checks = _checks(experiment, lessons)
    report = Report(settings.title or experiment.name, experiment.results, checks)
    summary = {**_summary(experiment, lessons), **verdict(report)}

    def write(new: Path) -> None:
        (new / "trials.csv").write_text(csv_text(_trials(lessons)), encoding="utf-8")
        (new / "codes.csv").write_text(csv_text(_codes(lessons)), encoding="utf-8")
        save(
            lambda: make_figure(lessons, settings.task.duration),
            [new / name for name in FIGURES],
        )

    StoredReport(experiment.results, summary).write(write, redraw)
    return report


def error_ratio(lessons: Lessons, teacher: str, last: int) -> float:
    """Unscaled error of what circuits taught over that of another teacher, after the last trials.

    Each is the mean after so many trials, or after all where there are fewer.
    """
    first = max(1, len(lessons.decisions) + 1 - last)
    means = [
        float(np.mean(lessons.histories[name].unscaled_error[first:]))
        for name in ("circuits", teacher)
    ]
    return means[0] / means[1]


def _checks(experiment: TeachingExperiment, lessons: Lessons) -> list[Check]:
    settings, tolerances = experiment.settings, experiment.settings.tolerances
    counts = total(lessons.decisions)
    name = f"models of dies against {settings.view}"
    last = min(tolerances.last, settings.trials)
    errors = _error_check(lessons, "model", tolerances.error_ratio, last)
    return [
        counts.one_step_check(name, tolerances.dead_band, tolerances.one_step),
        # Networks that decide nothing err alike, whoever teaches them.
        errors if counts.pulses else unjudged(errors),
        _error_check(lessons, "nominal", None, last),
        information(
            "codes",
            "correlation, circuits and model of the dies",
            f"{weight_correlation(lessons.codes['circuits'], lessons.codes['model']):.3f}",
        ),
        *_scores(lessons),
    ]


def _error_check(lessons: Lessons, teacher: str, limit: float | None, last: int) -> Check:
    measured = error_ratio(lessons, teacher, last)
    return against_limit(
        ("unscaled error", f"{TEACHERS['circuits']} over {TEACHERS[teacher]}, last {last} trials"),
        limit,
        lambda most: f"≤ {most:g}",
        f"{measured:.3f}",
        lambda most: measured <= most,
    )


def _scores(lessons: Lessons) -> Iterator[Check]:
    for name, history in lessons.histories.items():
        end = history.checkpoints[-1]
        yield information(
            f"taught by {TEACHERS[name]}",
            "unscaled error, decoding error, rate",
            f"{end.unscaled_error:.3f}, {end.decoding_error:.3f}, {end.rate:.1f} Hz",
        )


def _summary(experiment: TeachingExperiment, lessons: Lessons) -> dict[str, Any]:
    return {
        "taught_by": {
            name: {score: getattr(history, score).tolist() for score in SCORES}
            for name, history in lessons.histories.items()
        },
        "decisions": [
            {name: matrix.tolist() for name, matrix in asdict(one).items()}
            for one in lessons.decisions
        ],
        "codes": {name: codes.astype(int).tolist() for name, codes in lessons.codes.items()},
        "dies": list(experiment.dies),
        "settings": experiment.settings.model_dump(mode="json"),
        "versions": versions(),
        "sources": sources_digest(__name__),
    }


def _trials(lessons: Lessons) -> Iterable[Iterable]:
    """A line before the first trial, and one after each."""
    scores = [f"{score}_{name}" for name in TEACHERS for score in SCORES]
    yield ["trials", *scores, "one_step_agreement", "trajectory_agreement"]
    shares = [(one.one_step_agreement, one.trajectory_agreement) for one in lessons.decisions]
    for trials, agreement in enumerate([("", ""), *shares]):
        found = [
            getattr(lessons.histories[name], score)[trials] for name in TEACHERS for score in SCORES
        ]
        yield [trials, *found, *agreement]


def _codes(lessons: Lessons) -> Iterable[Iterable]:
    """A line for each synapse."""
    yield ["row", "pre", *TEACHERS]
    neurons = len(lessons.codes["circuits"])
    for row in range(neurons):
        for pre in range(neurons):
            if row != pre:
                yield [row, pre, *(int(lessons.codes[name][row, pre]) for name in TEACHERS)]

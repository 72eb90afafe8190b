"""Runs what is missing of the study, in parallel, and writes tables and figure."""

from contextlib import closing
from pathlib import Path

from cosim.experiments.study.condition import Condition
from cosim.experiments.study.condition_run import ConditionRun, Outcome, run_condition
from cosim.experiments.study.figure import make_figure
from cosim.experiments.study.settings import StudySettings, conditions
from cosim.experiments.study.summary import Finding, findings
from cosim.experiments.study.tables import findings_csv, markdown, runs_csv
from cosim.workbench.cluster import run_on_cluster
from cosim.workbench.errors import CosimError
from cosim.workbench.journal import Journal
from cosim.workbench.json_files import write_json
from cosim.workbench.output import check_writable, new_files
from cosim.workbench.pool import run_tasks
from cosim.workbench.progress import progress_bars
from cosim.workbench.provenance import python_versions, sources_digest
from cosim.workbench.report import FIGURES, SUMMARY
from cosim.workbench.style import save

JOURNAL = "finished.jsonl"
_PACKAGES = ("ebn-cosim", "numpy", "scipy", "numba")

Groups = dict[str, list[Finding]]


def run_study(
    settings: StudySettings,
    results: Path,
    workers: int | None = None,
    scheduler: str | None = None,
) -> Groups:
    """Run what isn't in the journal, and write study.csv, runs.csv, study.md, figure, summary.

    Args:
        settings: what to run.
        results: folder for all that comes out.
        workers: greatest number of processes at once, all processors by default.
        scheduler: address of a Dask scheduler whose workers do it instead.

    Returns:
        The findings, by group.

    Raises:
        InputError: a network that can't be, or no scheduler.
        CosimError: a process or a cluster was lost, or results can't be written (OutputError).
    """
    check_writable(results)
    planned = {name: list(conditions(settings, name)) for name in settings.groups}
    runs = [
        ConditionRun(condition, seed)
        for name, group in planned.items()
        for condition in group
        for seed in settings.seeds[settings.groups[name].seeds].numbers
    ]
    keys = {run: run.key for run in runs}
    journal = Journal(results / JOURNAL)
    _run_missing(keys, journal, workers, scheduler)
    journal.keep_only(set(keys.values()))
    outcomes = {(run.condition, run.seed): Outcome(**journal[key]) for run, key in keys.items()}
    groups = {
        name: findings(
            {one: [o for (c, _), o in outcomes.items() if c is one] for one in planned[name]},
            group.quantity,
            group.reference,
        )
        for name, group in settings.groups.items()
    }
    _write(settings, results, outcomes, groups)
    return groups


def _run_missing(
    keys: dict[ConditionRun, str], journal: Journal, workers: int | None, scheduler: str | None
) -> None:
    # Groups share conditions: each is run once.
    missing = {key: run for run, key in keys.items() if key not in journal}
    waiting, names = list(missing.values()), list(missing)
    times = [0.0] * len(waiting)
    lengths = [_length(run) for run in waiting]
    with progress_bars() as add_bar:
        show = add_bar("study", sum(lengths))

        def on_message(number: int, time: float) -> None:
            times[number] = time
            show(sum(times))

        if scheduler is None:
            ended = run_tasks(run_condition, waiting, workers, on_message)
        else:
            ended = run_on_cluster(scheduler, run_condition, waiting, _key, workers)
        with closing(ended):
            for number, outcome in ended:
                if isinstance(outcome, CosimError):
                    raise outcome
                journal.add(names[number], outcome)
                on_message(number, lengths[number])


def _key(run: ConditionRun) -> str:
    return run.key


def _length(run: ConditionRun) -> float:
    """Simulated time of learning, s; without learning there is hardly any."""
    condition = run.condition
    learns = condition.state == "learned"
    return condition.iterations * condition.task.duration if learns else 0.0


def _write(
    settings: StudySettings,
    results: Path,
    outcomes: dict[tuple[Condition, int], Outcome],
    groups: Groups,
) -> None:
    with new_files(results) as new:
        (new / "study.csv").write_text(findings_csv(groups), encoding="utf-8")
        (new / "runs.csv").write_text(runs_csv(outcomes), encoding="utf-8")
        (new / "study.md").write_text(markdown(settings, groups), encoding="utf-8")
        save(lambda: make_figure(settings, groups), [new / name for name in FIGURES])
        summary = {
            "title": settings.title,
            "settings": settings.model_dump(mode="json"),
            "versions": python_versions(*_PACKAGES),
            "sources": sources_digest(__name__),
        }
        write_json(summary, new / SUMMARY)

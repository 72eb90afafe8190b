"""Runs what is missing of the study, in parallel, and writes tables and figure."""

from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path

from cosim.experiments.protocol import Work
from cosim.experiments.study.condition import Condition
from cosim.experiments.study.condition_run import ConditionRun, Outcome, run_condition
from cosim.experiments.study.figure import make_figure
from cosim.experiments.study.settings import Study, StudySettings, conditions
from cosim.experiments.study.summary import Finding, findings
from cosim.experiments.study.tables import findings_csv, markdown, runs_csv, terminal_table
from cosim.workbench.json_files import write_json
from cosim.workbench.kept_outcomes import JOURNAL, KeptOutcomes, outcomes_made_by
from cosim.workbench.output import new_files
from cosim.workbench.provenance import python_versions, sources_digest
from cosim.workbench.report import FIGURES, SUMMARY, Report
from cosim.workbench.style import save
from cosim.workbench.task import Task

_PACKAGES = ("ebn-cosim", "numpy", "scipy", "numba")

Groups = dict[str, list[Finding]]


def run_study(study: Study, work: Work) -> Report:
    """Run what isn't in the journal, and report.

    Raises:
        InputError: a network that can't be, or no scheduler.
        CosimError: a process or a cluster was lost, or results can't be written (OutputError).
    """
    journal = study.results / JOURNAL
    with outcomes_made_by(work.placement.pool(), journal, study.name, work.force) as kept:
        return _report(study, kept)


def make_study_report(study: Study) -> Report:
    """Write study.csv, runs.csv, study.md, figure and summary; the report has a table a group.

    Raises:
        InputError: runs are missing in the journal.
        OutputError: a file can't be written.
    """
    return _report(study, KeptOutcomes(study.results / JOURNAL, study.name))


def _report(study: Study, kept: KeptOutcomes) -> Report:
    settings, keys = study.settings, _keys(study)
    task = Task(run_condition, attrgetter("label"), key=attrgetter("key"))
    # Groups share conditions: each is run once.
    known = kept.of({key: run for run, key in keys.items()}, task, "runs")
    outcomes = {(run.condition, run.seed): Outcome(**known[key]) for run, key in keys.items()}
    groups = {
        name: findings(
            {one: [o for (c, _), o in outcomes.items() if c is one] for one in planned},
            settings.groups[name].quantity,
            settings.groups[name].reference,
        )
        for name, planned in _planned(keys).items()
    }
    _write(settings, study.results, outcomes, groups)
    tables = [terminal_table(settings, name, found) for name, found in groups.items()]
    return Report(settings.title, study.results, [], tuple(tables))


def _keys(study: Study) -> dict[ConditionRun, str]:
    """The keys of all runs, in the order of the groups."""
    settings = study.settings
    runs = [
        ConditionRun(condition, seed)
        for name, group in settings.groups.items()
        for condition in conditions(settings, name)
        for seed in settings.seeds[group.seeds].numbers
    ]
    return {run: run.key for run in runs}


def _planned(keys: Iterable[ConditionRun]) -> dict[str, list[Condition]]:
    """The conditions of each group, each once."""
    planned: dict[str, dict[int, Condition]] = {}
    for run in keys:
        planned.setdefault(run.condition.group, {})[id(run.condition)] = run.condition
    return {name: list(found.values()) for name, found in planned.items()}


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

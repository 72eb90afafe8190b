"""Runs of all dies that aren't known yet, in parallel; what is finished is kept."""

from dataclasses import dataclass
from operator import attrgetter

from cosim.engine.outcome import outcome_or_error
from cosim.experiments.dies.die_run import CellsRun, DieRun, SimulationRun
from cosim.experiments.dies.population import Outcomes
from cosim.experiments.dies.settings import DiesExperiment
from cosim.experiments.protocol import Work
from cosim.workbench.kept_outcomes import KeptOutcomes
from cosim.workbench.output import check_writable
from cosim.workbench.provenance import digest
from cosim.workbench.task import Task

JOURNAL = "finished.jsonl"
NOMINAL = -1
"""Number of the nominal die."""


@dataclass(frozen=True)
class Found:
    """Outcomes of all dies, the nominal one apart.

    cases: by the case's name. cells: by bias table. nominal: of the nominal die, by both names.
    """

    cases: dict[str, Outcomes]
    cells: dict[str, Outcomes]
    nominal: dict[str, dict]


def run_dies(experiment: DiesExperiment, work: Work) -> Found:
    """Run what isn't in the journal; returns all outcomes.

    Raises:
        CosimError: a process was lost, or results can't be written (OutputError).
    """
    check_writable(experiment.results)
    with work.placement.pool() as pool:
        kept = KeptOutcomes(experiment.results / JOURNAL, experiment.name, pool, work.force)
        found = _found(experiment, kept)
    kept.drop_others()
    return found


def found_dies(experiment: DiesExperiment) -> Found:
    """All outcomes, from the journal; raises InputError where some are missing."""
    return _found(experiment, KeptOutcomes(experiment.results / JOURNAL, experiment.name))


def _found(experiment: DiesExperiment, kept: KeptOutcomes) -> Found:
    planned = _keys(experiment)
    task = Task(outcome_or_error, attrgetter("label"), isolated=True, key=attrgetter("key"))
    known = kept.of(dict(planned.values()), task, "dies")
    outcomes = {place: known[key] for place, (key, _) in planned.items()}
    names = dict.fromkeys(name for name, _ in outcomes)
    by_name = {
        name: {die: outcomes[name, die] for die in experiment.numbers_of(name)} for name in names
    }
    return Found(
        {name: by_name[name] for name in experiment.simulations},
        {table: by_name[_cells(table)] for table in experiment.settings.quantities},
        {name: outcomes[name, NOMINAL] for name in names},
    )


def _keys(experiment: DiesExperiment) -> dict[tuple[str, int], tuple[str, DieRun]]:
    """Key and run of each die, the nominal one included, by name and the die's number."""
    planned: dict[tuple[str, int], tuple[str, DieRun]] = {}
    names = [*experiment.simulations, *map(_cells, experiment.settings.quantities)]
    for name in names:
        # A deck for each die would take longer than some runs; they differ in its number only.
        key = _run(experiment, name, 0).key
        for die in (NOMINAL, *experiment.numbers_of(name)):
            planned[name, die] = digest(f"{key} {die}"), _run(experiment, name, die)
    return planned


def _run(experiment: DiesExperiment, name: str, number: int) -> DieRun:
    die = None if number == NOMINAL else number
    if name in experiment.simulations:
        chosen = experiment.simulations[name].experiment
        case = experiment.settings.cases[name]
        return SimulationRun(name, chosen.model_copy(update={"die": die}), case.trim, case.model)
    conditions = experiment.settings.conditions.of_die(die)
    return CellsRun(name.removeprefix(_cells("")), conditions)


def _cells(table: str) -> str:
    return f"cells/{table}"

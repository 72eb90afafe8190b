"""Runs of all dies that aren't known yet, in parallel; what is finished is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from cosim.cells.die_outcomes import key_of_die, keys_by_die
from cosim.engine.outcome import OUTCOME
from cosim.experiments.calibration.cells_run import CellsRun
from cosim.experiments.dies.causes_run import PARTS, CausesRun
from cosim.experiments.dies.die_run import DieRun, SimulationRun
from cosim.experiments.dies.population import Outcomes
from cosim.experiments.dies.settings import DiesExperiment
from cosim.experiments.neuron.config import Experiment
from cosim.experiments.protocol import Work
from cosim.experiments.trim import NominalRun, Trim, untrimmed_table
from cosim.workbench.kept_outcomes import JOURNAL, KeptOutcomes, outcomes_made_by
from cosim.workbench.provenance import digest

Name = TypeVar("Name")


class _Planned(NamedTuple):
    """A run with its key; key_now: makes this once more, from the files as they are then."""

    key: str
    run: Any
    key_now: Callable[[], str]


@dataclass(frozen=True)
class Found:
    """Outcomes of all dies, the nominal one apart.

    cases: by the case's name. cells: by bias table. nominal: of the nominal die, by both names.
    causes: of all CausesRuns, by bias table.
    """

    cases: dict[str, Outcomes]
    cells: dict[str, Outcomes]
    nominal: dict[str, dict]
    causes: dict[str, list[dict]]


def run_dies(experiment: DiesExperiment, work: Work) -> Found:
    """Run what isn't in the journal; returns all outcomes.

    Raises:
        CosimError: a process was lost, or results can't be written (OutputError).
    """
    journal = experiment.results / JOURNAL
    with outcomes_made_by(work.placement.pool(), journal, experiment.name, work.force) as kept:
        return _found(experiment, kept)


def found_dies(experiment: DiesExperiment) -> Found:
    """All outcomes, from the journal; raises InputError where some are missing."""
    return _found(experiment, KeptOutcomes(experiment.results / JOURNAL, experiment.name))


def _found(experiment: DiesExperiment, kept: KeptOutcomes) -> Found:
    planned = _dies(experiment, _nominal_of_trims(experiment, kept))
    outcomes = _outcomes(kept, planned, "dies")
    names = dict.fromkeys(name for name, _ in outcomes)
    by_name = {
        name: {die: outcomes[name, die] for die in experiment.numbers_of(name)} for name in names
    }
    return Found(
        {name: by_name[name] for name in experiment.simulations},
        {table: by_name[_cells(table)] for table in experiment.settings.quantities},
        {name: outcomes[name, None] for name in names},
        _causes(experiment, kept),
    )


def _nominal_of_trims(experiment: DiesExperiment, kept: KeptOutcomes) -> dict[str, dict]:
    """Quantities that each trim brings dies to, by case; trims of the same table share a run."""
    runs = {
        name: _nominal_run(case.trim, experiment.simulations[name].experiment)
        for name, case in experiment.settings.cases.items()
        if case.trim
    }
    planned = {
        name: _Planned(run.key, run, partial(attrgetter("key"), run)) for name, run in runs.items()
    }
    return _outcomes(kept, planned, "nominal dies")


def _nominal_run(trim: Trim, experiment: Experiment) -> NominalRun:
    return NominalRun(trim, untrimmed_table(experiment), experiment.conditions)


def _causes(experiment: DiesExperiment, kept: KeptOutcomes) -> dict[str, list[dict]]:
    planned: dict[tuple[str, int], _Planned] = {}
    for table in experiment.settings.causes:
        runs = [CausesRun(table, experiment.settings.conditions, part) for part in range(PARTS)]
        # The decks, whose digests take a while, are the same for all parts.
        key = runs[0].key
        planned |= {
            (table, run.part): _Planned(
                _of_part(key, run.part), run, partial(_key_of_part, runs[0], run.part)
            )
            for run in runs
        }
    outcomes = _outcomes(kept, planned, "causes")
    return {
        table: [outcomes[table, part] for part in range(PARTS)]
        for table in experiment.settings.causes
    }


def _key_of_part(first: CausesRun, part: int) -> str:
    return _of_part(first.key, part)


def _of_part(key: str, part: int) -> str:
    return digest(f"{key} {part}")


def _outcomes(kept: KeptOutcomes, planned: Mapping[Name, _Planned], label: str) -> dict[Name, dict]:
    """Outcomes of runs by the same names."""
    by_key = {one.key: one for one in planned.values()}
    runs = {key: one.run for key, one in by_key.items()}
    known = kept.of(runs, OUTCOME, label, lambda key: by_key[key].key_now())
    return {name: known[one.key] for name, one in planned.items()}


def _dies(
    experiment: DiesExperiment, nominal: Mapping[str, dict]
) -> dict[tuple[str, int | None], _Planned]:
    """The run of each die, the nominal one (None) included, by name and the die's number.

    nominal: what trims bring dies to, by the case's name.
    """
    planned: dict[tuple[str, int | None], _Planned] = {}
    names = [*experiment.simulations, *map(_cells, experiment.settings.quantities)]
    for name in names:
        run = partial(_run, experiment, name, nominal)
        keys = keys_by_die(run, (None, *experiment.numbers_of(name)))
        planned |= {
            (name, die): _Planned(key, run(die), partial(key_of_die, run, die))
            for die, key in keys.items()
        }
    return planned


def _run(
    experiment: DiesExperiment, name: str, nominal: Mapping[str, dict], die: int | None
) -> DieRun:
    if name in experiment.simulations:
        chosen = experiment.simulations[name].experiment.model_copy(update={"die": die})
        case = experiment.settings.cases[name]
        return SimulationRun(
            name,
            chosen,
            case.trim,
            nominal.get(name),
            model=case.model,
            both_views=case.both_views,
        )
    return CellsRun(name.removeprefix(_cells("")), experiment.settings.conditions.of_die(die))


def _cells(table: str) -> str:
    return f"cells/{table}"

"""Measures the dies, lets the nominal model learn, runs all chips; what is finished is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from cosim.circuits.conditions import Conditions
from cosim.experiments.chip.chip_run import NOMINAL, ChipRun, run_chip
from cosim.experiments.chip.measured_die import DieMeasurement, measure_die
from cosim.experiments.chip.settings import ChipExperiment
from cosim.experiments.protocol import Work
from cosim.workbench.journal import Journal
from cosim.workbench.journal_runs import run_into
from cosim.workbench.output import check_writable
from cosim.workbench.pool import Pool
from cosim.workbench.provenance import digest
from cosim.workbench.task import Task
from ebn_model.chip.deviations import deviated
from ebn_model.errors import InputError
from ebn_model.network.parameters import MismatchParameters
from ebn_model.parameters import NeuronParameters, validated

JOURNAL = "finished.jsonl"

Outcomes = dict[str, dict[str, Any]]
"""Outcomes of run_chip by method."""


@dataclass(frozen=True)
class Found:
    """Outcomes of all chips.

    chips: by situation and number of the chip. nominal: of the nominal model that has the chip's
    decoder and trials, by number of the chip. faults: reasons why a chip could not be built, by its
    number; such a chip has no outcomes.
    """

    chips: dict[str, dict[int, Outcomes]]
    nominal: dict[int, dict[str, Any]]
    faults: dict[int, str]


class _Kept:
    """A journal whose missing outcomes are made, or not."""

    def __init__(self, experiment: ChipExperiment, work: Work | None, pool: Pool | None):
        """work, pool: of the runs; None where nothing is to be run."""
        self._experiment, self._work, self._pool = experiment, work, pool
        self._journal = Journal(experiment.results / JOURNAL)
        self._used: set[str] = set()

    def outcomes(self, runs: Mapping[str, Any], task: Task, label: str) -> list[dict]:
        """The outcome of each run, all of one kind, by their keys; raises InputError."""
        self._used |= runs.keys()
        force = self._work is not None and self._work.force
        missing = {key: run for key, run in runs.items() if force or key not in self._journal}
        if missing and self._pool is None:
            raise InputError(
                f"no current results of {len(missing)} of {len(runs)} runs ({label}) of "
                f"{self._experiment.name} in {self._experiment.results}: `ebn-cosim run` it first"
            )
        if missing and self._pool is not None:
            lengths = [run.length for run in missing.values()]
            run_into(self._journal, missing, lengths, task, self._pool, label)
        return [self._journal[key] for key in runs]

    def drop_others(self) -> None:
        """Forget what no run has asked for."""
        self._journal.keep_only(self._used)


def run_chips(experiment: ChipExperiment, work: Work) -> Found:
    """Run what isn't in the journal; returns all outcomes.

    Raises:
        CosimError: a process was lost, or results can't be written (OutputError).
    """
    check_writable(experiment.results)
    with work.placement.pool() as pool:
        kept = _Kept(experiment, work, pool)
        found = _found(experiment, kept)
    kept.drop_others()
    return found


def found_chips(experiment: ChipExperiment) -> Found:
    """All outcomes, from the journal; raises InputError where some are missing."""
    return _found(experiment, _Kept(experiment, None, None))


def _found(experiment: ChipExperiment, kept: _Kept) -> Found:
    measured = _measured(experiment, kept)
    whole, faults = {}, {}
    for chip in range(experiment.settings.chips):
        errors = [
            f"die {die}: {measured[die]['error']}"
            for die in experiment.dies(chip)
            if "error" in measured[die]
        ]
        if errors:
            faults[chip] = "; ".join(errors)
        else:
            whole[chip] = [_constants(measured[die], die) for die in experiment.dies(chip)]
    nominal_runs = {chip: _nominal_run(experiment, chip) for chip in whole}
    nominal = _chip_outcomes(kept, nominal_runs, "nominal model")
    designed = _constants(measured[None], None)
    runs = {}
    for name in experiment.settings.situations:
        rows_of = _Deviation(experiment, name, designed, _nominal(experiment, kept, name))
        for chip, rows in whole.items():
            runs[name, chip] = _chip_run(
                experiment, name, chip, rows_of(rows), nominal[chip][NOMINAL]["codes"]
            )
    outcomes = _chip_outcomes(kept, runs, "chips")
    chips = {
        name: {chip: outcomes[name, chip] for chip in whole}
        for name in experiment.settings.situations
    }
    return Found(chips, {chip: one[NOMINAL] for chip, one in nominal.items()}, faults)


def _chip_outcomes(kept: _Kept, runs: Mapping, label: str) -> dict[Any, Outcomes]:
    """The outcomes of ChipRuns by what they are the runs of."""
    by_key = {run.key: run for run in runs.values()}
    task = Task(run_chip, attrgetter("label"), key=attrgetter("key"))
    outcomes = dict(zip(by_key, kept.outcomes(by_key, task, label), strict=True))
    return {name: outcomes[run.key] for name, run in runs.items()}


class _Deviation:
    """Makes the constants of dies in a situation of those that were measured."""

    def __init__(
        self,
        experiment: ChipExperiment,
        name: str,
        designed: NeuronParameters,
        nominal: NeuronParameters,
    ):
        """designed, nominal: constants of the nominal die, as measured and in the situation."""
        self._scale = experiment.settings.situations[name].scale
        self._designed, self._nominal = designed, nominal

    def __call__(self, rows: list[NeuronParameters]) -> tuple[NeuronParameters, ...]:
        return tuple(deviated(row, self._designed, self._scale, self._nominal) for row in rows)


def _measured(experiment: ChipExperiment, kept: _Kept) -> dict[int | None, dict[str, Any]]:
    """Outcomes of the measurements by die; None is the nominal one."""
    settings = experiment.settings
    dies = [None, *(die for chip in range(settings.chips) for die in experiment.dies(chip))]
    return dict(zip(dies, _measure(experiment, settings.conditions, dies, kept), strict=True))


def _measure(
    experiment: ChipExperiment, conditions: Conditions, dies: Iterable[int | None], kept: _Kept
) -> list[dict[str, Any]]:
    def run(die: int | None) -> DieMeasurement:
        own = conditions.model_copy(update={"die": die})
        return DieMeasurement(experiment.settings.biases, own)

    # A deck for each die would take longer than a look at it; they differ in its number only.
    key = run(0).key
    runs = {digest(f"{key} {-1 if die is None else die}"): run(die) for die in dies}
    task = Task(measure_die, attrgetter("label"), isolated=True, key=attrgetter("key"))
    return kept.outcomes(runs, task, "dies")


def _constants(values: dict[str, Any], die: int | None) -> NeuronParameters:
    """Measured constants; raises InputError for the nominal die's where there are none."""
    name = "the nominal die" if die is None else f"die {die}"
    if "error" in values:
        raise InputError(f"{name} can't be measured: {values['error']}")
    return validated(NeuronParameters, values, name)


def _nominal_run(experiment: ChipExperiment, chip: int) -> ChipRun:
    """The nominal model with the chip's decoder and trials."""
    settings = experiment.settings
    designed = experiment.parameters[""].model_copy(update={"mismatch": MismatchParameters()})
    return ChipRun(
        label=f"nominal model of chip {chip}",
        parameters=designed,
        task=experiment.tasks[""],
        seed=experiment.dies(chip)[0],
        input_gain=0.0,
        iterations=settings.iterations,
        further=settings.further,
    )


def _chip_run(
    experiment: ChipExperiment,
    name: str,
    chip: int,
    rows: tuple[NeuronParameters, ...],
    codes: list[list[int]],
) -> ChipRun:
    """A chip of rows as they are in a situation, with the codes that the nominal model learned."""
    settings, situation = experiment.settings, experiment.settings.situations[name]
    return ChipRun(
        label=f"chip {chip}, {situation.label}",
        parameters=validated(
            type(experiment.parameters[name]),
            {**dict(experiment.parameters[name]), "rows": rows},
            f"chip {chip}, {name}",
        ),
        task=experiment.tasks[name],
        seed=experiment.dies(chip)[0],
        input_gain=situation.input_gain,
        iterations=settings.iterations,
        further=settings.further,
        transferred=codes,
    )


def _nominal(experiment: ChipExperiment, kept: _Kept, name: str) -> NeuronParameters:
    """Constants of the nominal die in a situation."""
    settings = experiment.settings
    celsius, conditions = settings.situations[name].temperature, settings.conditions
    if celsius is not None:
        conditions = conditions.model_copy(update={"temperature": celsius})
    [values] = _measure(experiment, conditions, [None], kept)
    return _constants(values, None)

"""Measures the dies, lets the nominal model learn, runs all chips; what is finished is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from cosim.cells.die_constants import constants_of, measured_dies
from cosim.experiments.chip.chip_run import (
    NOMINAL,
    REFINED,
    ChipRun,
    run_chip,
    with_window_below_threshold,
)
from cosim.experiments.chip.dies import build_chips
from cosim.experiments.chip.settings import ChipExperiment
from cosim.experiments.protocol import Work
from cosim.workbench.kept_outcomes import JOURNAL, KeptOutcomes, outcomes_made_by
from cosim.workbench.task import Task
from ebn_model.network.parameters import MismatchParameters
from ebn_model.parameters import NeuronParameters
from ebn_model.validation import with_values

Outcomes = dict[str, dict[str, Any]]
"""Outcomes of run_chip by method."""


@dataclass(frozen=True)
class Found:
    """Outcomes of all chips.

    chips: by situation and number of the chip. nominal: of the nominal model that has the chip's
    decoder and trials, by number of the chip and method. faults: reasons why a chip could not be
    built, by situation and its number; such a chip has no outcomes there. trims: codes and currents
    (A) of trimmed dies, by situation and number of the die.
    """

    chips: dict[str, dict[int, Outcomes]]
    nominal: dict[int, Outcomes]
    faults: dict[str, dict[int, str]]
    trims: dict[str, dict[int, dict[str, float]]]


def run_chips(experiment: ChipExperiment, work: Work) -> Found:
    """Run what isn't in the journal; returns all outcomes.

    Raises:
        CosimError: a process was lost, or results can't be written (OutputError).
    """
    journal = experiment.results / JOURNAL
    with outcomes_made_by(work.placement.pool(), journal, experiment.name, work.force) as kept:
        return _found(experiment, kept)


def found_chips(experiment: ChipExperiment) -> Found:
    """All outcomes, from the journal; raises InputError where some are missing."""
    return _found(experiment, KeptOutcomes(experiment.results / JOURNAL, experiment.name))


def _found(experiment: ChipExperiment, kept: KeptOutcomes) -> Found:
    settings = experiment.settings
    measured = measured_dies(settings.biases, settings.conditions, [None], kept)
    designed = constants_of(measured[None], settings.conditions)
    built = {name: build_chips(experiment, name, kept) for name in settings.situations}
    numbers = [n for n in range(settings.chips) if any(n in one.rows for one in built.values())]
    nominal_runs = {chip: _nominal_run(experiment, chip, designed) for chip in numbers}
    nominal = _chip_outcomes(kept, nominal_runs, "nominal model")
    runs = {
        (name, chip): _chip_run(experiment, name, chip, (designed, rows), nominal[chip])
        for name, one in built.items()
        for chip, rows in one.rows.items()
    }
    outcomes = _chip_outcomes(kept, runs, "chips")
    return Found(
        chips={name: {n: outcomes[name, n] for n in one.rows} for name, one in built.items()},
        nominal=nominal,
        faults={name: one.faults for name, one in built.items() if one.faults},
        trims={name: one.trims for name, one in built.items() if one.trims},
    )


def _chip_outcomes(kept: KeptOutcomes, runs: Mapping, label: str) -> dict[Any, Outcomes]:
    """The outcomes of ChipRuns by what they are the runs of."""
    by_key = {run.key: run for run in runs.values()}
    task = Task(run_chip, attrgetter("label"), key=attrgetter("key"))
    outcomes = kept.of(by_key, task, label)
    return {name: outcomes[run.key] for name, run in runs.items()}


def _nominal_run(experiment: ChipExperiment, chip: int, designed: NeuronParameters) -> ChipRun:
    """The nominal model, with the chip's decoder and trials."""
    settings = experiment.settings
    values = {"neuron": designed, "mismatch": MismatchParameters()}
    return ChipRun(
        label=f"nominal model of chip {chip}",
        parameters=with_values(experiment.parameters[""], values, "the nominal model"),
        task=experiment.tasks[""],
        seed=experiment.dies(chip)[0],
        input_gain=0.0,
        iterations=settings.iterations,
        further=settings.further,
        fine=settings.fine,
    )


def _chip_run(
    experiment: ChipExperiment,
    name: str,
    chip: int,
    neurons: tuple[NeuronParameters, tuple[NeuronParameters, ...]],
    nominal: Outcomes,
) -> ChipRun:
    """A chip in a situation, with the codes that the nominal model learned.

    neurons: constants of the nominal die, and those of the chip's.
    """
    designed, rows = neurons
    settings, situation = experiment.settings, experiment.settings.situations[name]
    if situation.window_follows:
        rows = tuple(with_window_below_threshold(row, designed) for row in rows)
    values = {"neuron": designed, "rows": rows}
    return ChipRun(
        label=f"chip {chip}, {situation.label}",
        parameters=with_values(experiment.parameters[name], values, f"chip {chip}, {name}"),
        task=experiment.tasks[name],
        seed=experiment.dies(chip)[0],
        input_gain=situation.input_gain,
        new_decoder=situation.new_decoder,
        iterations=settings.iterations,
        further=settings.further,
        fine=settings.fine,
        transferred=nominal[NOMINAL]["codes"],
        refined=nominal[REFINED]["codes"],
    )

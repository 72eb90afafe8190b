"""A chip learns in a closed loop with circuits of its rows; beside it learn two models."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from cosim.cells.die_constants import constants_of, measured_dies
from cosim.comparison.decisions import DecisionCounts, count, decision_table, total
from cosim.experiments.protocol import Work
from cosim.experiments.teaching.settings import TeachingExperiment
from cosim.replay.loops import close_loop
from cosim.replay.open_loop import ReplayResult, RowSettings, Runs
from cosim.workbench.kept_outcomes import KeptOutcomes
from cosim.workbench.output import check_writable
from cosim.workbench.progress import progress_bars
from ebn_model.chip.network import ChipNetwork
from ebn_model.network.evaluation import draw_trial
from ebn_model.network.results import LearnedState
from ebn_model.network.seeds import Purpose
from ebn_model.network.training import History, Training, assess
from ebn_model.parameters import NeuronParameters
from ebn_model.validation import with_values

DIES = "dies.jsonl"
TRIALS = "trials"
"""Folder of the finished trials."""
TEACHERS = {
    "circuits": "circuits of the dies",
    "model": "model of the dies",
    "nominal": "nominal model",
}
"""Teachers of a network, by their names in tables."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """A chip's learning.

    Attributes:
        histories: a checkpoint before the first trial and after each one, by the name of what
            taught the network (TEACHERS).
        codes: what it had learned in the end, LSB, shape (N, N), by the same name.
        decisions: of circuits and their models in each trial, all rows together.
    """

    histories: Mapping[str, History]
    codes: Mapping[str, np.ndarray]
    decisions: list[DecisionCounts]


def give_lessons(experiment: TeachingExperiment, work: Work, runs: Runs = "missing") -> Lessons:
    """Measure the dies, and learn trial by trial; finished trials are kept from run to run.

    runs: which trials are run: those that are not current, all, or none.

    Raises:
        InputError: a die that can't be measured, or no current results and none to be made.
        CosimError: a circuit's run failed, or results can't be written (OutputError).
    """
    check_writable(experiment.results)
    pool = work.placement.local_pool() if runs != "none" else None
    kept = KeptOutcomes(experiment.results / DIES, experiment.name, pool, work.force)
    designed, *rows = _constants(experiment, kept)
    if pool:
        kept.drop_others()
    nominal, chip = (
        ChipNetwork.build(
            with_values(experiment.parameters, {"neuron": designed, "rows": own}, experiment.name),
            experiment.settings.seed,
        )
        for own in ((), rows)
    )
    how = _row_settings(experiment, work, "all" if work.force else runs, rows)
    circuits = _Circuits(experiment, how)
    learned = {
        "circuits": _learn(experiment, chip, circuits),
        "model": _learn(experiment, chip, _by_model),
        "nominal": _learn(experiment, nominal, _by_model),
    }
    return Lessons(
        {name: history for name, (history, _) in learned.items()},
        {name: state.weights for name, (_, state) in learned.items()},
        circuits.decisions,
    )


_Teach = Callable[[ChipNetwork, np.ndarray, int], LearnedState]
"""From a network, the command of a trial and its number to what the network has learned."""


def _learn(
    experiment: TeachingExperiment, network: ChipNetwork, teach: _Teach
) -> tuple[History, LearnedState]:
    history = History.empty()
    for trial, command in enumerate(_commands(experiment), 1):
        if trial == 1:
            history = history.with_checkpoint(_checkpoint(experiment, network, 0))
        network = replace(network, state=teach(network, command, trial))
        history = history.with_checkpoint(_checkpoint(experiment, network, trial))
    return history, network.state


def _commands(experiment: TeachingExperiment) -> Iterator[np.ndarray]:
    """The input of each trial, shape (steps + 1, Nx): that of other trainings with this seed."""
    s = experiment.settings
    for number in range(s.trials):
        trial = draw_trial(experiment.parameters, s.task, s.seed, Purpose.TRIAL, number)
        yield trial.command


def _checkpoint(experiment: TeachingExperiment, network: ChipNetwork, trials: int):
    settings = experiment.settings
    return assess(Training(network, settings.task, settings.seed, trials))


def _by_model(network: ChipNetwork, command: np.ndarray, trial: int) -> LearnedState:
    # Without noise, as there is none in the circuits.
    return network.run(command, learn=True).state


class _Circuits:
    """Teaches by circuits; decisions: of them and their models, in each trial so far."""

    def __init__(self, experiment: TeachingExperiment, how: RowSettings):
        self._settings, self._how = experiment.settings, how
        self.decisions: list[DecisionCounts] = []

    def __call__(self, network: ChipNetwork, command: np.ndarray, trial: int) -> LearnedState:
        settings = self._settings
        assert self._how.cache, "finished trials are kept"
        how = replace(self._how, cache=self._how.cache / f"{trial:03d}")
        with progress_bars() as add_bar:
            show = add_bar(f"trial {trial} of {settings.trials}", [settings.task.duration])
            result, learned = close_loop("teach", network, command, how, partial(show, 0))
        self.decisions.append(_decisions(result, settings.tolerances.dead_band))
        return learned.state


def _decisions(result: ReplayResult, dead_band: float) -> DecisionCounts:
    return total(count(decision_table(case, dead_band)) for case in result.rows.values())


def _constants(experiment: TeachingExperiment, kept: KeptOutcomes) -> list[NeuronParameters]:
    """Measured constants of the nominal die, and then of all rows."""
    settings, dies = experiment.settings, [None, *experiment.dies]
    measured = measured_dies(settings.biases, settings.conditions, dies, kept)
    return [constants_of(measured[die], settings.conditions.of_die(die)) for die in dies]


def _row_settings(
    experiment: TeachingExperiment, work: Work, runs: Runs, rows: list[NeuronParameters]
) -> RowSettings:
    settings = experiment.settings
    return RowSettings(
        settings.view,
        settings.conditions,
        settings.biases,
        settings.first_die,
        placement=work.placement,
        cache=experiment.results / TRIALS,
        runs=runs,
        constants=dict(enumerate(rows)),
        dacs=settings.dacs,
    )

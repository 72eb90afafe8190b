"""One training with all that is measured in it; finished ones are kept, begun ones go on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cosim.experiments.network.final_trial import FinalTrial, final_trial, states_of
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, model_versions, sources_digest
from cosim.workbench.scratch import remove
from cosim.workbench.store import StoredResult
from cosim.workbench.tables import csv_text
from ebn_model.chip.network import BusOverloadWarning, ChipNetwork
from ebn_model.configurations import Parameters, build_network
from ebn_model.lif.network import LifNetwork, UnstableWarning
from ebn_model.network.evaluation import Network, Score, mean_score, validation_scores
from ebn_model.network.fields import CHIP_UNITS
from ebn_model.network.files import load, save, write_spikes
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.training import Checkpoint, History, Training, assess, train

if TYPE_CHECKING:
    # A training doesn't depend on how its experiment's file is read.
    from cosim.experiments.network.settings import NetworkExperiment

TRAINING = "training.h5"
LEARNING_CURVE = "learning_curve.csv"
_NETWORKS = (LifNetwork, ChipNetwork)


@dataclass(frozen=True)
class TrainingRun:
    """A training and its folder."""

    parameters: Parameters
    task: TaskParameters
    iterations: int
    seed: int
    folder: Path

    @cached_property
    def key(self) -> dict:
        """All that the results depend on."""
        return {
            "parameters": digest(to_json(self.parameters.model_dump(mode="json"))),
            "task": digest(to_json(self.task.model_dump(mode="json"))),
            "iterations": self.iterations,
            "seed": self.seed,
            "sources": sources_digest(__name__),
            "versions": model_versions(),
        }

    @cached_property
    def stored(self) -> StoredResult:
        """The results."""
        return StoredResult(self.folder, self.key)

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"training in {self.folder}"

    @property
    def duration(self) -> float:
        """Simulated time of learning, s."""
        return self.iterations * self.task.duration

    @cached_property
    def unfinished(self) -> StoredResult:
        """State kept from checkpoint to checkpoint; a training with another key has its own."""
        name = f"{_begun_name(self.folder)}{digest(to_json(self.key))[:16]}"
        return StoredResult(self.folder.parent / name, self.key)

    def is_current(self) -> bool:
        """True if the folder holds the intact results of just this training."""
        return self.stored.is_current()

    @property
    def record(self) -> dict:
        """Measured numbers: see `run_training`; raises as StoredResult.record."""
        return self.stored.record

    def training(self) -> Training:
        """The finished training; raises as StoredResult.record."""
        return _load(self.stored)


def training_runs(experiment: NetworkExperiment) -> list[TrainingRun]:
    """The trainings of an experiment, in the order of its seeds."""
    settings = experiment.settings
    return [
        TrainingRun(
            parameters=experiment.parameters,
            task=settings.task,
            iterations=settings.iterations,
            seed=seed,
            folder=experiment.runs / f"seed_{seed}",
        )
        for seed in experiment.seeds
    ]


def run_training(run: TrainingRun, notify: Callable[[float | Checkpoint], None]) -> None:
    """Train from the last checkpoint on and write the folder, whole or not at all.

    It gets a record (seed, and the scores of final trial and validation by state, with
    distance and correlation of the learned weights), learning_curve.csv, training.h5, and the
    spikes of the final trial by state.

    Args:
        run: what to do.
        notify: gets the simulated time in s, and each checkpoint as it is taken.

    Raises:
        OutputError: the results can't be written; InputError: a network that can't be.
    """
    with warnings.catch_warnings():
        # A network may run away, before it has learned above all: its rate tells.
        for warning in (UnstableWarning, BusOverloadWarning):
            warnings.simplefilter("ignore", warning)
        training = _trained(run, notify)
        trial = final_trial(training)
        record = _record(run, training, trial)
    with run.stored.writing(record) as folder:
        _save(training, folder / TRAINING)
        curve = csv_text([CURVE_COLUMNS, *curve_rows(training.history)])
        (folder / LEARNING_CURVE).write_text(curve, encoding="utf-8")
        for name, coded in trial.coded.items():
            write_spikes(coded.result, folder / f"spikes_{name}.csv")
    for left in run.folder.parent.glob(f"{_begun_name(run.folder)}*"):
        remove(left)


def _record(run: TrainingRun, training: Training, trial: FinalTrial) -> dict:
    history, network = training.history, training.network
    return {
        "seed": run.seed,
        "final_trial": {name: asdict(coded.score) for name, coded in trial.coded.items()},
        "validation": {
            name: asdict(_validated(replace(network, state=state), run))
            for name, state in states_of(training).items()
        },
        "learned": {
            "distance": float(history.distance[-1]),
            "correlation": float(history.correlation[-1]),
        },
    }


def _validated(network: Network, run: TrainingRun) -> Score:
    return mean_score(validation_scores(network, run.task, run.seed))


CURVE_COLUMNS = tuple(field.name for field in fields(Checkpoint))
"""Columns of a learning curve as CSV."""


def curve_rows(history: History) -> list[list[str]]:
    """A row for each checkpoint, under CURVE_COLUMNS."""
    return [[f"{value:.6g}" for value in astuple(one)] for one in history.checkpoints]


def _trained(run: TrainingRun, notify: Callable[[float | Checkpoint], None]) -> Training:
    """The training with a checkpoint at its end."""
    training = _begun(run)
    for checkpoint in training.history.checkpoints:
        notify(checkpoint)
    while training.iteration < run.iterations:
        more = min(run.task.checkpoint, run.iterations - training.iteration)
        training = train(training, more, notify, _Shifted(notify, training))
        with run.unfinished.writing() as folder:
            _save(training, folder / TRAINING)
    last = assess(training)
    notify(last)
    return replace(training, history=training.history.with_checkpoint(last))


class _Shifted:
    """Passes simulated times on, counted from the first trial of a training that goes on."""

    def __init__(self, notify: Callable[[float], None], training: Training):
        self._notify, self._start = notify, training.iteration * training.task.duration

    def __call__(self, time: float) -> None:
        self._notify(self._start + time)


def _begun(run: TrainingRun) -> Training:
    """The training as the last process left it, or its start."""
    if run.unfinished.is_current():
        return _load(run.unfinished)
    return Training(build_network(run.parameters, run.seed), run.task, run.seed)


def _begun_name(folder: Path) -> str:
    """Beginning of the names of folders of unfinished trainings."""
    return f".begun-{folder.name}-"


def _load(stored: StoredResult) -> Training:
    return load(stored.checked() / TRAINING, Training, _NETWORKS)


def _save(training: Training, path: Path) -> None:
    chip = isinstance(training.network, ChipNetwork)
    save(training, path, CHIP_UNITS if chip else None)

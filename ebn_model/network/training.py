"""Training: trials with learning, and on the way the error and the distance to optimal weights."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace

import numpy as np

from ebn_model.errors import InputError
from ebn_model.network.evaluation import Network, draw_trial, mean_score, validation_scores
from ebn_model.network.metrics import distance_to_optimal, weight_correlation
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.seeds import Purpose


@dataclass(frozen=True)
class Checkpoint:
    """A network after some iterations.

    Attributes:
        iteration: trials learned from so far.
        decoding_error, unscaled_error, rate: see evaluation.Score.
        distance, correlation: of its weights from the optimal ones (metrics).
    """

    iteration: int
    decoding_error: float
    unscaled_error: float
    rate: float
    distance: float
    correlation: float


@dataclass(frozen=True, eq=False)
class History:
    """The checkpoints of a training; each attribute as in Checkpoint, of shape (checkpoints,)."""

    iteration: np.ndarray
    decoding_error: np.ndarray
    unscaled_error: np.ndarray
    rate: np.ndarray
    distance: np.ndarray
    correlation: np.ndarray

    @classmethod
    def empty(cls) -> "History":
        """No checkpoint yet."""
        return cls(np.empty(0, dtype=int), *(np.empty(0) for _ in fields(cls)[1:]))

    @property
    def checkpoints(self) -> list[Checkpoint]:
        """The checkpoints one by one, with Python's numbers."""
        columns = (getattr(self, field.name).tolist() for field in fields(self))
        return [Checkpoint(*row) for row in zip(*columns, strict=True)]

    def with_checkpoint(self, checkpoint: Checkpoint) -> "History":
        """The history with one more checkpoint at its end."""
        return History(
            **{
                name: np.append(getattr(self, name), value)
                for name, value in asdict(checkpoint).items()
            }
        )


@dataclass(frozen=True, eq=False)
class Training:
    """A network on its way.

    Attributes:
        network: with what it has learned so far as its state.
        task, seed: where the trials come from. iteration: trials learned from so far.
        history: one checkpoint every `task.checkpoint` iterations, taken before the iteration.
    """

    network: Network
    task: TaskParameters
    seed: int
    iteration: int = 0
    history: History = field(default_factory=History.empty)


def train(
    training: Training,
    iterations: int,
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Training:
    """Learn from the next trials; the same as one training of all of them.

    Args:
        training: where to go on.
        iterations: how many more.
        on_checkpoint: gets each checkpoint as it is taken.
        on_progress: gets the simulated time of learning in s, from the start of this call.

    Raises:
        InputError: iterations is negative.
    """
    if iterations < 0:
        raise InputError(f"iterations = {iterations} must not be negative")
    started = training.iteration
    while training.iteration < started + iterations:
        if training.iteration % training.task.checkpoint == 0:
            checkpoint = assess(training)
            training = replace(training, history=training.history.with_checkpoint(checkpoint))
            if on_checkpoint:
                on_checkpoint(checkpoint)
        training = _learned_once(training)
        if on_progress:
            on_progress((training.iteration - started) * training.task.duration)
    return training


def assess(training: Training) -> Checkpoint:
    """The checkpoint of a training where it stands."""
    network = training.network
    scored = mean_score(validation_scores(network, training.task, training.seed))
    weights, optimal = network.state.weights, network.optimal_state.weights
    return Checkpoint(
        iteration=training.iteration,
        decoding_error=scored.decoding_error,
        unscaled_error=scored.unscaled_error,
        rate=scored.rate,
        distance=distance_to_optimal(weights, optimal),
        correlation=weight_correlation(weights, optimal),
    )


def _learned_once(training: Training) -> Training:
    network, task = training.network, training.task
    trial = draw_trial(network.parameters, task, training.seed, Purpose.TRIAL, training.iteration)
    result = network.run(trial.command, learn=True, seed=trial.seed)
    return replace(
        training,
        network=replace(network, state=result.state),
        iteration=training.iteration + 1,
    )

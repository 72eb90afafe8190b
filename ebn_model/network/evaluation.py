"""Scores of a network: trials with inputs of a task, and numbers that say how well it codes."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol, TypeVar

import numpy as np

from ebn_model.network.balance import balance, input_currents
from ebn_model.network.decoding import (
    fit_scales,
    reconstruct,
    relative_variance,
    represented,
    unscaled_error,
)
from ebn_model.network.inputs import on_grid, smoothed_noise
from ebn_model.network.metrics import interval_variation, mean_rate
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.results import LearnedState, NetworkResult
from ebn_model.network.seeds import Purpose, derived_seed, generator


class Network(Protocol):
    """A network that is trained and scored, whatever its dynamics; a frozen dataclass.

    Attributes:
        parameters: NetworkParameters or others with the same inputs, neurons, time constants and
            decoder.
        decoder: D, shape (Nx, N).
        state: what learning changes. optimal_state: the one that is programmed instead.
        synaptic_weights: those of the state in weight units of the paper's network, shape (N, N).
    """

    parameters: Any
    decoder: np.ndarray
    state: LearnedState

    @property
    def optimal_state(self) -> LearnedState: ...  # noqa: D102

    @property
    def synaptic_weights(self) -> np.ndarray: ...  # noqa: D102

    def run(  # noqa: D102
        self, command: np.ndarray, *, learn: bool = False, seed: int | None = None
    ) -> NetworkResult: ...


@dataclass(frozen=True, eq=False)
class Trial:
    """One input.

    Attributes:
        samples: as drawn, shape (T, Nx). command: on the grid of steps, shape (T + 1, Nx).
        seed: of the network's noise in this trial.
    """

    samples: np.ndarray
    command: np.ndarray
    seed: int


def draw_trial(
    parameters, task: TaskParameters, seed: int, purpose: Purpose, index: int = 0
) -> Trial:
    """The trial number `index` of a purpose; the same arguments give the same trial.

    parameters: of the network; takes inputs and dt.
    """
    stream = generator(seed, purpose, index)
    samples = smoothed_noise(task, parameters.inputs, parameters.dt, stream)
    return Trial(
        samples=samples,
        command=on_grid(samples, task.duration, parameters.dt),
        seed=derived_seed(seed, Purpose.NOISE, purpose, index),
    )


@dataclass(frozen=True)
class Score:
    """One trial, or the mean over several.

    Attributes:
        decoding_error: in the formula that the network's own DecoderParameters state.
        paper_error: decoding error in the paper's formula: scales applied transposed, the input
            itself as the target.
        fitted_error: with scales applied as they were fitted; the same target.
        filtered_error: as `fitted_error`, with the input filtered by the decoder as the target:
            what the network can represent.
        unscaled_error: of the output without scales, against the same filtered input.
        rate: spikes per neuron and second, Hz.
    """

    decoding_error: float
    paper_error: float
    fitted_error: float
    filtered_error: float
    unscaled_error: float
    rate: float


QUANTITIES = tuple(field.name for field in fields(Score))[1:]
"""Names of all that is reported of a Score; its decoding_error is one of the others as a rule."""


@dataclass(frozen=True)
class DetailedScore(Score):
    """A Score with the way in which the neurons fire; None where too few spikes tell.

    Attributes:
        spikes: of all neurons.
        interval_variation: mean coefficient of variation of the inter-spike intervals.
        balance: mean correlation of a neuron's excitation and inhibition (balance.py).
        lag: median s by which inhibition trails excitation.
    """

    spikes: float
    interval_variation: float | None
    balance: float | None
    lag: float | None


AnyScore = TypeVar("AnyScore", bound=Score)
Measure = Callable[[Network, NetworkResult, Trial, TaskParameters], AnyScore]
"""Scores a network's run of a trial: `score` or `detailed_score`."""


def score(network: Network, result: NetworkResult, trial: Trial, task: TaskParameters) -> Score:
    """Score a network's run of a trial."""
    p, samples = network.parameters, len(trial.samples)
    output, variable = result.output[:samples], represented(trial.command, p)[:samples]
    errors = {}
    for name, target in (("command", trial.samples / task.amplitude), ("filtered", variable)):
        scales = fit_scales(output, target)
        for orientation in ("paper", "fitted"):
            residual = target - reconstruct(output, scales, orientation)
            errors[orientation, name] = relative_variance(residual, target)
    return Score(
        decoding_error=errors[p.decoder.orientation, p.decoder.target],
        paper_error=errors["paper", "command"],
        fitted_error=errors["fitted", "command"],
        filtered_error=errors["fitted", "filtered"],
        unscaled_error=unscaled_error(output, variable),
        rate=mean_rate(result.spike_times, p.neurons, result.duration),
    )


def detailed_score(
    network: Network, result: NetworkResult, trial: Trial, task: TaskParameters
) -> DetailedScore:
    """The same with the way in which the neurons fire, which takes ten times as long."""
    p, spikes = network.parameters, (result.spike_times, result.spike_neurons)
    weights = network.synaptic_weights
    balanced = balance(input_currents(trial.command, *spikes, weights, network.decoder, p), p)
    return DetailedScore(
        **asdict(score(network, result, trial, task)),
        spikes=len(result.spike_times),
        interval_variation=_of_known(np.mean, interval_variation(*spikes, p.neurons)),
        balance=_of_known(np.mean, balanced.correlation),
        lag=_of_known(np.median, balanced.lag),
    )


def mean_score(scores: Sequence[AnyScore]) -> AnyScore:
    """Mean of each number over several scores; of those that are known where some are None."""
    kind = type(scores[0])
    columns = {field.name: [getattr(one, field.name) for one in scores] for field in fields(kind)}
    known = {name: [v for v in values if v is not None] for name, values in columns.items()}
    return kind(**{name: float(np.mean(vs)) if vs else None for name, vs in known.items()})


def validation_scores(
    network: Network, task: TaskParameters, seed: int, measure: Measure[AnyScore] = score
) -> list[AnyScore]:
    """A score for each of `task.validation` trials without learning, always the same for a seed."""
    scores = []
    for index in range(task.validation):
        trial = draw_trial(network.parameters, task, seed, Purpose.VALIDATION, index)
        result = network.run(trial.command, seed=trial.seed)
        scores.append(measure(network, result, trial, task))
    return scores


def _of_known(statistic: Callable, values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(statistic(known)) if len(known) else None

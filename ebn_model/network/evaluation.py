"""How well a network codes: trials with inputs of a task, and what is scored in them."""

from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np

from ebn_model.network.decoding import (
    decoding_error,
    decoding_target,
    represented,
    unscaled_error,
)
from ebn_model.network.inputs import on_grid, smoothed_noise
from ebn_model.network.metrics import mean_rate
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.results import LearnedState, NetworkResult
from ebn_model.network.seeds import Purpose, derived_seed, generator


class Network(Protocol):
    """What is trained and scored, whatever its dynamics; a frozen dataclass.

    Attributes:
        parameters: NetworkParameters or others with the same inputs, neurons, dt, tau_out, decoder.
        state: what learning changes. optimal_state: the one that is programmed instead.
    """

    parameters: Any
    state: LearnedState

    @property
    def optimal_state(self) -> LearnedState: ...  # noqa: D102

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


@dataclass(frozen=True)
class Score:
    """What one or several trials amount to.

    Attributes:
        decoding_error: of the output with fitted scales (decoding.decoding_error).
        unscaled_error: of the output as it is (decoding.unscaled_error).
        rate: spikes per neuron and second, Hz.
    """

    decoding_error: float
    unscaled_error: float
    rate: float


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


def score(result: NetworkResult, trial: Trial, parameters, task: TaskParameters) -> Score:
    """Score a run of a trial; parameters: of the network that ran it."""
    target = decoding_target(trial.samples, parameters, task)
    output = result.output[: len(target)]
    variable = represented(trial.command, parameters)[: len(target)]
    return Score(
        decoding_error=decoding_error(output, target, parameters.decoder.orientation),
        unscaled_error=unscaled_error(output, variable),
        rate=mean_rate(result.spike_times, parameters.neurons, result.duration),
    )


def validate(network: Network, task: TaskParameters, seed: int) -> Score:
    """Mean score of `task.validation` trials without learning; a seed's are always the same."""
    scores = []
    for index in range(task.validation):
        trial = draw_trial(network.parameters, task, seed, Purpose.VALIDATION, index)
        result = network.run(trial.command, seed=trial.seed)
        scores.append(score(result, trial, network.parameters, task))
    return Score(
        **{f.name: float(np.mean([getattr(s, f.name) for s in scores])) for f in fields(Score)}
    )

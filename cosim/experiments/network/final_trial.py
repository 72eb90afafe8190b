"""The trial at the end of a training: what its network codes before, after, and at its best."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ebn_model.configurations import build_network
from ebn_model.network.decoding import decoding_target, fit_scales, reconstruct
from ebn_model.network.evaluation import DetailedScore, detailed_score, draw_trial
from ebn_model.network.results import LearnedState, NetworkResult
from ebn_model.network.seeds import Purpose
from ebn_model.network.training import Training

State = Literal["initial", "optimal", "learned"]
STATES: tuple[State, ...] = get_args(State)
"""Weights before the training, those that are programmed instead, and those after it."""


@dataclass(frozen=True, eq=False)
class Coded:
    """A network's answer to the final trial.

    Attributes:
        state: its weights and resets. result: the run.
        reconstruction: the scaled output, shape (T, Nx), as the parameters' decoder has it.
        score: of the run.
    """

    state: LearnedState
    result: NetworkResult
    reconstruction: np.ndarray
    score: DetailedScore


@dataclass(frozen=True, eq=False)
class FinalTrial:
    """The final trial.

    Attributes:
        time: s, shape (T,). target: what is to be decoded, shape (T, Nx).
        coded: by state, see STATES.
    """

    time: np.ndarray
    target: np.ndarray
    coded: dict[str, Coded]


def states_of(training: Training) -> dict[str, LearnedState]:
    """The states that are compared, by name."""
    network = training.network
    initial = build_network(network.parameters, training.seed).state
    return dict(zip(STATES, (initial, network.optimal_state, network.state), strict=True))


def final_trial(training: Training) -> FinalTrial:
    """Run the same new input through a trained network in each of its states."""
    task, parameters = training.task, training.network.parameters
    trial = draw_trial(parameters, task, training.seed, Purpose.TEST)
    target = decoding_target(trial.samples, parameters, task)

    def coded(state: LearnedState) -> Coded:
        network = replace(training.network, state=state)
        result = network.run(trial.command, seed=trial.seed)
        output = result.output[: len(target)]
        scales = fit_scales(output, target)
        return Coded(
            state=state,
            result=result,
            reconstruction=reconstruct(output, scales, parameters.decoder.orientation),
            score=detailed_score(network, result, trial, task),
        )

    return FinalTrial(
        time=np.arange(len(target)) * parameters.dt,
        target=target,
        coded={name: coded(state) for name, state in states_of(training).items()},
    )

"""Gain and decoder that a chip's read-out can learn from trials of known input."""

from dataclasses import dataclass

import numpy as np

from ebn_model.network.decoding import (
    decode,
    fit_gain,
    learn_decoder,
    represented,
    step_of,
    unscaled_error,
)
from ebn_model.network.evaluation import Network, Trial, draw_trial
from ebn_model.network.parameters import TaskParameters
from ebn_model.network.results import NetworkResult
from ebn_model.network.seeds import Purpose

KNOWN_TRIALS = 3
LEARNING_TIME = 1.0
"""Of a decoder that learns, s, see step_of. Chosen on one chip, dies 500 to 519: with 0.3 s the
decoder forgets what it learned before, with 3 s it is no better."""


@dataclass(frozen=True, eq=False)
class Readout:
    """A read-out that knows the input of some trials, and nothing of the dies.

    Attributes:
        error: unscaled error in these trials with the read-out as designed.
        gain: the one gain for all of its output with which that is nearest to the inputs.
        decoder: as the delta rule leaves the designed one, shape (Nx, N).
    """

    error: float
    gain: float
    decoder: np.ndarray


def known_readout(chip: Network, task: TaskParameters, seed: int, first: int) -> Readout:
    """The read-out of a chip after KNOWN_TRIALS trials, from the one numbered `first` on."""
    outputs, variables, rates = [], [], []
    for number in range(first, first + KNOWN_TRIALS):
        trial = draw_trial(chip.parameters, task, seed, Purpose.TRIAL, number)
        result = chip.run(trial.command, seed=trial.seed)
        outputs.append(result.output[: len(trial.samples)])
        rates.append(output_of(chip, result, trial, np.eye(chip.parameters.neurons)))
        variables.append(variable_of(chip, trial))
    errors = [unscaled_error(*pair) for pair in zip(outputs, variables, strict=True)]
    step = step_of(LEARNING_TIME, np.concatenate(rates), chip.parameters.dt)
    decoder = chip.decoder
    for of_trial, variable in zip(rates, variables, strict=True):
        decoder = learn_decoder(decoder, of_trial, variable, step)
    return Readout(float(np.mean(errors)), fit_gain(outputs, variables), decoder)


def output_of(
    chip: Network, result: NetworkResult, trial: Trial, decoder: np.ndarray
) -> np.ndarray:
    """Output of a trial with another decoder, shape (Nx, N), than the chip's; shape (T, Nx)."""
    spikes, steps = (result.spike_times, result.spike_neurons), len(trial.command) - 1
    return decode(*spikes, decoder, chip.parameters, steps)[: len(trial.samples)]


def variable_of(chip: Network, trial: Trial) -> np.ndarray:
    """The variable that the output of a trial stands for, shape (T, Nx)."""
    return represented(trial.command, chip.parameters)[: len(trial.samples)]

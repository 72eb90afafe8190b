"""How the whole network codes with the codes that a row circuit or a model has learned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from ebn_model.chip.mapping import weights_of_codes
from ebn_model.chip.network import HardwareNetwork, hardware_state
from ebn_model.errors import InputError
from ebn_model.network.balance import balance, input_currents
from ebn_model.network.evaluation import Trial, draw_trial, score
from ebn_model.network.parameters import DecoderParameters, TaskParameters
from ebn_model.network.seeds import Purpose
from ebn_model.row import RowResult, RowStimulus

_PAPER = DecoderParameters()
"""Scales applied transposed and the input itself as the target, as in the paper's code."""


@dataclass(frozen=True)
class NetworkScore:
    """Means over validation trials without learning.

    Attributes:
        decoding_error, unscaled_error, rate: see ebn_model.network.evaluation.Score.
        paper_error: the decoding error in the paper's formula.
        correlation: of each neuron's excitation and inhibition, mean over neurons (balance.py).
        lag: s by which inhibition trails excitation, median over neurons.
    """

    decoding_error: float
    unscaled_error: float
    rate: float
    paper_error: float
    correlation: float
    lag: float


def network_scores(
    network: HardwareNetwork, codes: Mapping[str, np.ndarray], task: TaskParameters, seed: int
) -> dict[str, NetworkScore]:
    """Score the network with each of several sets of codes, LSB, shape (N, N), by name.

    All get the same trials: those of `seed`.
    """
    return {name: network_score(network, these, task, seed) for name, these in codes.items()}


def network_score(
    network: HardwareNetwork, codes: np.ndarray, task: TaskParameters, seed: int
) -> NetworkScore:
    """Score the network with codes in LSB, shape (N, N), on the validation trials of a seed.

    Raises:
        InputError: codes of another shape, or that can't be stored.
    """
    programmed = replace(network, state=hardware_state(codes, network.parameters))
    trials = (
        draw_trial(network.parameters, task, seed, Purpose.VALIDATION, index)
        for index in range(task.validation)
    )
    scores = [_trial_score(programmed, trial, task) for trial in trials]
    return NetworkScore(
        **{
            f.name: _of_finite(np.mean, [getattr(s, f.name) for s in scores])
            for f in fields(NetworkScore)
        }
    )


def codes_of_rows(
    codes: np.ndarray, results: Mapping[int, RowResult], stimuli: Mapping[int, RowStimulus]
) -> np.ndarray:
    """The network's codes, LSB, shape (N, N), with the final ones of some rows.

    Args:
        codes: of the other rows and synapses.
        results, stimuli: by the number of the row's neuron.

    Raises:
        InputError: a row that the network doesn't have, or one without a stimulus.
    """
    filled = np.array(codes, dtype=float)
    for row, result in results.items():
        if row not in range(len(filled)) or row not in stimuli:
            raise InputError(f"row {row} is not one of the {len(filled)} rows with a stimulus")
        filled[row, stimuli[row].synapses] = result.final_codes
    return filled


def _trial_score(network: HardwareNetwork, trial: Trial, task: TaskParameters) -> NetworkScore:
    p, codes = network.parameters, network.state.weights
    result = network.run(trial.command, seed=trial.seed)
    judged = score(result, trial, p, task)
    as_paper = score(result, trial, p.model_copy(update={"decoder": _PAPER}), task)
    currents = input_currents(
        trial.command,
        result.spike_times,
        result.spike_neurons,
        weights_of_codes(codes, p),
        network.decoder,
        p,
    )
    balanced = balance(currents, p)
    return NetworkScore(
        decoding_error=judged.decoding_error,
        unscaled_error=judged.unscaled_error,
        rate=judged.rate,
        paper_error=as_paper.decoding_error,
        correlation=_of_finite(np.mean, balanced.correlation),
        lag=_of_finite(np.median, balanced.lag),
    )


def _of_finite(statistic: Callable, values: Sequence[float] | np.ndarray) -> float:
    """A statistic of those values that are finite; NaN where none is."""
    finite = np.asarray(values)[np.isfinite(values)]
    return float(statistic(finite)) if finite.size else np.nan

"""What a network's answer to a trial is worth, in every formula that is in use."""

from dataclasses import dataclass, fields

import numpy as np

from ebn_model.chip.mapping import weights_of_codes
from ebn_model.chip.parameters import HardwareParameters
from ebn_model.network.balance import balance, input_currents
from ebn_model.network.decoding import decoding_error, decoding_target, represented, unscaled_error
from ebn_model.network.evaluation import Trial, draw_trial
from ebn_model.network.metrics import interval_variation, mean_rate
from ebn_model.network.parameters import DecoderParameters, TaskParameters
from ebn_model.network.results import NetworkResult
from ebn_model.network.seeds import Purpose

_PAPER = DecoderParameters(orientation="paper", target="command")
_FITTED = DecoderParameters(orientation="fitted", target="command")
_FILTERED = DecoderParameters(orientation="fitted", target="filtered")


@dataclass(frozen=True)
class Judgement:
    """One trial, or the mean over several.

    Attributes:
        paper_error: decoding error in the paper's formula: scales applied transposed, the input
            itself as the target.
        fitted_error: scales applied as they were fitted; the same target.
        filtered_error: as `fitted_error`, the input filtered by the decoder as the target: what
            the network can represent.
        unscaled_error: of the output without scales, against the same filtered input.
        rate: spikes per neuron and second, Hz.
    """

    paper_error: float
    fitted_error: float
    filtered_error: float
    unscaled_error: float
    rate: float


def judge(result: NetworkResult, trial: Trial, parameters, task: TaskParameters) -> Judgement:
    """Judge a run of a trial; parameters: of the network that ran it."""

    def error(decoder: DecoderParameters) -> float:
        scored = parameters.model_copy(update={"decoder": decoder})
        target = decoding_target(trial.samples, scored, task)
        return decoding_error(result.output[: len(target)], target, decoder.orientation)

    samples = len(trial.samples)
    variable = represented(trial.command, parameters)[:samples]
    return Judgement(
        paper_error=error(_PAPER),
        fitted_error=error(_FITTED),
        filtered_error=error(_FILTERED),
        unscaled_error=unscaled_error(result.output[:samples], variable),
        rate=mean_rate(result.spike_times, parameters.neurons, result.duration),
    )


def judge_validation(network, task: TaskParameters, seed: int) -> Judgement:
    """Mean over the validation trials of a seed, without learning; LifNetwork, HardwareNetwork."""
    judgements = []
    for index in range(task.validation):
        trial = draw_trial(network.parameters, task, seed, Purpose.VALIDATION, index)
        result = network.run(trial.command, seed=trial.seed)
        judgements.append(judge(result, trial, network.parameters, task))
    return Judgement(
        **{
            f.name: float(np.mean([getattr(j, f.name) for j in judgements]))
            for f in fields(Judgement)
        }
    )


@dataclass(frozen=True)
class Firing:
    """How the neurons fire in one trial; None where no neuron has enough spikes to tell.

    Attributes:
        spikes: of all neurons.
        interval_variation: mean coefficient of variation of the inter-spike intervals.
        balance: mean correlation of a neuron's excitation and inhibition (balance.py).
        lag: median s by which inhibition trails excitation.
    """

    spikes: int
    interval_variation: float | None
    balance: float | None
    lag: float | None


def firing(network, result: NetworkResult, trial: Trial) -> Firing:
    """How a network (LifNetwork or HardwareNetwork) fired in its run of a trial."""
    p, weights = network.parameters, network.state.weights
    if isinstance(p, HardwareParameters):
        weights = weights_of_codes(weights, p)
    spikes = result.spike_times, result.spike_neurons
    balanced = balance(input_currents(trial.command, *spikes, weights, network.decoder, p), p)
    return Firing(
        spikes=len(result.spike_times),
        interval_variation=_of_known(np.mean, interval_variation(*spikes, p.neurons)),
        balance=_of_known(np.mean, balanced.correlation),
        lag=_of_known(np.median, balanced.lag),
    )


def _of_known(statistic, values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(statistic(known)) if len(known) else None

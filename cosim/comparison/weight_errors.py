"""Weights of two runs of the same row: how far they are apart over time, and in the end."""

from dataclasses import dataclass

import numpy as np

from cosim.comparison.row_case import RowComparisonInput
from ebn_model.results import weight_steps
from ebn_model.row import RowResult, RowStimulus


@dataclass(frozen=True, eq=False)
class WeightErrors:
    """Differences of the weights over the whole run; arrays of shape (M,), LSB.

    Attributes:
        mean_abs: mean size, weighted with time. greatest: size.
        final_circuit, final_model: weights after the run.
    """

    mean_abs: np.ndarray
    greatest: np.ndarray
    final_circuit: np.ndarray
    final_model: np.ndarray


def weight_errors(case: RowComparisonInput) -> WeightErrors:
    """Compare the weights of a row's circuit and model, synapse by synapse."""
    stretches = [_differences(case, index) for index in range(len(case.stimulus.synapses))]
    duration = case.stimulus.duration
    return WeightErrors(
        mean_abs=np.array([np.sum(abs(d) * length) for d, length in stretches]) / duration,
        greatest=np.array([abs(d).max() for d, _ in stretches]),
        final_circuit=np.asarray(case.circuit.final_codes),
        final_model=np.asarray(case.model.final_codes),
    )


def weight_over_time(
    run: RowResult, stimulus: RowStimulus, index: int, time: np.ndarray
) -> np.ndarray:
    """Weight in LSB of the synapse stimulus.synapses[index] at each time in s; shape of `time`."""
    own = run.events.of(stimulus.synapses[index])
    return weight_steps(time, own, stimulus.start_codes[index])


def difference_over_time(case: RowComparisonInput, index: int, time: np.ndarray) -> np.ndarray:
    """Circuit's weight minus the model's, LSB; arguments as for `weight_over_time`."""
    circuit, model = (
        weight_over_time(run, case.stimulus, index, time) for run in (case.circuit, case.model)
    )
    return circuit - model


def final_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation of final weights, -1 to 1, shape (synapses,) each.

    Equal weights have the correlation 1, whatever they are; 0 where just one is constant.
    """
    if np.array_equal(first, second):
        return 1.0
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _differences(case: RowComparisonInput, index: int) -> tuple[np.ndarray, np.ndarray]:
    """Circuit minus model, LSB, between the steps of either, and how long each lasts, s."""
    pre = case.stimulus.synapses[index]
    falls = np.concatenate([run.events.of(pre).t_fall for run in (case.circuit, case.model)])
    starts = np.unique(np.append(falls[np.isfinite(falls)], 0.0))
    lengths = np.diff(np.append(starts, case.stimulus.duration))
    return difference_over_time(case, index, starts), lengths

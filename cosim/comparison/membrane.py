"""Membrane and own spikes of two runs of the same row."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from cosim.comparison.row_case import RowComparisonInput
from cosim.comparison.spikes import waveform_rms
from cosim.comparison.tolerances import ReplayTolerances
from ebn_model.errors import InputError
from ebn_model.row import RowResult


@dataclass(frozen=True)
class SpikeMatch:
    """Two spike trains, matched one to one.

    Attributes:
        matched: number of pairs. first, second: spikes of either train.
        shift: mean of the pairs' time differences, second - first, s; NaN without a pair.
        jitter: their RMS, s; NaN without a pair.
    """

    matched: int
    first: int
    second: int
    shift: float
    jitter: float

    @property
    def f1(self) -> float:
        """2*matched/(first + second), 0 to 1; 1 where neither train has a spike."""
        return f1_of([self])


def f1_of(matches: Iterable[SpikeMatch]) -> float:
    """F1 of several pairs of trains together, as SpikeMatch.f1 of one."""
    matched = spikes = 0
    for one in matches:
        matched += one.matched
        spikes += one.first + one.second
    return 2 * matched / spikes if spikes else 1.0


def match_spikes(first: np.ndarray, second: np.ndarray, window: float = 2e-3) -> SpikeMatch:
    """Match as many spikes as possible that are within `window` (s), and of those the closest.

    Args:
        first: times, s, shape (spikes,).
        second: times, s, shape (other spikes,).

    Raises:
        InputError: the window is not positive.
    """
    if not window > 0:
        raise InputError(f"window = {window:g} s must be positive")
    differences = np.subtract.outer(-np.asarray(first), -np.asarray(second))
    near = abs(differences) <= window
    # One pair that is too far apart costs more than all that aren't.
    cost = np.where(near, abs(differences), window * (1 + min(differences.shape)))
    pairs = linear_sum_assignment(cost)
    matched = differences[pairs][near[pairs]]
    return SpikeMatch(
        matched=len(matched),
        first=len(first),
        second=len(second),
        shift=float(np.mean(matched)) if len(matched) else np.nan,
        jitter=float(np.sqrt(np.mean(matched**2))) if len(matched) else np.nan,
    )


@dataclass(frozen=True)
class MembraneComparison:
    """One neuron.

    Attributes:
        i_mem_rms: RMS difference over time, A; None where a run has no waveform.
        i_mem_alike_rms: the same until the first different decision, or the first spike that was
            not forced, without the falls after own spikes; None, too, where nothing is left then.
        spikes: its own, the circuit's matched with the model's.
    """

    i_mem_rms: float | None
    i_mem_alike_rms: float | None
    spikes: SpikeMatch


def compare_membranes(
    case: RowComparisonInput, tolerances: ReplayTolerances, alike_until: float
) -> MembraneComparison:
    """Compare membrane and own spikes of a row's circuit and model.

    alike_until: time in s of the first different decision.
    """
    circuit, model = case.circuit, case.model
    whole = len(circuit.time) > 0 and len(model.time) > 0
    own = [] if case.stimulus.forced_spikes is not None else [circuit, model]
    # Neurons that spike by themselves don't do so, and fall, at exactly the same time.
    until = min([alike_until, *(time for run in own for time in run.output_spikes)])
    return MembraneComparison(
        i_mem_rms=waveform_rms(circuit, model) if whole else None,
        i_mem_alike_rms=_alike_rms(circuit, model, until, tolerances.reset) if whole else None,
        spikes=match_spikes(circuit.output_spikes, model.output_spikes, tolerances.spike_window),
    )


def _alike_rms(circuit: RowResult, model: RowResult, until: float, reset: float) -> float | None:
    """Without the circuit's falls, of `reset` (s) each, which the model makes at once.

    A few of them in a short time would hide all else.
    """
    spikes = circuit.output_spikes
    # Stored points may lie farther apart than a fall takes: its line begins at the one before.
    starts = [
        run.time[np.maximum(np.searchsorted(run.time, spikes, side="right") - 1, 0)]
        for run in (circuit, model)
    ]
    falls = zip(np.minimum(*starts), spikes + reset, strict=True)
    return waveform_rms(circuit, model, until, falls)

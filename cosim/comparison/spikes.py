"""Two runs of the same stimulus, compared spike by spike and along their waveforms."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cosim.comparison.row_case import Rule
from ebn_model.errors import InputError
from ebn_model.results import LearningResult, SpikeTable, turning_points
from ebn_model.row import RowResult

Run = LearningResult | RowResult

_SAME_TIME = 1e-6
"""Rising edges that differ by no more than this, in s, belong to the same spike."""
UNTIL = "until the first different decision"
"""End of the comparison of I_mem, since different weights set it apart from then on."""


@dataclass(frozen=True)
class Comparison:
    """Agreement of two runs, over the spikes and the time that both have.

    turning_points, reference_turning_points: weights at which the run and its reference turn.
    spikes: how many were compared.
    equal_decisions, equal_weights: at how many of them decision and new weight agree.
    first_difference: index of the first spike where decision or new weight differs, or None.
    i_mem_rise_rms: RMS difference of I_mem at the rising edges, A.
    i_mem_rms: RMS difference of the waveforms over time, A; None where one has no waveform.
    i_mem_alike_rms: the same until the first difference takes effect, at the end of its pulse: from
        there on I_mem differs by what the weights do, and says nothing of the membrane. None, too,
        where that is at once.
    """

    turning_points: list[int]
    reference_turning_points: list[int]
    spikes: int
    equal_decisions: int
    equal_weights: int
    first_difference: int | None
    i_mem_rise_rms: float
    i_mem_rms: float | None
    i_mem_alike_rms: float | None

    @property
    def decision_agreement(self) -> float:
        """Share of equal decisions, 0 to 1."""
        return self.equal_decisions / self.spikes


def compare(run: LearningResult, reference: LearningResult | SpikeTable) -> Comparison:
    """Compare a run with another, or with a table of spikes alone.

    Raises:
        InputError: no spikes in common, or spikes at different times.
    """
    whole = reference if isinstance(reference, LearningResult) else None
    a, b = run.spikes, reference if isinstance(reference, SpikeTable) else reference.spikes
    common = slice(min(len(a), len(b)))
    if not same_spikes(a, b):
        raise InputError("runs of different stimuli can't be compared spike by spike")
    decisions = a.decision[common] == b.decision[common]
    weights = a.weight_after[common] == b.weight_after[common]
    different = np.flatnonzero(~(decisions & weights))
    first = int(different[0]) if different.size else None
    rise_difference = a.i_mem_rise[common] - b.i_mem_rise[common]
    return Comparison(
        turning_points=turning_points(weight_sequence(a)),
        reference_turning_points=turning_points(weight_sequence(b)),
        spikes=len(decisions),
        equal_decisions=int(decisions.sum()),
        equal_weights=int(weights.sum()),
        first_difference=first,
        i_mem_rise_rms=float(np.sqrt(np.mean(rise_difference**2))),
        i_mem_rms=waveform_rms(run, whole) if whole else None,
        i_mem_alike_rms=_alike_rms(run, whole, first) if whole else None,
    )


def _alike_rms(run: LearningResult, reference: LearningResult, first: int | None) -> float | None:
    """RMS difference of I_mem in A until the spike of index `first` ends; over all for None."""
    fall = np.inf if first is None else reference.spikes.t_fall[first]
    # The last pulse may have no end within the run.
    return waveform_rms(run, reference, np.inf if np.isnan(fall) else float(fall))


def same_spikes(a: SpikeTable, b: SpikeTable) -> bool:
    """True if two tables begin with the same spikes, at least one, as far as both go."""
    common = slice(min(len(a), len(b)))
    distance = abs(a.t_rise[common] - b.t_rise[common])
    return distance.size > 0 and bool((distance <= _SAME_TIME).all())


def weight_sequence(spikes: SpikeTable) -> np.ndarray:
    """The weight before each spike and after the last, LSB, shape (spikes + 1,)."""
    return np.append(spikes.weight_before, spikes.weight_after[-1])


def waveform_rms(
    a: Run, b: Run, until: float = np.inf, left_out: Iterable[tuple[float, float]] = ()
) -> float | None:
    """RMS difference of I_mem in A over the time that both cover, until a time in s at most.

    Both are taken as straight lines between their points, and integrated exactly.

    left_out: spans of time, start and end in s, that don't count; None where no time is left.
    """
    start, stop = max(a.time[0], b.time[0]), min(a.time[-1], b.time[-1], until)
    spans = np.reshape(list(left_out), (-1, 2))
    time = np.unique(np.concatenate([a.time, b.time, spans.ravel(), [stop]]))
    time = time[(time >= start) & (time <= stop)]
    difference = np.interp(time, a.time, a.i_mem) - np.interp(time, b.time, b.i_mem)
    left, right = difference[:-1], difference[1:]
    squares = (left**2 + left * right + right**2) / 3
    middle = (time[:-1] + time[1:]) / 2
    counted = np.diff(time)
    for first, last in spans:
        counted[(middle > first) & (middle < last)] = 0
    return float(np.sqrt(np.sum(squares * counted) / counted.sum())) if counted.any() else None


@dataclass(frozen=True)
class OneStep:
    """Decisions of the model that was given the reference's I_mem and weight at each spike.

    equal, outside: equal decisions, and all, where I_mem is farther than the dead band from
        both thresholds.
    inside: the other spikes, at which either decision is right.
    """

    equal: int
    outside: int
    inside: int

    @property
    def agreement(self) -> float:
        """Share of equal decisions outside the dead band, 0 to 1; 1 if all are inside."""
        return self.equal / self.outside if self.outside else 1.0


def one_step(reference: SpikeTable, model: Rule, dead_band: float) -> OneStep:
    """Compare the model's decision with the reference's, one spike at a time.

    Errors don't accumulate, so a difference outside the dead band (in A) shows a fault of the
    model, where a different trajectory may just show the amplification of a small error.
    """
    distance = threshold_distance(reference.i_mem_rise, reference.weight_before, model)
    outside = distance > dead_band
    decision = model.decide(reference.i_mem_rise, reference.weight_before)
    equal = (decision == reference.decision) & outside
    return OneStep(int(equal.sum()), int(outside.sum()), int((~outside).sum()))


def threshold_distance(i_mem: np.ndarray, weight: np.ndarray, model: Rule) -> np.ndarray:
    """Distance in A of I_mem (A) from the nearer threshold for weights in LSB; equal shapes."""
    lower, upper = model.thresholds(weight)
    return np.minimum(abs(i_mem - lower), abs(i_mem - upper))

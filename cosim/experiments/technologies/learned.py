"""Learning of a circuit in a simulation, against what was published of it."""

from dataclasses import dataclass

import numpy as np

from cosim.comparison.spikes import compare
from cosim.experiments.neuron.settling import AT_REST, last_weights
from ebn_model.results import LearningResult, SpikeTable


@dataclass(frozen=True)
class Learned:
    """The end of a run, and its agreement with the published one.

    turning_points: of the weight, LSB. decisions: equal to those published, of `spikes`.
    i_mem_rise_rms: RMS deviation of I_mem at the rising edges, A.
    settled: whether the weight came to rest, be it at an end of its range, where that of a die
        hasn't settled. last_weight: the weight at the end, LSB.
    i_mem_end, published_end: mean I_mem at the last rising edges of both, A.
    """

    turning_points: list[int]
    decisions: int
    spikes: int
    i_mem_rise_rms: float
    settled: bool
    last_weight: int
    i_mem_end: float
    published_end: float

    def within(self, deviation: float) -> bool:
        """True if it has learned: to rest, with I_mem no farther than that share from published."""
        return self.settled and abs(self.i_mem_end / self.published_end - 1) <= deviation


def learned(run: LearningResult, published: SpikeTable) -> Learned:
    """Compare a run with the published spikes; raises InputError for another stimulus."""
    comparison, last = compare(run, published), last_weights(run.spikes)
    return Learned(
        turning_points=[int(weight) for weight in comparison.turning_points],
        decisions=comparison.equal_decisions,
        spikes=comparison.spikes,
        i_mem_rise_rms=comparison.i_mem_rise_rms,
        settled=last.at_rest,
        last_weight=int(run.spikes.weight_after[-1]),
        i_mem_end=_end(run.spikes),
        published_end=_end(published),
    )


def _end(spikes: SpikeTable) -> float:
    return float(np.mean(spikes.i_mem_rise[-AT_REST:]))

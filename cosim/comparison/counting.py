"""Weights against their decisions: a counter counts right whatever led to the decisions."""

from dataclasses import dataclass

import numpy as np

from cosim.workbench.checks import Check
from ebn_model.results import SpikeTable
from ebn_model.row import RowResult, RowStimulus
from ebn_model.weight_counter import WeightCounter


@dataclass(frozen=True)
class Counted:
    """Weights after the pulses that ended within the run.

    right: how many are what a counter makes of the decisions so far. total: all.
    """

    right: int
    total: int

    def __add__(self, other: "Counted") -> "Counted":
        """Of two runs together."""
        return Counted(self.right + other.right, self.total + other.total)

    def check(self, view: str) -> Check:
        """The line of the verdict, which all weights must pass."""
        return Check(
            view,
            "weights as its decisions count",
            f"{self.total}",
            f"{self.right}",
            self.right == self.total,
            about_run=True,
        )


def count_again(spikes: SpikeTable, counter: WeightCounter) -> Counted:
    """Count the decisions of one synapse with a counter in the state in which the run began."""
    ended = np.isfinite(spikes.t_fall)
    columns = spikes.decision[ended].tolist(), spikes.weight_after[ended].tolist()
    right = total = 0
    for decision, weight in zip(*columns, strict=True):
        counter.step(decision)
        right += counter.weight == weight
        total += 1
    return Counted(right, total)


def count_row_again(result: RowResult, stimulus: RowStimulus) -> Counted:
    """`count_again` for all synapses of a row."""
    columns = stimulus.synapses, stimulus.start_codes, stimulus.start_fractions
    counts = (
        count_again(result.events.of(pre), WeightCounter(code, stimulus.sub_lsbs, fraction))
        for pre, code, fraction in zip(*(column.tolist() for column in columns), strict=True)
    )
    return sum(counts, Counted(0, 0))

"""Settling of the weight: where learning comes to rest, if it does."""

from dataclasses import dataclass

import numpy as np

from ebn_model.results import SpikeTable

AT_REST = 10
"""The weight is at rest when so many spikes in a row have left it as it is."""


@dataclass(frozen=True)
class LastWeights:
    """The end of a run.

    lowest, highest: weights after the last AT_REST spikes (or all, if they are fewer), LSB.
    since: when the weight changed last, s; 0 if it never did.
    """

    lowest: int
    highest: int
    since: float

    @property
    def at_rest(self) -> bool:
        """True if the weight doesn't move any more, be it at an end of its range."""
        return self.lowest == self.highest

    @property
    def text(self) -> str:
        """The weight and since when it rests, or the range in which it still moves."""
        if self.at_rest:
            return f"{self.lowest} from {self.since * 1e3:.0f} ms"
        return f"{self.lowest} to {self.highest}, not at rest"


def last_weights(spikes: SpikeTable) -> LastWeights:
    """End of the run of a spike table."""
    last = np.append(spikes.weight_before, spikes.weight_after[-1])[-AT_REST - 1 :]
    changed = np.flatnonzero(spikes.weight_after != spikes.weight_before)
    since = float(spikes.t_fall[changed[-1]]) if changed.size else 0.0
    return LastWeights(int(last.min()), int(last.max()), since)

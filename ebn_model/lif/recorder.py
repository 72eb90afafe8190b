"""Collects what the blocks of a run of integrate-and-fire neurons yield."""

import numpy as np

from ebn_model.lif.arrays import STEPS, UPDATES, Record
from ebn_model.network.results import WeightUpdates


class Recorder:
    """Copies from each block's record what the result keeps: of a silent step nothing."""

    def __init__(self, neurons: int, membrane: bool):
        """neurons: N. membrane: whether the record has the membranes."""
        self._spikes = _Columns(float, np.int64)
        self._updates = _Columns(float, np.int64, np.int64, float)
        self._steps = _Columns(float, np.int64)
        self._membrane = [np.empty((0, neurons))]
        self._keep_steps = membrane

    def add(self, record: Record) -> None:
        """Take what is in a record."""
        steps, updates = record.count[STEPS], record.count[UPDATES]
        times, channels = record.times[:steps], record.channels[:steps]
        firing = np.flatnonzero(channels >= 0)
        self._spikes.add(times[firing], channels[firing])
        self._updates.add(
            times[record.update_step[:updates]],
            record.post[:updates],
            record.pre[:updates],
            record.delta[:updates],
        )
        if self._keep_steps:
            self._steps.add(times, channels)
            self._membrane.append(record.membrane[:steps].copy())

    def spikes(self) -> tuple[np.ndarray, np.ndarray]:
        """Times in s and who fired."""
        times, neurons = self._spikes.joined()
        return times, neurons

    def updates(self) -> WeightUpdates:
        """All updates in order."""
        return WeightUpdates(*self._updates.joined())

    def steps(self) -> tuple[np.ndarray, np.ndarray]:
        """Times in s at which steps begin, and who fired then or -1; empty without membranes."""
        times, channels = self._steps.joined()
        return times, channels

    def step_membrane(self) -> np.ndarray:
        """V at the end of each of `steps`, shape (steps, N), before anything went back."""
        return np.concatenate(self._membrane)

    def membrane(self, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """Times in s and V, shape (points, N), without the ends of steps that a spike took back."""
        times, channels = self.steps()
        if not self._keep_steps:
            return times, self._membrane[0]
        lasting = np.append(channels[1:] < 0, np.ones(len(channels[:1]), dtype=bool))
        return times[lasting] + dt, self.step_membrane()[lasting]


class _Columns:
    """Arrays of the same length that grow together."""

    def __init__(self, *kinds: type):
        self._parts: list[tuple[np.ndarray, ...]] = [tuple(np.empty(0, kind) for kind in kinds)]

    def add(self, *columns: np.ndarray) -> None:
        self._parts.append(tuple(column.copy() for column in columns))

    def joined(self) -> list[np.ndarray]:
        return [np.concatenate(column) for column in zip(*self._parts, strict=True)]

"""Spikes as a file of another tool has them, before they are checked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class FileSpikes:
    """Spikes of a network, in the order of time.

    Attributes:
        times: s, shape (spikes,). neurons: who fired, as the file calls them, same shape.
        ids: all neurons, ascending; None where the file doesn't tell.
        duration: of the run, s; None where the file doesn't tell.
        assumed: the unit that times were taken to be in, as the file states none; None where it
            does, or the user did.
    """

    times: np.ndarray
    neurons: np.ndarray
    ids: Sequence[int] | None = None
    duration: float | None = None
    assumed: str | None = None


def in_order(
    times: np.ndarray,
    neurons: np.ndarray,
    ids: Sequence[int] | None,
    duration: float | None,
    assumed: str | None = None,
) -> FileSpikes:
    """Spikes that may come neuron by neuron, put in the order of time; see FileSpikes."""
    order = np.argsort(times, kind="stable")
    return FileSpikes(np.asarray(times)[order], np.asarray(neurons)[order], ids, duration, assumed)

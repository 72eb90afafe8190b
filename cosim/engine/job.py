"""A run to be done: a deck, and what its result has to look like."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cosim.engine.closed_loop import Controller
from cosim.engine.deck import Deck
from cosim.engine.devices import Alter
from cosim.workbench.errors import DeckError, LostEdgeError, SimulationError

Vectors = dict[str, np.ndarray]
"""Vectors of a run: values by the name of what was saved, each of shape (points,)."""

Reading = tuple[tuple[float, str], ...]
"""A vector as the sum of others: factor and name of each; without a name, the factor is a term."""

OperatingPointCheck = Callable[[Callable[[str], float]], None]
"""Gets an operating point as a function from the name of a vector to its value in V or A; raises
SimulationError where it can't be."""


@dataclass(frozen=True, eq=False)
class Job:
    """One run: a deck with one analysis, and what is expected of it.

    label: name of the run in messages.
    vectors: names to return, `v(out)` or `i(v1)`; all that are saved where empty.
    t_stop: time in s that the transient must reach; None for other analyses.
    edges: times in s, shape (edges,), at which the transient must have a time point, to within
        edge_tolerance in s.
    raw_path: where to write the vectors as an ngspice raw file as well.
    deck_path: where to write the deck that ran: the job's, led to its operating point.
    alter: changes the loaded deck's transistors; must be picklable.
    check_start: gets the operating point of a transient before it runs; must be picklable.
    readings: how vectors are read that the deck calls otherwise, or that are sums, by their names.
    unread: why vectors aren't there that such a deck usually has, by their names.
    controller: makes what closes the loop around the deck, new for each run; must be picklable. In
        lockstep it gets the Link to the process that it is in step with, as `link`.
    """

    label: str
    deck: Deck
    vectors: tuple[str, ...] = ()
    t_stop: float | None = None
    edges: np.ndarray = field(default_factory=lambda: np.empty(0))
    edge_tolerance: float = 1e-9
    raw_path: Path | None = None
    deck_path: Path | None = None
    alter: Alter | None = None
    check_start: OperatingPointCheck | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    controller: Callable[..., Controller] | None = None

    def writing_to(self, folder: Path) -> "Job":
        """The same run, which leaves its deck and its vectors in a folder."""
        return replace(self, raw_path=folder / "waveforms.raw", deck_path=folder / "deck.cir")

    def check(self, vectors: Vectors) -> None:
        """Raise SimulationError or LostEdgeError where the result isn't what is expected."""
        for name, values in vectors.items():
            finite = np.isfinite(values)
            if not finite.all():
                raise SimulationError(f"{name} is {values[~finite][0]} at point {finite.argmin()}")
        if self.t_stop is not None:
            _check_end(_time(vectors), self.t_stop)
        if len(self.edges):
            self._check_edges(_time(vectors))

    def lost_edges(self, time: np.ndarray) -> np.ndarray:
        """Edges in s without a time point within the tolerance, for ascending times in s."""
        edges = np.asarray(self.edges)
        after = np.searchsorted(time, edges).clip(1, len(time) - 1)
        distance = np.minimum(abs(time[after] - edges), abs(time[after - 1] - edges))
        return edges[distance > self.edge_tolerance]

    def _check_edges(self, time: np.ndarray) -> None:
        lost = self.lost_edges(time)
        if lost.size:
            raise LostEdgeError(
                f"{lost.size} of {len(self.edges)} edges have no time point within "
                f"{self.edge_tolerance:g} s, the first at {lost[0]:g} s"
            )


class PartOfVectors(dict[str, np.ndarray]):
    """Vectors of a run some of which aren't there; asking for one of those says why."""

    def __init__(self, vectors: Vectors, unread: Mapping[str, str]):
        super().__init__(vectors)
        self._unread = unread

    @property
    def unread(self) -> Mapping[str, str]:
        """Reasons why vectors aren't there, by their names."""
        return self._unread

    def __missing__(self, name: str) -> np.ndarray:
        """Raise SimulationError, or KeyError for what is not known either."""
        if name in self._unread:
            raise SimulationError(self._unread[name])
        raise KeyError(name)


def _time(vectors: Vectors) -> np.ndarray:
    if "time" not in vectors:
        raise DeckError("the deck has no transient analysis")
    return vectors["time"]


def _check_end(time: np.ndarray, t_stop: float) -> None:
    if time[-1] < t_stop * (1 - 1e-9):
        raise SimulationError(f"the run stopped at {time[-1]:g} s, before {t_stop:g} s")

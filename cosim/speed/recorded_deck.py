"""A run whose logic was in Python as a deck that ngspice can run alone: the same course of events.

For benches: the deck knows the outcome of all decisions beforehand.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from cosim.circuits.levels import LogicLevels
from cosim.circuits.row_logic import DigitalRow
from cosim.engine.closed_loop import Action
from cosim.engine.job import Job
from ebn_model.row import RowStimulus

_ROW = 4
"""Corners on a line of the deck."""


class RecordedRow(DigitalRow):
    """A DigitalRow that also records what it does with its sources."""

    def __init__(self, stimulus: RowStimulus, dacs: int, levels: LogicLevels):
        """Begin at time 0; dacs: number of DACs."""
        super().__init__(stimulus, dacs, levels)
        self._sources = list(self.levels)
        self._moves: list[tuple[float, int, float]] = []

    def act(self, time: float, values: Mapping[str, float]) -> Action:
        """As in a DigitalRow."""
        action = super().act(time, values)
        places = {source: place for place, source in enumerate(self._sources)}
        self._moves += [(time, places[source], level) for source, level in action.levels.items()]
        return action

    def record(self) -> dict[str, np.ndarray]:
        """As in a DigitalRow, and `moves`: time in s, place of source, level in V, (3, n)."""
        return super().record() | {"moves": np.array(self._moves).reshape(-1, 3).T}


def played_deck(job: Job, moves: np.ndarray) -> str:
    """The deck's text with the sources' courses in it.

    Args:
        job: of the run, with a RecordedRow.
        moves: from that.
    """
    assert job.controller, "the run's logic was in Python"
    levels = job.controller().levels
    corners: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    sources, now = list(levels), dict(levels)
    for time, place, level in moves.T:
        source = sources[int(place)]
        if level != now[source]:
            corners[source] += [(time, now[source]), (time + DigitalRow.edge, level)]
            now[source] = level
    text = job.deck.text
    for source, level in levels.items():
        declared = f"\n{source} {source[1:]} 0 pwl(0 0)\n"
        text = text.replace(declared, f"\n{_line(source, level, corners[source])}\n")
    return text


def _line(source: str, level: float, corners: list[tuple[float, float]]) -> str:
    if not corners:
        return f"{source} {source[1:]} 0 {level:g}"
    pairs = [f"{time:.12g} {volts:g}" for time, volts in [(0.0, level), *corners]]
    rows = [" ".join(pairs[k : k + _ROW]) for k in range(0, len(pairs), _ROW)]
    return f"{source} {source[1:]} 0 pwl(" + "\n+ ".join(rows) + ")"

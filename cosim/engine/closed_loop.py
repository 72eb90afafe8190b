"""A run in closed loop: code that sees a circuit at chosen times and drives some of its sources."""

import heapq
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cosim.workbench.errors import CosimError, LostEdgeError

_SAME_TIME = 1e-12
"""Times in s that are no farther apart than this are the same."""

Corners = tuple[float, float, float, float]
"""Time, level, later time and level (s and V or A): a source goes straight from one to the other,
and is constant before and after."""


@dataclass(frozen=True)
class Action:
    """A controller's reaction to an event.

    levels: V or A that a source reaches at the end of a straight edge, which begins now, by the
        source's name; sources that aren't named, or are there already, go on as they were.
    next_event: time in s of the next event; None for no more.
    pause: whether that is a mere pause, in which no source begins to move as a rule. It gets a time
        point, but ngspice doesn't begin anew there with tiny steps, as it does at a breakpoint.
    """

    levels: Mapping[str, float]
    next_event: float | None
    pause: bool = False


class Controller(Protocol):
    """The part of a system that is not in the deck.

    Sources that move at the same times as these must be driven too: ngspice loses the corners of
    a piecewise-linear source in the deck where others come within rounding errors of them.

    Attributes:
        levels: V or A of each source that is driven, at the beginning, by its name; the deck
            declares it as `vname node 0 pwl(0 0)`.
        edge: duration of the sources' edges, s.
        probes: vectors that are read at events; the deck saves them.
        first_event: time of the first event, s, after 0; None for none.
        watched: a vector and a level, whose upward crossings are told to `crossed`; the deck saves
            it. Optional.
    """

    levels: Mapping[str, float]
    edge: float
    probes: tuple[str, ...]
    first_event: float | None

    def act(self, time: float, values: Mapping[str, float]) -> Action:
        """Called once at each event within the run, with its time in s and the probes' values."""

    def crossed(self, time: float) -> None:
        """Called for each upward crossing of `watched`, with its interpolated time in s, before the
        next event; only needed where there is something to watch."""

    def record(self) -> dict[str, np.ndarray]:
        """Vectors that a result gets beside those of the circuit; called after the run's end."""


class ClosedLoop:
    """The engine's side of one run with a controller.

    ngspice goes back in time when it rejects a step, but not beyond the time point that it
    accepted last. So sources change at accepted points only, and there for later times.
    """

    def __init__(
        self,
        controller: Controller,
        read: Callable[[str], float],
        drive: Callable[[str, Corners], None],
        set_breakpoint: Callable[[float], None],
    ):
        """Set the initial levels and wait for the first event.

        `read` gives the value of a vector at the time point that was accepted last, `drive`
        changes the course of a source, `set_breakpoint` asks for a time point.
        """
        self._controller = controller
        self._read, self._drive, self._set_breakpoint = read, drive, set_breakpoint
        self._courses: dict[str, Corners] = {}
        self._awaited: list[float] = []
        self._next_event = self._next_pause = math.inf
        self._watched = getattr(controller, "watched", None)
        self._seen = (0.0, math.inf)
        for source, level in controller.levels.items():
            self._set_course(source, (0.0, level, controller.edge, level))
        self._expect_event(0.0, controller.first_event)

    def next_step(self, time: float, step: float) -> float:
        """Rest in s of ngspice's next step after an accepted time point, see `step_done`.

        On a pause no tiny step ends, after which ngspice would only double from step to step: two
        of the same length lead there.
        """
        limit = self.step_done(time)
        room = limit - time
        if limit == self._next_pause and step < room < 2 * step:
            return room / 2
        return min(step, room)

    def step_done(self, time: float) -> float:
        """Act on an accepted time point; returns the time in s that no step may go beyond.

        Raises LostEdgeError where an event or the end of an edge has no time point, CosimError
        for an impossible action, and what the controller raises.
        """
        if self._watched:
            self._watch(time, *self._watched)
        while self._awaited and self._awaited[0] <= time + _SAME_TIME:
            awaited = heapq.heappop(self._awaited)
            if awaited < time - _SAME_TIME:
                raise LostEdgeError(f"the controller's edge at {awaited:g} s has no time point")
        while self._next_event <= time + _SAME_TIME:
            self._act(time)
        return self._awaited[0] if self._awaited else math.inf

    def _watch(self, time: float, vector: str, level: float) -> None:
        before, low = self._seen
        high = self._read(vector)
        self._seen = (time, high)
        if low < level <= high:
            self._controller.crossed(before + (time - before) * (level - low) / (high - low))

    def _act(self, time: float) -> None:
        values = {name: self._read(name) for name in self._controller.probes}
        event = self._next_event
        action = self._controller.act(event, values)
        end = time + self._controller.edge
        for source, level in action.levels.items():
            course = self._course(source)
            if level != course[-1]:
                self._set_course(source, (time, _level(course, time), end, level))
                self._expect(end)
        self._expect_event(event, action.next_event, action.pause)

    def _course(self, source: str) -> Corners:
        if source not in self._courses:
            raise CosimError(f"the controller drives {source}, but gave it no initial level")
        return self._courses[source]

    def _set_course(self, source: str, corners: Corners) -> None:
        self._courses[source] = corners
        self._drive(source, corners)

    def _expect_event(self, last: float, event: float | None, pause: bool = False) -> None:
        self._next_event = self._next_pause = math.inf
        if event is not None:
            if event <= last:
                raise CosimError(f"the controller's event at {event:g} s is not after {last:g} s")
            self._next_event = event
            if pause:
                self._next_pause = event
            self._expect(event, breaks=not pause)

    def _expect(self, time: float, breaks: bool = True) -> None:
        if all(abs(time - awaited) > _SAME_TIME for awaited in self._awaited):
            heapq.heappush(self._awaited, time)
            if breaks:
                self._set_breakpoint(time)


def _level(corners: Corners, time: float) -> float:
    start, before, end, after = corners
    return before + (after - before) * min(1.0, (time - start) / (end - start))

"""The timeline of a row: the events of its pulses and of its own spikes, in order.

A module of its own, so that the processes of runs load little else.
"""

import heapq
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from cosim.circuits.levels import LogicLevels
from cosim.engine.closed_loop import Action
from ebn_model.event_bus import GAP

TICK = 1e-7
"""Events are at multiples of this time, s: two of them are at the same time, or far enough apart
for ngspice to tell them apart (it merges breakpoints within 5 ns)."""
FORCE = 10e-6
"""A forced spike's pulse, s: as long as the spike generator's own."""

Event = Callable[[Mapping[str, float]], None]
"""Gets the probes' values."""


def on_tick(time: float) -> float:
    """The nearest time of an event, s."""
    return round(time / TICK) * TICK


class RowTimeline(ABC):
    """Runs events as a Controller (engine.closed_loop); what happens in them, subclasses say.

    Events of pulses and spikes can be added at any time before they are due. At the same time those
    that were added first come first.
    """

    def __init__(self, slot: float, pulse_width: float, levels: LogicLevels):
        """Begin without events; slot and pulse_width are the event bus', s."""
        self._levels = levels
        self._slot, self._pulse_width = slot, pulse_width
        self._events: list[tuple[float, int, Event]] = []
        self._stops: set[float] = set()
        self._added = 0
        self._changes: dict[str, float] = {}
        self._now = 0.0

    def add_event(self, time: float, event: Event) -> None:
        """Let something happen at a time in s; TICK after the beginning at the earliest."""
        heapq.heappush(self._events, (max(on_tick(time), TICK), self._added, event))
        self._added += 1

    def add_stop(self, time: float, event: Event) -> None:
        """An event in which no source moves, unless another one happens at the same time."""
        self.add_event(time, event)
        self._stops.add(on_tick(time))

    def add_pulse(self, rise: float, synapse: int) -> None:
        """A pulse on a synapse, by its place, that rises at a time in s."""
        self.add_event(rise - self._slot * (1 - GAP), lambda _: self.select(synapse))
        self.add_event(rise, lambda values: self.rise(synapse, values))
        self.add_event(rise + self._pulse_width, lambda _: self.fall(synapse))

    def add_spike(self, time: float) -> None:
        """A forced spike of the neuron itself, at a time in s."""
        self.add_event(time, lambda _: self.drive("vforce_b", False))
        self.add_event(time + FORCE, lambda _: self.drive("vforce_b", True))

    @abstractmethod
    def select(self, synapse: int) -> None:
        """The synapse's weight comes on the bus."""

    @abstractmethod
    def rise(self, synapse: int, values: Mapping[str, float]) -> None:
        """The synapse's pulse begins; the outcome of the decision circuit holds."""

    @abstractmethod
    def fall(self, synapse: int) -> None:
        """The synapse's pulse ends."""

    def drive(self, source: str, level: bool) -> None:
        """Let a source move to a logic level, beginning now."""
        self._changes[source] = self._levels.supply * level

    @property
    def first_event(self) -> float | None:
        """Time of the next event, s."""
        return self._events[0][0] if self._events else None

    def act(self, time: float, values: Mapping[str, float]) -> Action:
        """All events that are due."""
        self._changes, self._now = {}, time
        while self._events and self._events[0][0] <= time:
            _, _, event = heapq.heappop(self._events)
            event(values)
        return Action(self._changes, self.first_event, self.first_event in self._stops)

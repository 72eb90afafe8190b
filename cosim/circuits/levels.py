"""The voltages of logic.

A module of its own, so that the processes of runs load little else.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class LogicLevels:
    """supply: a logic 1, V; a 0 is 0 V. latch_threshold: above this a latch takes a 1, V."""

    supply: float
    latch_threshold: float

    def latched(self, volts: float) -> bool:
        """True if a latch takes a voltage for a 1."""
        return volts > self.latch_threshold

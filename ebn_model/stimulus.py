"""What a learning neuron gets to see, the same for the circuit and for its behavioural model."""

from dataclasses import dataclass, field

import numpy as np

from ebn_model.errors import InputError

WEIGHT_MIN, WEIGHT_MAX = -32, 31
"""Range of the 6-bit two's-complement weight."""


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Spikes of the plastic synapse and the conditions of a run.

    Attributes:
        spike_times: rising edges of the input pulses, s, shape (spikes,), ascending.
        pulse_width: duration of each pulse, s.
        duration: length of the run, s.
        start_weight: weight before the first spike, LSB, -32 .. 31.
        reset_until: the membrane is held at reset from 0 to this time, s.
        extra_synapse: whether a second, fixed excitatory synapse gets the same pulses.

    Raises:
        InputError: names the attribute (and the spike) that is out of range.
    """

    spike_times: np.ndarray
    pulse_width: float
    duration: float
    start_weight: int
    reset_until: float = 0.0
    extra_synapse: bool = False
    fall_times: np.ndarray = field(init=False)

    def __post_init__(self):
        spikes = np.asarray(self.spike_times, dtype=float)
        if spikes.ndim != 1:
            raise InputError(f"spike_times must be one-dimensional, not {spikes.ndim}-dimensional")
        for name in ("pulse_width", "duration", "reset_until"):
            if not np.isfinite(getattr(self, name)):
                raise InputError(f"{name} = {getattr(self, name)} is not finite")
        if self.pulse_width <= 0:
            raise InputError(f"pulse_width = {self.pulse_width:g} s must be positive")
        if self.duration <= 0:
            raise InputError(f"duration = {self.duration:g} s must be positive")
        if not 0 <= self.reset_until < self.duration:
            raise InputError(f"reset_until = {self.reset_until:g} s must lie within the run")
        check_weight(self.start_weight, "start_weight")
        _check_spikes(spikes, self.pulse_width, self.duration)
        object.__setattr__(self, "spike_times", spikes)
        object.__setattr__(self, "fall_times", spikes + self.pulse_width)


def check_weight(weight: int, name: str = "weight") -> None:
    """Raise InputError unless `weight` is an integer in -32 .. 31."""
    if isinstance(weight, bool) or not isinstance(weight, (int, np.integer)):
        raise InputError(f"{name} = {weight!r} is not an integer")
    if not WEIGHT_MIN <= weight <= WEIGHT_MAX:
        raise InputError(f"{name} = {weight} is outside {WEIGHT_MIN} .. {WEIGHT_MAX}")


def regular_spikes(first: float, period: float, count: int) -> np.ndarray:
    """Times in s, shape (count,), of `count` spikes that begin at `first` and repeat."""
    if count < 0:
        raise InputError(f"count = {count} must not be negative")
    return first + period * np.arange(count)


def _check_spikes(spikes: np.ndarray, width: float, duration: float) -> None:
    problems = (
        (~np.isfinite(spikes), "is not finite"),
        (spikes < 0, "is negative"),
        (spikes >= duration, f"is not before the end of the run at {duration:g} s"),
        (np.diff(spikes, prepend=-np.inf) < 0, "is earlier than the one before (unsorted)"),
        (np.diff(spikes, prepend=-np.inf) <= width, "overlaps the pulse before"),
    )
    for bad, what in problems:
        if bad.any():
            index = int(bad.argmax())
            raise InputError(f"spike_times[{index}] = {spikes[index]:g} s {what}")

"""Stimulus of a learning neuron, the same for the circuit and for its model."""

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
        reset_until: the membrane is held at reset from 0 to this time, s; no spike comes earlier.
            With 0 the run starts settled: at rest under its constant input.
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
            value = float(getattr(self, name))
            object.__setattr__(self, name, value)
            if not np.isfinite(value):
                raise InputError(f"{name} = {value} is not finite")
        if self.pulse_width <= 0:
            raise InputError(f"pulse_width = {self.pulse_width:g} s must be positive")
        if self.duration <= 0:
            raise InputError(f"duration = {self.duration:g} s must be positive")
        if not 0 <= self.reset_until < self.duration:
            raise InputError(f"reset_until = {self.reset_until:g} s must lie within the run")
        check_weight(self.start_weight, "start_weight")
        object.__setattr__(self, "spike_times", spikes)
        object.__setattr__(self, "fall_times", spikes + self.pulse_width)
        self._check_spikes()

    def _check_spikes(self) -> None:
        spikes, falls = self.spike_times, self.fall_times
        self._refuse(~np.isfinite(spikes), "is not finite")
        self._refuse(spikes < 0, "is negative")
        self._refuse(
            spikes >= self.duration, f"is not before the end of the run at {self.duration:g} s"
        )
        self._refuse(np.diff(spikes, prepend=0) < 0, "is earlier than the one before (unsorted)")
        self._refuse(np.append(False, spikes[1:] <= falls[:-1]), "overlaps the pulse before")
        self._refuse(spikes < self.reset_until, f"is before reset_until = {self.reset_until:g} s")

    def _refuse(self, bad: np.ndarray, reason: str) -> None:
        if bad.any():
            index = int(bad.argmax())
            raise InputError(f"spike_times[{index}] = {self.spike_times[index]:g} s {reason}")


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


def poisson_spikes(
    rate: float, start: float, stop: float, pause: float, seed: int | np.random.Generator
) -> np.ndarray:
    """Times in s, shape (spikes,), of a Poisson train with a dead time.

    Args:
        rate: mean rate in Hz, below 1/pause.
        start: no spike comes before it, s.
        stop: no spike comes after it, s.
        pause: least interval between spikes, s.
        seed: of numpy's default generator, or the generator itself.

    Raises:
        InputError: the rate can't be reached with such pauses.
    """
    if not 0 < rate * pause < 1:
        raise InputError(f"rate = {rate:g} Hz can't be reached with pauses of {pause:g} s")
    generator = np.random.default_rng(seed)
    times, time = [], start
    while (time := time + pause + generator.exponential(1 / rate - pause)) < stop:
        times.append(time)
    return np.array(times)

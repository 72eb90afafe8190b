"""A row of the network, one neuron with its plastic synapses: what it gets and what it yields.

The same for the circuit and for its model.
"""

from dataclasses import dataclass, field

import numpy as np

from ebn_model.errors import InputError
from ebn_model.results import SpikeTable
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN
from ebn_model.units import LARGEST_CURRENT
from ebn_model.weight_counter import check_sub_lsbs, middle_fraction


@dataclass(frozen=True, eq=False)
class RowStimulus:
    """The pulses of the event bus, and the conditions of a run from rest.

    Attributes:
        rise_times: rising edges of the pulses, s, shape (pulses,), at least a slot apart
            (ebn_model.event_bus); the first at the end of a slot.
        pre: the presynaptic neuron of each pulse, shape (pulses,).
        synapses: the presynaptic neurons that have a synapse here, shape (M,).
        start_codes: weight of each synapse before the first pulse, LSB, -32 .. 31, shape (M,).
        pulse_width, slot: of the bus, s.
        duration: length of the run, s.
        input_times: s, shape (points,), ascending, and input_current: A, shape (points,): comes on
            top of the constant bias i_in, linear between the points, constant before and after.
        forced_spikes: when the neuron itself is made to spike, s, shape (spikes,), a slot apart or
            more; None for a neuron that spikes by itself.
        sub_lsbs: bits of the counters below the weight's.
        start_fractions: value of those bits before the first pulse, shape (M,); None for the
            middle.

    Raises:
        InputError: names the attribute (and its index) that is out of range.
    """

    rise_times: np.ndarray
    pre: np.ndarray
    synapses: np.ndarray
    start_codes: np.ndarray
    pulse_width: float
    slot: float
    duration: float
    input_times: np.ndarray = field(default_factory=lambda: np.zeros(1))
    input_current: np.ndarray = field(default_factory=lambda: np.zeros(1))
    forced_spikes: np.ndarray | None = None
    sub_lsbs: int = 0
    start_fractions: np.ndarray = None  # type: ignore[assignment]  # for the middle
    fall_times: np.ndarray = field(init=False)

    def __post_init__(self):
        check_sub_lsbs(self.sub_lsbs)
        for name in ("pulse_width", "slot", "duration"):
            value = float(getattr(self, name))
            object.__setattr__(self, name, value)
            if not (np.isfinite(value) and value > 0):
                raise InputError(f"{name} = {value} s must be positive")
        self._take("synapses", int)
        count = len(self.synapses)
        if self.start_fractions is None:
            middle = np.full(count, middle_fraction(self.sub_lsbs))
            object.__setattr__(self, "start_fractions", middle)
        for name in ("start_codes", "start_fractions"):
            self._take(name, int, count)
        self._take("rise_times", float)
        self._take("pre", int, len(self.rise_times))
        self._take("input_times", float)
        self._take("input_current", float, len(self.input_times))
        if self.forced_spikes is not None:
            self._take("forced_spikes", float)
        object.__setattr__(self, "fall_times", self.rise_times + self.pulse_width)
        self._check_synapses()
        self._check_pulses()
        self._check_input_and_spikes()

    def _take(self, name: str, kind: type, length: int | None = None) -> None:
        """Make an attribute a one-dimensional array, of a length where one is given."""
        raw = np.asarray(getattr(self, name))
        if raw.ndim != 1 or (length is not None and len(raw) != length):
            expected = "one-dimensional" if length is None else f"of shape ({length},)"
            raise InputError(f"{name} of shape {raw.shape} must be {expected}")
        with np.errstate(invalid="ignore"):
            array: np.ndarray = raw.astype(kind)
        if kind is int and not np.array_equal(array, raw):
            raise InputError(f"{name} must be integers")
        object.__setattr__(self, name, array)

    def _check_synapses(self) -> None:
        if len(set(self.synapses.tolist())) < len(self.synapses) or (self.synapses < 0).any():
            raise InputError("synapses must be different neurons, 0 or above")
        outside = (self.start_codes < WEIGHT_MIN) | (self.start_codes > WEIGHT_MAX)
        self._refuse("start_codes", outside, f"is outside {WEIGHT_MIN} .. {WEIGHT_MAX}")
        top = (1 << self.sub_lsbs) - 1
        outside = (self.start_fractions < 0) | (self.start_fractions > top)
        self._refuse("start_fractions", outside, f"is outside 0 .. {top}")

    def _check_pulses(self) -> None:
        times, pre, slot = self.rise_times, self.pre, self.slot
        self._refuse("rise_times", ~np.isfinite(times), "s is not finite")
        self._refuse("rise_times", times < slot, f"s is before the end of a slot, {slot:g} s")
        late = times >= self.duration
        self._refuse("rise_times", late, f"s is not before the end of the run, {self.duration:g} s")
        # A thousandth: sums of slots needn't be exact.
        close = np.diff(times, prepend=-np.inf) < 0.999 * slot
        self._refuse("rise_times", close, f"s is not a slot, {slot:g} s, after the one before")
        self._refuse("pre", ~np.isin(pre, self.synapses), "has no synapse here")
        for neuron in self.synapses:
            own = np.flatnonzero(pre == neuron)
            overlap = np.zeros(len(times), dtype=bool)
            overlap[own[1:]] = np.diff(times[own]) <= self.pulse_width
            self._refuse("rise_times", overlap, f"s overlaps the pulse before of neuron {neuron}")

    def _check_input_and_spikes(self) -> None:
        for name in ("input_times", "input_current"):
            self._refuse(name, ~np.isfinite(getattr(self, name)), "is not finite")
        large = np.abs(self.input_current) > LARGEST_CURRENT
        self._refuse("input_current", large, f"A is more than {LARGEST_CURRENT:g} A")
        if not len(self.input_times):
            raise InputError("input_times is empty")
        backwards = np.diff(self.input_times, prepend=-np.inf) <= 0
        self._refuse("input_times", backwards, "s is not after the one before")
        if self.forced_spikes is not None:
            spikes = self.forced_spikes
            bad = ~np.isfinite(spikes) | (spikes < 0) | (spikes >= self.duration)
            self._refuse("forced_spikes", bad, "s is not within the run")
            close = np.diff(spikes, prepend=-np.inf) < self.slot
            self._refuse("forced_spikes", close, "s is not a slot after the one before")

    def _refuse(self, name: str, bad: np.ndarray, reason: str) -> None:
        if bad.any():
            index = int(bad.argmax())
            raise InputError(f"{name}[{index}] = {getattr(self, name)[index]:.9g} {reason}")


@dataclass(frozen=True, eq=False)
class RowEvents(SpikeTable):
    """A SpikeTable of all synapses of a row, in the order of the rising edges.

    Attributes:
        pre: the presynaptic neuron of each pulse, shape (pulses,).
    """

    pre: np.ndarray

    @classmethod
    def from_rows(cls, rows: list[tuple]) -> "RowEvents":
        """Build a table from one tuple per pulse: those of SpikeTable, and pre."""
        spikes = SpikeTable.from_rows([row[:-1] for row in rows])
        return cls(**vars(spikes), pre=np.array([row[-1] for row in rows], dtype=int))

    def of(self, pre: int) -> SpikeTable:
        """The pulses of one synapse."""
        chosen = self.pre == pre
        columns = {name: values[chosen] for name, values in vars(self).items() if name != "pre"}
        return SpikeTable(**columns)


@dataclass(frozen=True, eq=False)
class RowResult:
    """Waveform and events of one run.

    Attributes:
        time: s, shape (points,), ascending, and i_mem: I_mem in A, same shape; both empty where
            the waveform was dropped.
        events: one row per pulse.
        final_codes: weight of each synapse at the end, LSB, shape (M,), in the stimulus' order.
        final_fractions: value of the counters' bits below it, shape (M,).
        output_spikes: the neuron's own spikes, forced or not, s, shape (output spikes,).
    """

    time: np.ndarray
    i_mem: np.ndarray
    events: RowEvents
    final_codes: np.ndarray
    final_fractions: np.ndarray
    output_spikes: np.ndarray

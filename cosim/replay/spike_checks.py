"""Checks of the spikes of a file, which name the place of the first bad one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ebn_model.errors import InputError
from ebn_model.event_bus import delivered

LONGEST_RUN = 2.0
"""Beyond it, s, times are more likely in another unit: circuits take hours for a run of seconds."""
_SHOWN = 12
"""Neurons in a message."""
_FIRST_INEXACT = 2.0**53
"""From here on not every whole number is a float of its own."""


@dataclass(frozen=True, eq=False)
class SpikeContent:
    """Content of a file, unchecked.

    Attributes:
        times: s, shape (spikes,).
        numbers: of the neurons, as the file has them, same shape.
        where: says where a spike stands, by its index.
        source: the file.
        unit: of the times in the file, "s", "ms" or "us"; None where it can't be another one.
        neurons: all that there are, ascending, and duration: of the run, s; None where the file
            doesn't tell.
    """

    times: np.ndarray
    numbers: np.ndarray
    where: Callable[[int], str]
    source: Path
    unit: str | None
    neurons: Sequence[int] | None = None
    duration: float | None = None


def check_numbers(content: SpikeContent, neurons: Sequence[int] | None) -> None:
    """Raise InputError for the first neuron that can't be."""
    numbers = content.numbers
    whole = np.isfinite(numbers) & (numbers == np.rint(numbers)) & (numbers >= 0)
    _refuse(content, ~whole, numbers, "neuron {:g} is no number 0, 1, 2 ...")
    _refuse(content, numbers >= _FIRST_INEXACT, numbers, "neuron {:.0f} is 2^53 or above")
    if neurons is not None:
        other = ~np.isin(numbers, np.asarray(neurons))
        _refuse(content, other, numbers, f"neuron {{:.0f}} is not one of {listed(neurons)}")


def check_times(content: SpikeContent) -> None:
    """Raise InputError for the first time that is none."""
    times = content.times
    _refuse(content, ~np.isfinite(times), times, "the time is {:g}")
    _refuse(content, times < 0, times, "{:.9g} s is before the run")


def check_unit(content: SpikeContent, neurons: int, pulse_width: float) -> None:
    """Raise InputError, which asks for the unit, where times look like those of another one.

    neurons: how many there are. pulse_width: of the event bus, s.
    """
    times = content.times
    if content.unit is None or not len(times):
        return
    last = times.max()
    # Without the first ones: a single spike has no rate.
    repeated = len(times) - len(np.unique(content.numbers))
    if (longest := max(last, content.duration or 0.0)) > LONGEST_RUN:
        found = f"the run takes {longest:.6g} s, more than {LONGEST_RUN:g} s"
    elif 0 < last < pulse_width:
        found = f"all spikes are in the first {last:.3g} s, less than a pulse, {pulse_width:g} s"
    elif repeated * pulse_width > neurons * last:
        rate = repeated / (neurons * last)
        found = f"neurons spike with {rate:.3g} Hz in the mean, faster than pulses of their own end"
    else:
        return
    raise InputError(
        f"{content.source}: with times in {content.unit}, {found}; if they are in {content.unit}, "
        f"confirm it by --time-unit {content.unit}, otherwise give the right unit there or in the "
        "header"
    )


def check_end(content: SpikeContent, duration: float) -> None:
    """Raise InputError for the first spike that isn't before the end of a run, s."""
    reason = f"{{:.9g}} s is not before the end, {duration:g} s"
    _refuse(content, content.times >= duration, content.times, reason)


def check_order(content: SpikeContent) -> None:
    """Raise InputError for the first spike out of order, and for the first that is there twice."""
    times, numbers = content.times, content.numbers
    backwards = np.diff(times, prepend=-np.inf) < 0
    _refuse(content, backwards, times, "{:.9g} s is before the spike above; sort by time")
    _, firsts = np.unique(np.column_stack([times, numbers]), axis=0, return_index=True)
    again = np.ones(len(times), dtype=bool)
    again[firsts] = False
    _refuse(content, again, times, "the same neuron at {:.9g} s again")


def check_rates(content: SpikeContent, pulse_width: float, slot: float) -> None:
    """Raise InputError for the first spike that the event bus can't carry (event_bus.py); s."""
    times, numbers = content.times, content.numbers
    for neuron in np.unique(numbers):
        own = np.flatnonzero(numbers == neuron)
        close = np.zeros(len(times), dtype=bool)
        close[own[1:]] = np.diff(times[own]) < pulse_width
        reason = f"neuron {neuron:g} spikes again at {{:.9g}} s, within a pulse, {pulse_width:g} s"
        _refuse(content, close, times, reason)
    lost = np.isnan(delivered(times, numbers, slot, pulse_width))
    _refuse(content, lost, times, f"up to {{:.9g}} s there are more spikes than one in {slot:g} s")


def listed(neurons: Sequence[int] | np.ndarray) -> str:
    """Neurons for a message, in ascending order: a range where all of it is there."""
    first, last = neurons[0], neurons[-1]
    if last - first == len(neurons) - 1:
        return f"{first} .. {last}"
    shown = [f"{neuron}" for neuron in neurons]
    return ", ".join(shown if len(shown) <= _SHOWN else [*shown[: _SHOWN - 2], "...", shown[-1]])


def _refuse(content: SpikeContent, bad: np.ndarray, values: np.ndarray, reason: str) -> None:
    if bad.any():
        index = int(bad.argmax())
        raise InputError(f"{content.where(index)}: {reason.format(values[index])}")

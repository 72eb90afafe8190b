"""What the spikes of a file must be, and where the first one stands that isn't."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ebn_model.errors import InputError
from ebn_model.event_bus import delivered


@dataclass(frozen=True, eq=False)
class SpikeContent:
    """What a file holds, unchecked.

    times: s. where: says where a spike stands, by its index. neurons, duration: None where the
    file doesn't tell.
    """

    times: np.ndarray
    numbers: np.ndarray
    where: Callable[[int], str]
    neurons: int | None = None
    duration: float | None = None


def check_numbers(content: SpikeContent, neurons: int | None) -> None:
    """Raise InputError for the first neuron that can't be."""
    numbers = content.numbers
    whole = np.isfinite(numbers) & (numbers == np.rint(numbers)) & (numbers >= 0)
    _refuse(content, ~whole, numbers, "neuron {:g} is no number 0, 1, 2 ...")
    if neurons is not None:
        _refuse(
            content, numbers >= neurons, numbers, f"neuron {{:g}} is not one of 0 .. {neurons - 1}"
        )


def check_times(content: SpikeContent, duration: float | None) -> None:
    """Raise InputError for the first time that isn't within a run of a duration in s."""
    times = content.times
    _refuse(content, ~np.isfinite(times), times, "the time is {:g}")
    _refuse(content, times < 0, times, "{:.9g} s is before the run")
    if duration is not None:
        _refuse(
            content, times >= duration, times, f"{{:.9g}} s is not before the end, {duration:g} s"
        )


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


def _refuse(content: SpikeContent, bad: np.ndarray, values: np.ndarray, reason: str) -> None:
    if bad.any():
        index = int(bad.argmax())
        raise InputError(f"{content.where(index)}: {reason.format(values[index])}")

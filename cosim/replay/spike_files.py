"""Somebody's spike trains from files: tables, NPZ, SONATA, NWB, or what ebn_model saves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cosim.exchange.nwb import read_nwb
from cosim.exchange.sonata import is_sonata, read_sonata
from cosim.exchange.spike_file import FileSpikes
from cosim.replay.spike_checks import (
    SpikeContent,
    check_end,
    check_numbers,
    check_order,
    check_rates,
    check_times,
    check_unit,
    listed,
)
from cosim.replay.spike_tables import TIME_UNITS, read_table
from ebn_model.errors import InputError
from ebn_model.network.files import load
from ebn_model.network.results import NetworkResult

AFTER_LAST = 5e-3
"""Rest of a run after the last spike, where nothing says how long it is, s."""

MOST_NEURONS = 1000
"""A row has a synapse from each other neuron, and a circuit for each synapse."""

_NPZ_NAMES = (("spike_times", "times"), ("spike_neurons", "neurons"))


@dataclass(frozen=True, eq=False)
class SpikeTrains:
    """Spikes of all neurons of a network.

    Attributes:
        spike_times: s, shape (spikes,), ascending. spike_neurons: who fired, 0 .. N - 1, same
            shape.
        ids: what the user calls the neurons 0 .. N - 1, ascending whole numbers, shape (N,).
        duration: of the run, s.
        source: where they come from, for messages.
    """

    spike_times: np.ndarray
    spike_neurons: np.ndarray
    ids: np.ndarray
    duration: float
    source: str = "the spikes"

    @property
    def neurons(self) -> int:
        """N, how many there are."""
        return len(self.ids)


def read_spikes(
    path: Path,
    pulse_width: float,
    slot: float,
    neurons: range | None = None,
    duration: float | None = None,
    time_unit: str | None = None,
) -> SpikeTrains:
    """Read and check a file of spikes.

    Args:
        path: a table (spike_tables.TABLES); .npz with `spike_times` (or `times`) and
            `spike_neurons` (or `neurons`), perhaps `duration` and `count`, the number of neurons
            0, 1 ...; .h5, SONATA or a NetworkResult (ebn_model.network.files); .nwb.
        pulse_width: of the event bus that the spikes go over, s.
        slot: of this bus, s.
        neurons: those that there are; by default what the file tells, or those that spike in it.
        duration: of the run, s; by default what the file tells, or 5 ms after the last spike.
        time_unit: of the times in the file, "s", "ms" or "us"; by default what the file states, or
            s where that is usual (tables with `time` or Brian2's `t`, .npz), ms in SONATA.

    Raises:
        InputError: names the file, the line or entry and what is wrong with it: not a number,
            negative, too late, out of order, there twice, no such neuron, or more spikes than the
            bus can carry; or neurons that aren't the file's, too many of them, or times that look
            as if they were in another unit.
    """
    content, ids, until = _checked(Path(path), pulse_width, neurons, duration, time_unit)
    check_rates(content, pulse_width, slot)
    if until is None and not len(content.times):
        raise InputError(f"{path}: has no spikes, and doesn't tell how long the run is: --duration")
    return SpikeTrains(
        spike_times=content.times,
        spike_neurons=np.searchsorted(ids, content.numbers),
        ids=ids,
        duration=float(until or content.times.max() + AFTER_LAST),
        source=str(path),
    )


def read_told(path: Path, time_unit: str | None = None) -> FileSpikes:
    """Read spikes that need not go over an event bus, with nothing that the file doesn't tell.

    path, time_unit and errors as above.
    """
    content, _, _ = _checked(Path(path), 0.0, None, None, time_unit)
    numbers = content.numbers.astype(int)
    return FileSpikes(content.times, numbers, content.neurons, content.duration)


def _checked(
    path: Path,
    pulse_width: float,
    neurons: range | None,
    duration: float | None,
    time_unit: str | None,
) -> tuple[SpikeContent, np.ndarray, float | None]:
    """Content of a file, the neurons that there are, and the duration; rates aren't checked."""
    if duration is not None and not (np.isfinite(duration) and duration > 0):
        raise InputError(f"duration = {duration:g} must be positive")
    if neurons is not None and neurons.stop <= neurons.start:
        raise InputError("neurons: there must be one at least")
    content = _read(path, time_unit)
    known = _known_neurons(content, neurons)
    duration = duration or content.duration
    check_numbers(content, known)
    ids = np.unique(content.numbers).astype(int) if known is None else np.asarray(known)
    _check_count(content, len(ids))
    check_times(content)
    check_unit(content, len(ids), pulse_width)
    if duration is not None:
        check_end(content, duration)
    check_order(content)
    return content, ids, duration


def _known_neurons(content: SpikeContent, neurons: range | None) -> Sequence[int] | None:
    """Those that were asked for or that the file tells; None: those that spike."""
    told = content.neurons
    for known in filter(None, (told, neurons)):
        # A range of very many has no len().
        count = known.stop - known.start if isinstance(known, range) else len(known)
        _check_count(content, count)
    if told is not None and neurons is not None and list(told) != list(neurons):
        raise InputError(
            f"{content.source}: is of the neurons {listed(told)}, not {listed(neurons)}"
        )
    return neurons if told is None else told


def _check_count(content: SpikeContent, neurons: int) -> None:
    if not neurons:
        raise InputError(
            f"{content.source}: has no spikes, and doesn't tell which neurons there are"
        )
    if neurons > MOST_NEURONS:
        raise InputError(
            f"{content.source}: {neurons} neurons are too many: a row has a circuit for its "
            f"synapse from each other one, so that there may be {MOST_NEURONS}"
        )


Reader = Callable[[Path, str | None], SpikeContent]
"""Reads a file, whose times are in a unit of TIME_UNITS where that is stated."""


def _read(path: Path, time_unit: str | None) -> SpikeContent:
    if time_unit not in (None, *TIME_UNITS):
        raise InputError(f"the unit of times is {time_unit!r}, not {', '.join(TIME_UNITS)}")
    if path.suffix.lower() not in _READERS:
        raise InputError(f"{path}: spikes come as {', '.join(_READERS)}")
    if not path.is_file():
        raise InputError(f"no file {str(path)!r}")
    return _READERS[path.suffix.lower()](path, time_unit)


def _read_npz(path: Path, time_unit: str | None) -> SpikeContent:
    try:
        # No pickles: they could run anything.
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise InputError(f"{path}: no readable NPZ file ({error})") from None
    times, numbers = (_array(arrays, names, path) for names in _NPZ_NAMES)
    if times.shape != numbers.shape:
        raise InputError(f"{path}: {len(times)} times, but {len(numbers)} neurons")
    count, duration = (_scalar(arrays, name, path) for name in ("count", "duration"))
    if count is not None and count != int(count):
        raise InputError(f"{path}: count is not a whole number")
    scale = TIME_UNITS[time_unit or "s"]
    return SpikeContent(
        times * scale,
        numbers,
        lambda k: f"{path}: entry {k}",
        path,
        None if time_unit else "s",
        None if count is None else range(int(count)),
        duration and duration * scale,
    )


def _array(arrays: dict[str, np.ndarray], names: tuple[str, ...], path: Path) -> np.ndarray:
    for name in names:
        if name in arrays:
            array = arrays[name]
            if array.ndim != 1 or array.dtype.kind not in "iuf":
                raise InputError(f"{path}: {name} is not a one-dimensional array of numbers")
            return array.astype(float)
    raise InputError(f"{path}: has no {' or '.join(names)}, but {', '.join(arrays) or 'nothing'}")


def _scalar(arrays: dict[str, np.ndarray], name: str, path: Path) -> float | None:
    if name not in arrays:
        return None
    array = arrays[name]
    if array.size != 1 or array.dtype.kind not in "iuf" or not 0 < array.item() < np.inf:
        raise InputError(f"{path}: {name} is not a positive number")
    return float(array.item())


def _read_hdf5(path: Path, time_unit: str | None) -> SpikeContent:
    if is_sonata(path):
        return _content(read_sonata(path, time_unit), path)
    _check_si(path, time_unit, "a result")
    result = load(path, NetworkResult)
    return SpikeContent(
        result.spike_times,
        result.spike_neurons,
        lambda k: f"{path}: entry {k}",
        path,
        None,
        range(len(result.state.weights)),
        result.duration,
    )


def _read_nwb(path: Path, time_unit: str | None) -> SpikeContent:
    _check_si(path, time_unit, "NWB")
    return _content(read_nwb(path), path)


def _check_si(path: Path, time_unit: str | None, what: str) -> None:
    if time_unit not in (None, "s"):
        raise InputError(f"{path}: times of {what} are in s, --time-unit says {time_unit}")


def _content(found: FileSpikes, path: Path) -> SpikeContent:
    return SpikeContent(
        found.times,
        found.neurons,
        lambda k: f"{path}: spike {k} in the order of time",
        path,
        found.assumed,
        found.ids,
        found.duration,
    )


_READERS: dict[str, Reader] = {
    **dict.fromkeys((".csv", ".txt", ".dat"), read_table),
    ".npz": _read_npz,
    **dict.fromkeys((".h5", ".hdf5"), _read_hdf5),
    ".nwb": _read_nwb,
}
"""By the end of a file's name; kinds of tables have a list of their own (TABLES)."""

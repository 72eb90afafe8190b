"""Somebody's spike trains from files: NPZ, CSV, or HDF5 as ebn_model saves its results."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from cosim.replay.spike_checks import (
    SpikeContent,
    check_numbers,
    check_order,
    check_rates,
    check_times,
)
from ebn_model.errors import InputError
from ebn_model.network.files import load
from ebn_model.network.results import NetworkResult
from ebn_model.text import read_text

AFTER_LAST = 5e-3
"""What a run goes on for after the last spike, where nothing says how long it is, s."""

_TIME_UNITS = {"time": 1.0, "time_s": 1.0, "time_ms": 1e-3}
"""Names of the column of times in a CSV file, and their unit in s."""
_NPZ_NAMES = (("spike_times", "times"), ("spike_neurons", "neurons"))


@dataclass(frozen=True, eq=False)
class SpikeTrains:
    """Spikes of all neurons of a network.

    Attributes:
        spike_times: s, shape (spikes,), ascending. spike_neurons: who fired, same shape.
        neurons: N, how many there are.
        duration: of the run, s.
    """

    spike_times: np.ndarray
    spike_neurons: np.ndarray
    neurons: int
    duration: float


def read_spikes(
    path: Path,
    pulse_width: float,
    slot: float,
    neurons: int | None = None,
    duration: float | None = None,
) -> SpikeTrains:
    """Read and check a file of spikes.

    Args:
        path: .npz with `spike_times` (or `times`, s) and `spike_neurons` (or `neurons`), perhaps
            `duration` in s and `count`, the number of neurons; .csv with a header of `time` or
            `time_s` (s) or `time_ms`, and `neuron`; .h5, a NetworkResult (ebn_model.network.files).
        pulse_width, slot: of the event bus that the spikes go over, s.
        neurons: N; by default what the file tells, or up to the highest number in it.
        duration: of the run, s; by default what the file tells, or 5 ms after the last spike.

    Raises:
        InputError: names the file, the line or entry and what is wrong with it: not a number,
            negative, too late, out of order, there twice, no such neuron, or more spikes than the
            bus can carry; or an N that isn't the file's.
    """
    path = Path(path)
    for name, value in (("neurons", neurons), ("duration", duration)):
        if value is not None and not (np.isfinite(value) and value > 0):
            raise InputError(f"{name} = {value:g} must be positive")
    content = _read(path)
    if neurons is not None and content.neurons not in (None, neurons):
        raise InputError(f"{path}: is of {content.neurons} neurons, not {neurons}")
    check_numbers(content, neurons or content.neurons)
    check_times(content, duration or content.duration)
    check_order(content)
    check_rates(content, pulse_width, slot)
    times, numbers = content.times, content.numbers.astype(int)
    count = neurons or content.neurons or int(numbers.max(initial=-1)) + 1
    if not count:
        raise InputError(f"{path}: has no spikes, and doesn't tell how many neurons there are")
    return SpikeTrains(
        spike_times=times,
        spike_neurons=numbers,
        neurons=count,
        duration=float(duration or content.duration or times.max(initial=0.0) + AFTER_LAST),
    )


def _read(path: Path) -> SpikeContent:
    readers = {".npz": _read_npz, ".csv": _read_csv, ".h5": _read_hdf5, ".hdf5": _read_hdf5}
    if path.suffix.lower() not in readers:
        raise InputError(f"{path}: spikes come as {', '.join(readers)}")
    if not path.is_file():
        raise InputError(f"no file {str(path)!r}")
    return readers[path.suffix.lower()](path)


def _read_npz(path: Path) -> SpikeContent:
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
    return SpikeContent(
        times, numbers, lambda k: f"{path}: entry {k}", count and int(count), duration
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


def _read_csv(path: Path) -> SpikeContent:
    lines = read_text(path).splitlines()
    header = [name.strip() for name in lines[0].split(",")] if lines else []
    units = [_TIME_UNITS[name] for name in header if name in _TIME_UNITS]
    if len(header) != 2 or len(units) != 1 or "neuron" not in header:
        raise InputError(
            f"{path}, line 1: the header is {','.join(header)!r}; it must be time,neuron or "
            "time_s,neuron (times in s) or time_ms,neuron"
        )
    written = [number for number, line in enumerate(lines[1:], 2) if line.strip()]
    rows = np.array([_cells(path, number, lines[number - 1]) for number in written])
    column = header.index("neuron")
    rows = rows.reshape(-1, 2)
    return SpikeContent(
        rows[:, 1 - column] * units[0], rows[:, column], lambda k: f"{path}, line {written[k]}"
    )


def _cells(path: Path, number: int, line: str) -> tuple[float, float]:
    try:
        first, second = map(float, line.split(","))
    except ValueError:
        raise InputError(f"{path}, line {number}: {line!r} is not two numbers") from None
    return first, second


def _read_hdf5(path: Path) -> SpikeContent:
    result = load(path, NetworkResult)
    return SpikeContent(
        result.spike_times,
        result.spike_neurons,
        lambda k: f"{path}: entry {k}",
        len(result.state.weights),
        result.duration,
    )

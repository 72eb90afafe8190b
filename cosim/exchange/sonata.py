"""Spikes as SONATA has them: HDF5 with a group `spikes`, a group for each population in it.

SONATA doesn't say which neurons were silent, nor how long the run was. Both are in attributes of
ours, `all_node_ids` and `duration`, which other readers pass over.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from cosim.exchange.spike_file import FileSpikes, in_order
from ebn_model.errors import InputError
from ebn_model.text import reading

POPULATION = "network"
_UNITS = {"s": 1.0, "ms": 1e-3, "milliseconds": 1e-3, "us": 1e-6}
_USUAL = "ms"
"""Unit of times where a file states none."""
_SORTING = {"none": 0, "by_id": 1, "by_time": 2}
_MS = 1e-3


def write_sonata(path: Path, spikes: FileSpikes) -> None:
    """Write a file with one population, `network`, times in ms, sorted by time.

    Raises:
        OSError: it can't be written.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        group = file.create_group(f"spikes/{POPULATION}")
        sorting = h5py.enum_dtype(_SORTING, basetype="u1")
        group.attrs.create("sorting", _SORTING["by_time"], dtype=sorting)
        group["timestamps"] = np.asarray(spikes.times, dtype=float) / _MS
        group["timestamps"].attrs["units"] = "ms"
        group["node_ids"] = np.asarray(spikes.neurons, dtype=np.uint64)
        if spikes.ids is not None:
            group.attrs["all_node_ids"] = np.asarray(spikes.ids, dtype=np.uint64)
        if spikes.duration is not None:
            group.attrs["duration"] = spikes.duration / _MS
    Path(path).write_bytes(buffer.getvalue())


def is_sonata(path: Path) -> bool:
    """True if an HDF5 file has a group of spikes; false where it can't be read."""
    try:
        with h5py.File(path) as file:
            return isinstance(file.get("spikes"), h5py.Group)
    except OSError:
        return False


def read_sonata(path: Path, time_unit: str | None = None) -> FileSpikes:
    """Read a file with one population, or of the time before there were any (`gids`).

    Args:
        path: of the file.
        time_unit: "s", "ms" or "us", where the file states none; by default it is ms, SONATA's own.

    Raises:
        InputError: names the file and what is wrong with it: several populations, another unit,
            or one that both file and user state, datasets that are missing or disagree.
    """
    with reading(path, "SONATA file"), h5py.File(path) as file:
        group = _population(file["spikes"], path)
        ids = group.get("node_ids", group.get("gids"))
        times = group.get("timestamps")
        for name, found in (("timestamps", times), ("node_ids", ids)):
            if not isinstance(found, h5py.Dataset) or found.ndim != 1:
                raise InputError(f"{path}: {group.name} has no list {name}")
        if times.shape != ids.shape:
            raise InputError(f"{path}: {len(times)} timestamps, but {len(ids)} node_ids")
        stated = times.attrs.get("units")
        if stated is not None and time_unit is not None:
            raise InputError(f"{path}: states the unit of its times; leave --time-unit out")
        unit = time_unit or _USUAL if stated is None else _text(stated)
        if unit not in _UNITS:
            raise InputError(f"{path}: timestamps are in {unit!r}, not {', '.join(_UNITS)}")
        duration, known = group.attrs.get("duration"), group.attrs.get("all_node_ids")
        return in_order(
            _in_seconds(times[()].astype(float), unit),
            ids[()].astype(float),
            None if known is None else _ids(known, path),
            None if duration is None else float(_in_seconds(duration, "ms")),
            _USUAL if stated is None and time_unit is None else None,
        )


def _in_seconds(times: Any, unit: str) -> Any:
    # Division by a whole number rounds once: 4.5 ms is 0.0045 s to the last bit.
    return times / round(1 / _UNITS[unit])


def _ids(known: np.ndarray, path: Path) -> Sequence[int]:
    values = [int(value) for value in np.atleast_1d(known)]
    if sorted(set(values)) != values:
        raise InputError(f"{path}: all_node_ids don't ascend")
    return values


def _population(spikes: h5py.Group, path: Path) -> h5py.Group:
    names = [name for name, item in spikes.items() if isinstance(item, h5py.Group)]
    if "timestamps" in spikes:
        if names:
            raise InputError(
                f"{path}: has spikes of no population beside those of {', '.join(names)}; spikes "
                "of one can be read"
            )
        return spikes
    if len(names) != 1:
        raise InputError(
            f"{path}: has {len(names)} populations, {', '.join(names) or 'none'}; spikes of one "
            "can be read"
        )
    return spikes[names[0]]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

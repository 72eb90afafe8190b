"""Results, networks and trainings as HDF5 files: frozen dataclasses of arrays and parameters."""

import dataclasses
import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import h5py
import numpy as np
from pydantic import BaseModel

from ebn_model.errors import InputError
from ebn_model.network.fields import FIELDS, Sizes
from ebn_model.network.results import NetworkResult
from ebn_model.text import reading
from ebn_model.validation import validated

FORMAT = "ebn-network"
VERSION = 1

Record = TypeVar("Record")


def save(record: Any, path: Path, units: dict[str, str] | None = None) -> None:
    """Write a record to one HDF5 file, whole or not at all; an existing file is replaced.

    Each array becomes a dataset with its unit, each record within the record a group, and all else
    (numbers, text, None, parameter sets) the JSON text `values` of its group.

    Args:
        record: instance of a dataclass.
        path: of the file.
        units: where they aren't those of fields.FIELDS, by the field's name: CHIP_UNITS.
    """
    names = {name: field.unit for name, field in FIELDS.items()} | (units or {})
    # In memory first: on a full disk HDF5 fails late and in unclear ways.
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs.update(format=FORMAT, version=VERSION)
        _write(record, file, names)
    _write_whole(buffer.getvalue(), path)


def load(path: Path, kind: type[Record], parts: Iterable[type] = ()) -> Record:
    """Read what `save` wrote, bit by bit the same.

    Args:
        path: of the file.
        kind: the dataclass that was saved.
        parts: dataclasses that its fields may hold where their type is a Protocol.

    Raises:
        InputError: names the file and what is wrong with it: missing, damaged, of another kind or
            version, a field that is missing or doesn't fit the others.
    """
    with reading(path, "HDF5 file"), h5py.File(path) as file:
        _check_format(file, path)
        reader = _Reader(path, {part.__name__: part for part in parts}, Sizes())
        return reader.record(file, kind)


def write_spikes(result: NetworkResult, path: Path) -> None:
    """Write the spikes as CSV, `time_s,neuron`, times to the last bit; whole or not at all."""
    pairs = zip(result.spike_times.tolist(), result.spike_neurons.tolist(), strict=True)
    rows = ["time_s,neuron", *(f"{time!r},{neuron}" for time, neuron in pairs)]
    _write_whole(("\n".join(rows) + "\n").encode(), path)


def _write_whole(content: bytes, path: Path) -> None:
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(record: Any, group: h5py.Group, units: dict[str, str]) -> None:
    values = {}
    for name in _names(type(record)):
        value = getattr(record, name)
        if isinstance(value, np.ndarray):
            group.create_dataset(name, data=value, compression="gzip")
            group[name].attrs["unit"] = units.get(name, "1")
        elif dataclasses.is_dataclass(value):
            _write(value, group.create_group(name), units)
        else:
            values[name] = _plain(value)
    group.attrs["kind"] = type(record).__name__
    group.attrs["values"] = json.dumps(values)
    group.attrs["units"] = json.dumps({name: units[name] for name in values if name in units})


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value.item() if isinstance(value, np.generic) else value


def _check_format(file: h5py.File, path: Path) -> None:
    if file.attrs.get("format") != FORMAT:
        raise InputError(f"{path}: not a file of the format {FORMAT}")
    version = file.attrs.get("version")
    if version != VERSION:
        raise InputError(f"{path}: version {version} of the format; this program reads {VERSION}")


@dataclasses.dataclass(frozen=True)
class _Reader:
    path: Path
    parts: dict[str, type]
    sizes: Sizes

    def record(self, group: h5py.Group, kind: type[Record]) -> Record:
        found = str(group.attrs.get("kind"))
        allowed = {kind.__name__: kind} if dataclasses.is_dataclass(kind) else self.parts
        if found not in allowed:
            expected = " or ".join(allowed)
            raise InputError(f"{self.path}: {group.name} holds a {found}, not a {expected}")
        values = json.loads(group.attrs.get("values", "{}"))
        kind = allowed[found]
        hints = get_type_hints(kind)
        return kind(**{n: self._field(group, n, hints[n], values) for n in _names(kind)})

    def _field(self, group: h5py.Group, name: str, hint: Any, values: dict[str, Any]) -> Any:
        source = f"{self.path}: {group.name.rstrip('/')}/{name}"
        hint = _without_none(hint)
        if name in values:
            return _value(values[name], hint, source)
        if name not in group:
            raise InputError(f"{source} is missing")
        item = group[name]
        if isinstance(item, h5py.Dataset):
            array = item[()]
            self.sizes.check(array, group.name, name, source)
            return array
        return self.record(item, hint)


def _value(value: Any, hint: Any, source: str) -> Any:
    if value is not None and isinstance(hint, type) and issubclass(hint, BaseModel):
        return validated(hint, value, source)
    return value


def _names(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if field.init]


def _without_none(hint: Any) -> Any:
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    return kinds[0] if len(kinds) == 1 and NoneType in get_args(hint) else hint

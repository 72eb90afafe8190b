"""Results on disk: spike table as CSV, waveforms as HDF5, and a JSON record of the run."""

import io
import json
from pathlib import Path

import h5py

from ebn_model.errors import InputError
from ebn_model.results import LearningResult, read_spike_table
from ebn_model.text import read_text

_UNITS = {"time": "s", "i_mem": "A", "weight": "LSB", "output_spikes": "s"}


def write_result(result: LearningResult, folder: Path) -> None:
    """Write per_spike.csv, and waveforms.h5 in the units of _UNITS."""
    result.spikes.write_csv(folder / "per_spike.csv")
    # In memory first: on a full disk HDF5 fails late and in unclear ways.
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, unit in _UNITS.items():
            data = file.create_dataset(name, data=getattr(result, name), compression="gzip")
            data.attrs["unit"] = unit
    folder.joinpath("waveforms.h5").write_bytes(buffer.getvalue())


def read_result(folder: Path) -> LearningResult:
    """Read what `write_result` wrote.

    Raises:
        InputError: there is no result in the folder.
    """
    if not folder.joinpath("waveforms.h5").is_file():
        raise InputError(f"no result in {folder}")
    with h5py.File(folder / "waveforms.h5") as file:
        waveforms = {name: file[name][:] for name in _UNITS}
    return LearningResult(**waveforms, spikes=read_spike_table(folder / "per_spike.csv"))


def write_json(values: dict, path: Path) -> None:
    """Write readable JSON."""
    path.write_text(to_json(values), encoding="utf-8")


def to_json(values: dict) -> str:
    """Readable JSON, the same text for the same values."""
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> dict:
    """Read a JSON file, empty where it is missing or unreadable, so that it gets written anew."""
    try:
        return json.loads(read_text(path))
    except (FileNotFoundError, InputError, json.JSONDecodeError):
        return {}

"""A neuron's run as files: spike table as CSV, waveforms as HDF5."""

import io
from pathlib import Path

import h5py

from ebn_model.results import LearningResult, read_spike_table
from ebn_model.text import reading

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
        InputError: a file is missing or can't be read; names it.
    """
    path = folder / "waveforms.h5"
    with reading(path, "HDF5 file"), h5py.File(path) as file:
        waveforms = {name: file[name][:] for name in _UNITS}
    return LearningResult(**waveforms, spikes=read_spike_table(folder / "per_spike.csv"))

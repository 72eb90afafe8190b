"""Spikes in Neurodata Without Borders (NWB): a table of units, a unit for each neuron."""

import io
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path

import h5py
import numpy as np

from cosim.exchange.extra import load_package
from cosim.exchange.spike_file import FileSpikes, in_order
from ebn_model.errors import InputError
from ebn_model.text import reading


def write_nwb(path: Path, spikes: FileSpikes, description: str, start: datetime) -> None:
    """Write a file whose units have the neurons' ids, silent ones included, times in s.

    Args:
        path: of the file.
        spikes: ids must be known; the duration, where it is known, is each unit's interval of
            observation.
        description: of the session: what was simulated.
        start: of the session, with its time zone; NWB asks for it.

    Raises:
        InputError: pynwb isn't installed.
        OSError: the file can't be written.
    """
    pynwb = load_package("pynwb", "NWB files")
    ids = np.unique(spikes.neurons) if spikes.ids is None else np.asarray(spikes.ids)
    content = np.asarray(spikes.times, dtype=float).tobytes() + np.asarray(spikes.neurons).tobytes()
    file = pynwb.NWBFile(
        session_description=description,
        identifier=sha256(content).hexdigest(),
        session_start_time=start.astimezone(timezone.utc),
    )
    for number in ids.astype(int).tolist():
        interval = {} if spikes.duration is None else {"obs_intervals": [[0.0, spikes.duration]]}
        file.add_unit(id=number, spike_times=spikes.times[spikes.neurons == number], **interval)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as hdf5, pynwb.NWBHDF5IO(file=hdf5, mode="w") as writer:
        writer.write(file)
    Path(path).write_bytes(buffer.getvalue())


def read_nwb(path: Path) -> FileSpikes:
    """Read the units of a file; the run is as long as their longest interval of observation.

    Raises:
        InputError: pynwb isn't installed, or the file has no units with times of spikes; names it.
    """
    pynwb = load_package("pynwb", "NWB files")
    with reading(path, "NWB file"), pynwb.NWBHDF5IO(str(path), mode="r") as reader:
        units = reader.read().units
        if units is None or "spike_times" not in units.colnames:
            raise InputError(f"{path}: has no units with spike_times")
        ids = [int(number) for number in units.id[:]]
        trains = [np.asarray(units["spike_times"][row], dtype=float) for row in range(len(ids))]
        ends = []
        if "obs_intervals" in units.colnames:
            intervals = [np.asarray(units["obs_intervals"][row]) for row in range(len(ids))]
            ends = [one.max() for one in intervals if one.size]
    if len(set(ids)) != len(ids):
        raise InputError(f"{path}: several units have the same id")
    return in_order(
        np.concatenate([np.empty(0), *trains]),
        np.repeat(np.array(ids, dtype=float), [len(train) for train in trains]),
        sorted(ids),
        float(max(ends)) if ends else None,
    )

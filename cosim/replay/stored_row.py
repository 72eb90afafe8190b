"""A finished row on disk, so that an interrupted replay goes on where it was."""

import hashlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from cosim.engine.simulator import simulator_versions
from cosim.replay.row_run import RowRun, RowTask
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest
from cosim.workbench.store import StoredResult
from ebn_model.network.files import load, save

FILE = "row.h5"
UNITS = {
    "time": "s",
    "i_mem": "A",
    "output_spikes": "s",
    "t_rise": "s",
    "t_fall": "s",
    "i_mem_rise": "A",
    "i_mem_fall": "A",
    "weight_before": "LSB",
    "weight_after": "LSB",
    "final_codes": "LSB",
    "final_fractions": "LSB/2**sub_lsbs",
    "seconds": "s",
}


class StoredRow(StoredResult):
    """The run of a row, in a folder for each row and view."""

    def __init__(self, folder: Path, task: RowTask):
        """folder: of all rows; it need not be there yet."""
        super().__init__(Path(folder) / f"row_{task.row:03d}_{task.circuit.view}", _key(task))

    def read(self) -> RowRun:
        """The run, bit by bit as it was; raises as `record`."""
        return load(self.checked() / FILE, RowRun)

    def write(self, run: RowRun) -> None:
        """Keep a run; raises OutputError where it can't be."""
        with self.writing() as folder:
            save(run, folder / FILE, UNITS)


def row_key(task: RowTask) -> str:
    """Digest of all that a row's run follows from: deck, stimulus, programs and sources."""
    return digest(to_json(_key(task)))


def _key(task: RowTask) -> dict:
    return {
        "deck": task.job.deck.sha256,
        # Of a run in closed loop the deck tells only a part.
        "stimulus": content_digest(task.stimulus),
        "view": task.circuit.view,
        "step": task.circuit.step,
        "waveform": task.waveform,
        "sources": sources_digest("cosim.replay.row_run", "cosim.replay.stored_row"),
        **simulator_versions(),
    }


def content_digest(value: Any) -> str:
    """Digest of an array, a number, a parameter set or a record of such, each bit of it."""
    sha = hashlib.sha256()
    _add(sha, value)
    return sha.hexdigest()


def _add(sha: Any, value: Any) -> None:
    if is_dataclass(value):
        for field in fields(value):
            sha.update(f"{field.name}: ".encode())
            _add(sha, getattr(value, field.name))
    elif isinstance(value, BaseModel):
        sha.update(to_json(value.model_dump(mode="json")).encode())
    else:
        array = np.ascontiguousarray("none" if value is None else value)
        sha.update(f"{array.dtype.str} {array.shape} ".encode())
        sha.update(array.tobytes())

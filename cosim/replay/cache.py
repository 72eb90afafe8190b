"""Finished rows on disk, so that an interrupted replay goes on where it was."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cosim.engine.simulator import simulator_versions
from cosim.replay.row_run import RowRun, RowTask
from cosim.workbench.output import OutputError
from cosim.workbench.provenance import digest, sources_digest
from cosim.workbench.store import to_json
from ebn_model.errors import InputError
from ebn_model.network.files import load, save

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


@dataclass(frozen=True, eq=False)
class _Stored:
    """What a file holds.

    key: of the task. content: digest of the run, by which a damaged file is told.
    """

    key: str
    content: str
    run: RowRun


class RowCache:
    """A folder with one file for each row and view."""

    def __init__(self, folder: Path):
        """folder: need not be there yet."""
        self._folder = Path(folder)

    def path(self, task: RowTask) -> Path:
        """Where the task's run is kept."""
        return self._folder / f"row_{task.row:03d}_{task.circuit.view}.h5"

    def read(self, task: RowTask) -> RowRun | None:
        """The task's run; None where there is none, an outdated, damaged or truncated one."""
        path = self.path(task)
        if not path.is_file():
            return None
        try:
            stored = load(path, _Stored)
            valid = stored.key == row_key(task) and stored.content == _content(stored.run)
        except (InputError, AttributeError, KeyError, TypeError, ValueError, RuntimeError):
            # Whatever a reader makes of a damaged file, the row is run again.
            return None
        return stored.run if valid else None

    def write(self, task: RowTask, run: RowRun) -> None:
        """Keep the task's run, whole or not at all; raises OutputError where it can't be."""
        with _writing_to(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            save(_Stored(row_key(task), _content(run), run), self.path(task), UNITS)


def row_key(task: RowTask) -> str:
    """Digest of all that a row's run follows from: deck, stimulus, programs and sources."""
    values = {
        "deck": task.job.deck.sha256,
        # Of a run in closed loop the deck tells only a part.
        "stimulus": _content(task.stimulus),
        "view": task.circuit.view,
        "step": task.circuit.step,
        "waveform": task.waveform,
        "sources": sources_digest("cosim.replay.row_run", "cosim.replay.cache"),
        **simulator_versions(),
    }
    return digest(to_json(values))


def _content(record: Any) -> str:
    """Digest of all numbers of a record, each bit of them."""
    sha = hashlib.sha256()
    for name, value in _values(record):
        array = np.ascontiguousarray(value)
        sha.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def _values(record: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in fields(record):
        value, name = getattr(record, field.name), prefix + field.name
        if is_dataclass(value):
            yield from _values(value, f"{name}.")
        elif value is None:
            yield name, "none"
        else:
            yield name, value


@contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error

"""The store: results on disk, written whole or not at all, and used only where they are intact."""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cosim.workbench.errors import CosimError
from cosim.workbench.json_files import write_json
from cosim.workbench.output import new_folder
from ebn_model.errors import InputError
from ebn_model.sealed import DamagedError, check_file, read_sealed, sealed

RECORD = "run.json"
_log = logging.getLogger(__name__)


class OutdatedError(CosimError):
    """A stored result follows from something else than what is asked for; names it, and what."""


class StoredResult:
    """A result: files in a folder, and a record of what they follow from and of their digests.

    The record is sealed, too. A result is used only where its key is the one that is asked for, and
    each of its files is, byte for byte, what was written.
    """

    record_name = RECORD
    _place = staticmethod(new_folder)

    def __init__(self, folder: Path, key: Any):
        """A result that is or will be in a folder of its own.

        key: all that the result depends on, of JSON's types: a digest, or a table of its parts, by
        which an outdated result is told.
        """
        self.folder = Path(folder)
        self.key = json.loads(json.dumps(key))
        self._said = ""

    def is_current(self) -> bool:
        """True if it is there, intact, and what a run would give.

        What is there, but can't be used, is named in a warning, with the reason.
        """
        try:
            return self._read() is not None
        except (DamagedError, OutdatedError) as error:
            self._say(error)
            return False

    @property
    def record(self) -> dict[str, Any]:
        """The key, and what else was said of the run.

        Raises:
            InputError: there is no result, or a damaged one (DamagedError).
            OutdatedError: it is another one.
        """
        record = self._read()
        if record is None:
            raise InputError(f"no result in {self.folder}")
        return {name: value for name, value in record.items() if name != "files"}

    def checked(self) -> Path:
        """The folder, with the files of a current result; raises as `record`."""
        _ = self.record
        return self.folder

    def check_intact(self) -> None:
        """Raise DamagedError for a damaged result; one that is missing or outdated is intact."""
        try:
            self._read()
        except OutdatedError as error:
            self._say(error)

    @contextmanager
    def writing(self, values: Mapping[str, Any] | None = None) -> Iterator[Path]:
        """Give an empty folder for the files, which take the old ones' place in the end.

        values: what else the record is to tell, of JSON's types.

        Raises:
            OutputError: a file could not be written; what was there is then as it was.
        """
        with self._place(self.folder) as new:
            yield new
            files = {path.name: _digest(path) for path in sorted(new.iterdir())}
            record = {"key": self.key, **(values or {}), "files": files}
            write_json(sealed(record), new / self.record_name)

    def _read(self) -> dict[str, Any] | None:
        """The record; None where there is nothing. Raises DamagedError or OutdatedError."""
        if not self._is_there():
            return None
        path = self.folder / self.record_name
        record = read_sealed(path)
        if not record.keys() >= {"key", "files"}:
            raise DamagedError(f"{path}: is no record of a result")
        if record["key"] != self.key:
            raise OutdatedError(f"{path}: of another {_differences(record['key'], self.key)}")
        for name, digest in record["files"].items():
            check_file(self.folder / name, digest)
        return record

    def _is_there(self) -> bool:
        return os.path.lexists(self.folder)

    def _say(self, error: Exception) -> None:
        """Warn, once for each reason."""
        if self._said != str(error):
            self._said = str(error)
            _log.warning("%s; not used", error)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _differences(found: Any, wanted: Any) -> str:
    """The names of the parts in which two keys differ."""
    if not (isinstance(found, dict) and isinstance(wanted, dict)):
        return "key"
    names = [name for name in {**wanted, **found} if found.get(name) != wanted.get(name)]
    return ", ".join(names)

"""Finished runs, one line of JSON each, so that an interrupted study goes on."""

import json
import logging
import os
from pathlib import Path
from typing import Any

from cosim.workbench.output import new_files
from ebn_model.sealed import DamagedError, read_bytes, sealed, unsealed

_log = logging.getLogger(__name__)


class Journal:
    """Known outcomes by the keys of runs.

    Each line is sealed: a damaged one is named and left out, as is, without a word, a last one that
    was torn when the process died.
    """

    def __init__(self, path: Path):
        """path: of the file; it need not be there. Raises OutputError where it can't be mended."""
        self._path = path
        self._known: dict[str, dict] = {}
        if os.path.lexists(path) and not self._read():
            self._rewrite()

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> dict:
        return self._known[key]

    def add(self, key: str, outcome: dict) -> None:
        """Remember an outcome, on disk at once."""
        self._known[key] = outcome
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(key, outcome))

    def keep_only(self, keys: set[str]) -> None:
        """Drop what no run of the study has any more, whole or not at all."""
        others = self._known.keys() - keys
        if others:
            _log.warning(
                "%s: %d runs of other settings, seeds or sources; not used", self._path, len(others)
            )
        self._known = {key: value for key, value in self._known.items() if key in keys}
        self._rewrite()

    def _read(self) -> bool:
        """Take all lines that can be; whether these are all that there are."""
        try:
            text = read_bytes(self._path)
        except DamagedError as error:
            _log.warning("%s; not used", error)
            return False
        *lines, rest = text.split(b"\n")
        whole = [self._take(line, number) for number, line in enumerate(lines, 1)]
        return all(whole) and not rest

    def _take(self, line: bytes, number: int) -> bool:
        try:
            entry: dict[str, Any] = unsealed(line, f"{self._path}, line {number}")
        except DamagedError as error:
            _log.warning("%s; not used", error)
            return False
        self._known[entry["key"]] = entry["outcome"]
        return True

    def _rewrite(self) -> None:
        with new_files(self._path.parent) as new:
            lines = [_line(key, outcome) for key, outcome in self._known.items()]
            new.joinpath(self._path.name).write_text("".join(lines), encoding="utf-8")


def _line(key: str, outcome: dict) -> str:
    return json.dumps(sealed({"key": key, "outcome": outcome})) + "\n"

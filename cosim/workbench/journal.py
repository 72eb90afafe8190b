"""Finished runs, one line of JSON each, so that an interrupted study goes on."""

import json
from pathlib import Path

from ebn_model.text import read_text


class Journal:
    """What is known by the key of a run; lines are added, and a torn one is left out."""

    def __init__(self, path: Path):
        """path: of the file; it need not be there."""
        self._path = path
        self._known: dict[str, dict] = {}
        if path.is_file():
            for line in read_text(path).splitlines():
                self._take(line)

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def __getitem__(self, key: str) -> dict:
        return self._known[key]

    def add(self, key: str, outcome: dict) -> None:
        """Remember an outcome, on disk at once."""
        self._known[key] = outcome
        with self._path.open("a", encoding="utf-8") as file:
            # A line that a crash has torn must not swallow this one.
            file.write("\n" * self._torn() + json.dumps({"key": key, "outcome": outcome}) + "\n")

    def keep_only(self, keys: set[str]) -> None:
        """Drop what no run of the study has any more, whole or not at all."""
        self._known = {key: value for key, value in self._known.items() if key in keys}
        lines = [json.dumps({"key": k, "outcome": v}) + "\n" for k, v in self._known.items()]
        part = self._path.with_suffix(".part")
        part.write_text("".join(lines), encoding="utf-8")
        part.replace(self._path)

    def _take(self, line: str) -> None:
        try:
            entry = json.loads(line)
            self._known[entry["key"]] = entry["outcome"]
        except (json.JSONDecodeError, KeyError, TypeError):
            return

    def _torn(self) -> bool:
        text = self._path.read_bytes()[-1:] if self._path.is_file() else b""
        return text not in (b"", b"\n")

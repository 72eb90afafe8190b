"""Readable JSON, the same text for the same values."""

import json
from pathlib import Path
from typing import Any


def write_json(values: dict, path: Path) -> None:
    """Write readable JSON."""
    path.write_text(to_json(values), encoding="utf-8")


def to_json(values: Any) -> str:
    """Readable JSON, the same text for the same values."""
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

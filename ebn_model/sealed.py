"""JSON objects that carry their own digest, so that what was cut, damaged or edited is told."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ebn_model.errors import InputError

SEAL = "sha256"
"""The key of the digest."""


class DamagedError(InputError):
    """A file isn't what was written: missing, cut, damaged, edited or unreadable; names it."""


def sealed(values: dict[str, Any]) -> dict[str, Any]:
    """The values with the SHA-256 of their JSON text under SEAL, whatever their order."""
    return {**values, SEAL: _digest(values)}


def unsealed(text: str | bytes, source: str) -> dict[str, Any]:
    """The values of the JSON text of what `sealed` gave.

    Raises:
        DamagedError: they are others, or there is no digest; begins with `source`.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise DamagedError(f"{source}: damaged, no readable JSON ({error})") from None
    if not isinstance(values, dict) or SEAL not in values:
        raise DamagedError(f"{source}: has no digest; an earlier version wrote it")
    digest = values.pop(SEAL)
    try:
        intact = digest == _digest(values)
    except ValueError:
        # Not a number: such are never written.
        intact = False
    if not intact:
        raise DamagedError(f"{source}: damaged or edited, its digest is another one")
    return values


def read_sealed(path: Path) -> dict[str, Any]:
    """The values of a file of one sealed object; raises DamagedError, also where it is missing."""
    return unsealed(read_bytes(path), str(path))


def check_file(path: Path, digest: str) -> None:
    """Raise DamagedError unless a file has this SHA-256."""
    if hashlib.sha256(read_bytes(path)).hexdigest() != digest:
        raise DamagedError(f"{path}: damaged or edited, its digest is another one")


def read_bytes(path: Path) -> bytes:
    """Content of a file; raises DamagedError where it can't be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise DamagedError(f"{path}: is missing") from None
    except OSError as error:
        raise DamagedError(f"{path}: cannot be read ({error.strerror or error})") from None


def _digest(values: dict[str, Any]) -> str:
    # As it comes back from a file: tuples as lists, keys as text.
    plain = json.loads(json.dumps(values, allow_nan=False))
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

"""Digests of netlists, by which what was measured on them is known to be of other ones."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from cosim.workbench.places import NETLISTS
from ebn_model.errors import InputError
from ebn_model.measured import measured_netlists


def netlist_digests(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file without its comment lines and blanks at the ends of lines.

    By the path in netlists/, or the whole one of a file that is elsewhere.

    Raises:
        InputError: a file can't be read.
    """
    digests = {}
    for path in sorted(set(paths)):
        digest = _digest(path)
        if digest is None:
            raise InputError(f"{path} can't be read")
        digests[_name(path)] = digest
    return digests


def changed_netlists(digests: Mapping[str, str]) -> list[str]:
    """Names of the files, of those in `netlist_digests`, that are missing, or others now."""
    return [name for name, digest in digests.items() if _digest(NETLISTS / name) != digest]


def check_measured(constants: str) -> None:
    """Raise InputError where constants of ebn_model.measured are of other netlists."""
    changed = changed_netlists(measured_netlists(constants))
    if changed:
        table = constants.removesuffix("_row")
        raise InputError(
            f"{constants}.json: measured before {', '.join(changed)} changed; measure anew with "
            f"`ebn-cosim calibrate {table}`"
        )


def _name(path: Path) -> str:
    return (path.relative_to(NETLISTS) if path.is_relative_to(NETLISTS) else path).as_posix()


def _digest(path: Path) -> str | None:
    """Digest of a file; None where it can't be read."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return None
    kept = (line.rstrip() for line in lines)
    content = b"\n".join(line for line in kept if line and not line.lstrip().startswith(b"*"))
    return hashlib.sha256(content).hexdigest()

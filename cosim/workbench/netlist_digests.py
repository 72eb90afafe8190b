"""Digests of netlists, by which what was measured on them is known to be of other ones."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from cosim.workbench.places import NETLISTS, PROJECT_FILE, in_use, project
from cosim.workbench.settings import read_toml
from ebn_model.errors import InputError
from ebn_model.measured import measured_netlists


def netlist_digests(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file without its comment lines and blanks at the ends of lines; of a
    project's file, of what it says of supply, rails and probes.

    By the path in netlists/ or in the project, or the whole one of a file that is elsewhere.

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
    return [name for name, digest in digests.items() if _digest(in_use(NETLISTS / name)) != digest]


def check_measured(constants: str) -> None:
    """Raise InputError where constants of ebn_model.measured are of other netlists."""
    changed = changed_netlists(measured_netlists(constants))
    if changed:
        table = constants.removesuffix("_row")
        advice = f"measure anew with `ebn-cosim calibrate {table}`"
        if project():
            advice = "networks without circuits have our cells' constants: run it elsewhere"
        raise InputError(
            f"{constants}.json: measured before {', '.join(changed)} changed; {advice}"
        )


def _name(path: Path) -> str:
    for folder in (NETLISTS, project()):
        if folder and path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.as_posix()


def _digest(path: Path) -> str | None:
    """Digest of a file; None where it can't be read."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    kept = _of_circuit(path) if path.name == PROJECT_FILE else _statements(content)
    return hashlib.sha256(kept).hexdigest()


def _statements(netlist: bytes) -> bytes:
    lines = (line.rstrip() for line in netlist.splitlines())
    return b"\n".join(line for line in lines if line and not line.lstrip().startswith(b"*"))


def _of_circuit(path: Path) -> bytes:
    """Supply, rails and probes, as a project's file states them."""
    stated = read_toml(path)
    kept = [stated.get(key) or None for key in ("supply", "rails", "probes")]
    return json.dumps(kept, sort_keys=True).encode()

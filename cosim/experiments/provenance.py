"""What a result depends on beside its inputs: versions of programs, and our own sources."""

import hashlib
import logging
import platform
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from cosim.engine.library import find_library

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder, with netlists/ and Simulations/."""

OLDEST_TESTED = 39
"""The oldest ngspice, by the number that its library gives, that README's table has."""

_messages = logging.getLogger(__name__)

_IMPORT = re.compile(r"^\s*from ((?:cosim|ebn_model)[\w.]*) import (.*)", re.M)


@cache
def simulator_versions() -> dict[str, str]:
    """Versions of what shapes a circuit's result, ngspice's among them.

    Warns, once in a process, of an ngspice older than OLDEST_TESTED; raises CosimError where there
    is none.
    """
    find_library()
    # In a process of its own, as the library can be started just once in each.
    question = "from cosim.engine.ngspice import NgSpice; print(NgSpice().ngspice_version)"
    answer = subprocess.run(
        [sys.executable, "-c", question], capture_output=True, encoding="utf-8", check=True
    )
    ngspice = answer.stdout.split()[-1]
    if int(ngspice) < OLDEST_TESTED:
        _messages.warning(
            "ngspice %s is older than %s, the oldest that this project is tested with: its results "
            "may differ",
            ngspice,
            OLDEST_TESTED,
        )
    names = ("ebn-cosim", "PySpice")
    return {"ngspice": ngspice, **{name: version(name) for name in names}}


def versions() -> dict[str, str]:
    """Versions of all programs that a circuit's result passes through."""
    return {**simulator_versions(), **python_versions("numpy", "scipy", "matplotlib")}


def python_versions(*names: str) -> dict[str, str]:
    """Versions of Python and of packages."""
    return {"Python": platform.python_version(), **{name: version(name) for name in names}}


def digest(text: str) -> str:
    """Hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def sources_digest(*roots: str) -> str:
    """Hexadecimal SHA-256 of modules of this project and of all of ours that they import.

    Found, not listed, so that no source that shapes a result can be forgotten.
    """
    found: set[Path] = set()
    waiting = [_file(module) for module in roots]
    while waiting:
        path = waiting.pop()
        if path.is_file() and path not in found:
            found.add(path)
            for source, names in _IMPORT.findall(path.read_text(encoding="utf-8")):
                # What is imported from a package may be modules.
                modules = [source, *(f"{source}.{name}" for name in re.findall(r"\w+", names))]
                waiting += map(_file, modules)
    return digest("".join(path.read_text(encoding="utf-8") for path in sorted(found)))


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")

"""What a result depends on beside its inputs: versions of programs, and our own sources."""

import hashlib
import platform
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from cosim.ngspice import find_library

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder, with netlists/ and Simulations/."""

_IMPORT = re.compile(r"^\s*from (cosim|ebn_model)(?:\.| import )(\w+)", re.M)


@cache
def simulator_versions() -> dict[str, str]:
    """Versions of what shapes a circuit's result; raises CosimError where ngspice is missing."""
    find_library()
    # In a process of its own, as the library can be started just once in each.
    question = "from cosim.ngspice import NgSpice; print(NgSpice().ngspice_version)"
    answer = subprocess.run(
        [sys.executable, "-c", question], capture_output=True, text=True, check=True
    )
    names = ("ebn-cosim", "PySpice")
    return {"ngspice": answer.stdout.split()[-1], **{name: version(name) for name in names}}


def versions() -> dict[str, str]:
    """Versions of all programs that a result passes through."""
    names = ("numpy", "scipy", "matplotlib")
    return {
        **simulator_versions(),
        "Python": platform.python_version(),
        **{name: version(name) for name in names},
    }


def digest(text: str) -> str:
    """Hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def sources_digest(*modules: str) -> str:
    """Hexadecimal SHA-256 of modules of this project and of all of ours that they import.

    Found, not listed, so that no source that shapes a result can be forgotten.
    """
    found: set[Path] = set()
    waiting = [_file(module) for module in modules]
    while waiting:
        path = waiting.pop()
        if path.is_file() and path not in found:
            found.add(path)
            waiting += [_file(".".join(names)) for names in _IMPORT.findall(path.read_text())]
    return digest("".join(path.read_text() for path in sorted(found)))


def _file(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")

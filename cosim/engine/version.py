"""The version of the ngspice library."""

import subprocess

from cosim.engine.ngspice import NgSpice
from cosim.workbench.child import python_command
from cosim.workbench.errors import CosimError


def ngspice_version() -> str:
    """The library's own words, from a process of its own: each can start it just once.

    Raises:
        CosimError: it can't be started.
    """
    answer = subprocess.run(
        python_command(__name__), capture_output=True, encoding="utf-8", errors="replace"
    )
    if answer.returncode:
        raise CosimError(f"ngspice can't be started: {answer.stderr[-2000:].strip()}")
    return answer.stdout.split()[-1]


def main() -> None:
    """Entry of the process: print the version, at last."""
    print(NgSpice().ngspice_version)

"""Processes of this project's own code in Python."""

import sys
from pathlib import Path


def python_command(module: str, *arguments: object) -> list[str]:
    """The command of a process that calls `main` of a module with arguments, given by their repr.

    It imports from where this process does, and from nowhere else. What the terminal or a service
    manager sends to parent and children alike, it ignores from the first: the parent decides what
    that means, and has to see to it that its end is that of its children.
    """
    # An empty entry is the working directory.
    path = [str(Path(entry).absolute()) for entry in sys.path]
    code = f"""\
import signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
sys.path[:] = {path!r}
from {module} import main
main({", ".join(map(repr, arguments))})
"""
    return [sys.executable, "-I", "-c", code]

"""Processes of this project's own code."""

import signal
import sys
from pathlib import Path


def python_command(module: str, *arguments: object) -> list[str]:
    """The command of a process that calls `main` of a module with arguments, given by their repr.

    It imports from where this process does, and from nowhere else.
    """
    # An empty entry is the working directory.
    path = [str(Path(entry).absolute()) for entry in sys.path]
    call = ", ".join(map(repr, arguments))
    code = f"import sys; sys.path[:] = {path!r}; from {module} import main; main({call})"
    return [sys.executable, "-I", "-c", code]


def leave_signals_to_parent() -> None:
    """Ignore what the terminal or a service manager sends to parent and children alike.

    The parent decides what it means, and its end is that of its children.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)

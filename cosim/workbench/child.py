"""Processes of this project's own code in Python."""

import json
import sys
from pathlib import Path

import cosim
import ebn_model
from cosim.workbench import child_start


def python_command(module: str, *arguments: int | str) -> list[str]:
    """The command of a process that calls `main` of a module of ours with arguments.

    It starts isolated, see child_start, and ignores what the terminal or a service manager sends to
    parent and children alike; the parent has to see to it that its end is that of its children.
    """
    path = [entry for entry in sys.path if Path(entry).is_absolute()]
    task = {
        "packages": {package.__name__: package.__path__[0] for package in (cosim, ebn_model)},
        # Where this process runs is a user's folder, which is first after `python -m`.
        "path": sorted(path, key=lambda entry: Path(entry).resolve() == Path.cwd()),
        "module": module,
        "arguments": arguments,
    }
    return [sys.executable, "-I", "-S", child_start.__file__, json.dumps(task)]

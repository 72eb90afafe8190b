"""Starts a process of this project's own code: run as a file by an isolated interpreter.

An isolated interpreter (`python -I -S`) has its own modules only: none of the working directory, of
where the environment says, or installed. The parent's packages come from where the parent has them,
and what else it can import comes in the parent's order, but after the interpreter's own modules,
and the working directory last, so that no file of a user's takes the place of a module.
"""

import json
import signal
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def main() -> None:
    """Import the parent's packages, and call `main` of the module that the argument names."""
    # First of all: what the terminal or a service manager sends to parent and children alike, the
    # parent decides about, and its end is that of its children.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    task = json.loads(sys.argv[1])
    sys.path += [path for path in task["path"] if path not in sys.path]
    for name, location in task["packages"].items():
        file = Path(location, "__init__.py")
        spec = spec_from_file_location(name, file, submodule_search_locations=[location])
        assert spec and spec.loader, location
        package = module_from_spec(spec)
        sys.modules[name] = package
        spec.loader.exec_module(package)
    import_module(task["module"]).main(*task["arguments"])


if __name__ == "__main__":
    main()

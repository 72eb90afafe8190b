"""Search for the ngspice library."""

import ctypes
import ctypes.util
import os
from collections.abc import Iterator
from pathlib import Path

from PySpice.Spice.NgSpice.Shared import NgSpiceShared

from cosim.workbench.errors import CosimError


def find_library() -> str:
    """Name or path of a libngspice that loads; raises CosimError telling how to get one."""
    tried = []
    for name in _library_names():
        # A path must hold from any working directory, a plain name is left to the loader.
        name = str(Path(name).absolute()) if os.sep in name else name
        tried.append(name)
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return name
    raise CosimError(
        f"no ngspice library found (tried {', '.join(tried)}): install Debian's package "
        "libngspice0 (sudo apt install libngspice0), or set NGSPICE_LIBRARY_PATH to the file"
    )


def _library_names() -> Iterator[str]:
    if explicit := os.environ.get("NGSPICE_LIBRARY_PATH"):
        yield explicit
        return
    # PySpice takes an empty variable for a name.
    if usual := NgSpiceShared.LIBRARY_PATH.format(""):
        yield usual
    if found := ctypes.util.find_library("ngspice"):
        yield found
    yield "libngspice.so.0"

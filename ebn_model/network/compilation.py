"""Compilation of loops by numba, kept on disk where there is a place for that."""

import ast
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from numba import njit

# Without `_nrt` no loop counts references to its arrays, which their caller holds: counting takes
# three quarters of the time of a training with 20 neurons where atomic operations are slow. It also
# means that no loop can make an array.
_OPTIONS: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
_ROOT = Path(__file__).resolve().parents[2]


def compiled(function: Callable) -> Callable:
    """The function, compiled once for all runs; a division by zero is infinite, as in numpy.

    It may change arrays, and take views of them, but can't make any.

    numba keeps what it has compiled beside the source or in the user's cache. Where it can write to
    neither (somebody else's installation, and no home), each process compiles anew.
    """
    try:
        made = njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:
        return njit(**_OPTIONS)(function)
    # By itself numba follows the function's own file only, not those of what the function calls.
    index = made._cache._cache_file
    index._source_stamp = index._source_stamp, _digest(function.__module__)
    return made


def inlined(function: Callable) -> Callable:
    """The function, compiled into its caller: so often called that passing arrays would show."""
    return njit(inline="always", **_OPTIONS)(function)


@cache
def _digest(module: str) -> str:
    """Digest of the sources of a module and of all that it imports from its own package."""
    sources: dict[str, bytes] = {}
    _collect(module, sources)
    return sha256(b"".join(sources[name] for name in sorted(sources))).hexdigest()


def _collect(module: str, sources: dict[str, bytes]) -> None:
    path = _ROOT.joinpath(*module.split(".")).with_suffix(".py")
    if module in sources or not path.is_file():
        return
    sources[module] = path.read_bytes()
    package = module.partition(".")[0]
    for node in ast.walk(ast.parse(sources[module])):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == package:
            _collect(str(node.module), sources)
            for alias in node.names:
                _collect(f"{node.module}.{alias.name}", sources)

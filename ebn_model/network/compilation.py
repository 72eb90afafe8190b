"""How loops are compiled: by numba, and kept on disk where there is a place for that."""

from collections.abc import Callable
from typing import Any

from numba import njit


def cached_njit(function: Callable, **options: Any) -> Callable:
    """The function, compiled once for all runs; options are those of numba's njit.

    numba keeps what it has compiled beside the source or in the user's cache. Where it can write to
    neither (somebody else's installation, and no home), each process compiles anew.
    """
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:
        return njit(**options)(function)

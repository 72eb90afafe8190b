"""Versions of the simulator that shapes a circuit's result.

A module of its own, so that results without a circuit do not depend on how circuits are run.
"""

import logging
from functools import cache
from importlib.metadata import version

from cosim.engine.library import find_library
from cosim.engine.version import ngspice_version
from cosim.workbench.provenance import python_versions

OLDEST_TESTED = 39
"""The oldest ngspice, by the number that its library gives, that README's table has."""

_messages = logging.getLogger(__name__)


@cache
def simulator_versions() -> dict[str, str]:
    """Versions of what shapes a circuit's result, ngspice's among them.

    Warns, once in a process, of an ngspice older than OLDEST_TESTED; raises CosimError where there
    is none.
    """
    find_library()
    ngspice = ngspice_version()
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

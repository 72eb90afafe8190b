"""ngspice without what a user has set up for his own ngspice."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cosim.workbench.scratch import ScratchFolder

_ONLY_COMMENTS = "* nothing is set here\n"


def own_folder() -> ScratchFolder:
    """A folder in which ngspice finds start files of ours before it looks for any others.

    `.spiceinit` would else come from the home or the working directory, and `spinit` from the
    installation or where the environment says. Both can set options, which change numbers, and run
    programs.
    """
    folder = ScratchFolder()
    Path(folder.name, ".spiceinit").write_text(_ONLY_COMMENTS, encoding="utf-8")
    scripts = Path(folder.name, "scripts")
    scripts.mkdir()
    scripts.joinpath("spinit").write_text(_ONLY_COMMENTS, encoding="utf-8")
    return folder


@contextmanager
def alone_in(folder: ScratchFolder) -> Iterator[None]:
    """Within the block, ngspice sees this folder only, and nothing of the environment's."""
    before = {name: value for name, value in os.environ.items() if "SPICE" in name}
    here = Path.cwd()
    for name in before:
        del os.environ[name]
    os.environ["SPICE_LIB_DIR"] = folder.name
    os.environ["SPICE_USERINIT_DIR"] = folder.name
    os.chdir(folder.name)
    try:
        yield
    finally:
        os.chdir(here)
        for name in ("SPICE_LIB_DIR", "SPICE_USERINIT_DIR"):
            del os.environ[name]
        os.environ.update(before)

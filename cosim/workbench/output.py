"""Results are written whole or not at all: built beside their place, then renamed into it."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cosim.workbench.errors import CosimError
from cosim.workbench.scratch import ScratchFolder

SPACE_NEEDED = 20_000_000
"""Free space in bytes that a run must find at its start: a few times the size of its results."""


class OutputError(CosimError):
    """Results can't be written where they should be."""


def check_writable(folder: Path) -> None:
    """Make the folder if it is missing; raise OutputError if results won't fit or can't enter."""
    with _scratch(folder):
        free = shutil.disk_usage(folder).free
    if free < SPACE_NEEDED:
        raise OutputError(
            f"{folder}: only {free / 1e6:.1f} MB are free, {SPACE_NEEDED / 1e6:.0f} MB are needed"
        )


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder that takes the place of `target` once the block has ended well.

    Raises:
        OutputError: a file could not be written; `target` is then as it was.
    """
    with _scratch(target.parent) as scratch:
        new = scratch / "new"
        new.mkdir()
        yield new
        _move_away(target, scratch / "old")
        new.rename(target)


@contextmanager
def new_files(folder: Path) -> Iterator[Path]:
    """Give an empty folder whose files move to `folder` once the block has ended well.

    Raises:
        OutputError: a file could not be written; `folder` is then as it was.
    """
    with _scratch(folder) as scratch:
        new = scratch / "new"
        new.mkdir()
        yield new
        for file in sorted(new.iterdir()):
            target = folder / file.name
            if target.is_dir() and not target.is_symlink():
                _move_away(target, scratch / f"old {file.name}")
            file.replace(target)


def _move_away(target: Path, place: Path) -> None:
    """Rename whatever is at `target`, if anything is."""
    if target.is_dir() and not target.is_symlink():
        # Only a folder that may be written to can get another parent.
        target.chmod(target.stat().st_mode | stat.S_IRWXU)
    if os.path.lexists(target):
        target.rename(place)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A temporary folder in `folder`, on the same file system as what it is renamed to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ScratchFolder(folder, ".unfinished-") as scratch:
            yield Path(scratch)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error

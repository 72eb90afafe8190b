"""Temporary folders; what a killed process left of them is removed by the next one."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import IO

PREFIX = "cosim-"
"""Of the folders' names in the system's folder for temporary files."""
LOCK = ".lock"
"""A file in each folder that its process holds locked as long as it lives: the kernel unlocks it
whatever the process dies of, and no other process can be taken for it."""
NEW_LOCK = f"{LOCK}.new"
"""Its name until it is locked."""
RANDOM = 8
"""Number of characters that tempfile puts after the prefix."""
PATIENCE = 2.0
"""The longest wait for another process that removes abandoned folders, s."""


class ScratchFolder(TemporaryDirectory):
    """A folder for temporary files.

    It is removed when the `with` block ends, by `cleanup`, or at the end of the interpreter; where
    nothing of this is left to do it, by the next process that makes a folder at the same place.
    """

    def __init__(self, place: Path | None = None, prefix: str = PREFIX):
        """Make a folder in `place`, by default the system's folder for temporary files.

        Raises:
            OSError: there is no room, or no permission.
        """
        place = Path(place or gettempdir())
        _remove_abandoned(place, prefix)
        with _held(place, fcntl.LOCK_SH, PATIENCE):
            super().__init__(prefix=prefix, dir=place, ignore_cleanup_errors=True)
            self._lock = _locked(Path(self.name))

    def cleanup(self) -> None:
        """Remove the folder and all that is in it, even where an interrupt comes meanwhile."""
        try:
            remove(Path(self.name))
        finally:
            remove(Path(self.name))
            super().cleanup()
            if self._lock:
                self._lock.close()


def remove(folder: Path) -> None:
    """Remove a folder of ours as far as that can be done, its lock at last.

    A process that dies meanwhile leaves a folder with a lock, which the next one removes.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != LOCK:
                path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _locked(folder: Path) -> IO | None:
    """The folder's lock, open; None where the file system has no locks.

    The file gets its name when it is locked, so that it is never seen without.
    """
    new = folder / NEW_LOCK
    file = new.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        new.unlink()
        return None
    new.rename(folder / LOCK)
    return file


@contextmanager
def _held(place: Path, kind: int, patience: float = 0.0) -> Iterator[bool]:
    """Hold the lock of the place itself, of this kind, while folders appear or go in it.

    Gives False where it can't be had within `patience`, in s: anyone may hold the lock of a folder
    that all have, and there are places that can't be read, or have no locks.
    """
    with ExitStack() as stack:
        held = False
        with suppress(OSError):
            descriptor = os.open(place, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            held = _lock(descriptor, kind, patience)
        if held:
            # Closing would not do, should the process have forked meanwhile.
            stack.callback(fcntl.flock, descriptor, fcntl.LOCK_UN)
        yield held


def _lock(descriptor: int, kind: int, patience: float) -> bool:
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.01)


@cache
def _remove_abandoned(place: Path, prefix: str) -> None:
    """Remove this user's folders whose process has died; once in a process."""
    with _held(place, fcntl.LOCK_EX) as alone:
        for folder in place.glob(f"{prefix}{'?' * RANDOM}"):
            try:
                if not folder.is_symlink() and folder.stat().st_uid == os.geteuid():
                    _remove_if_abandoned(folder, alone)
            except OSError:
                # Another process has been faster, or lives.
                continue


def _remove_if_abandoned(folder: Path, alone: bool) -> None:
    """Remove a folder whose lock nobody holds.

    Without a lock it is one of these folders, too, if there is nothing else in it: its process died
    when it had just made it, or had almost removed it. That no process is about to lock it just
    now is known to who is `alone` at the place.
    """
    names = {path.name for path in folder.iterdir()}
    if LOCK in names:
        with folder.joinpath(LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(folder)
    elif alone and names <= {NEW_LOCK}:
        remove(folder)

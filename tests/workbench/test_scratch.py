"""Temporary folders: the next process removes what a killed one has left, and nothing else."""

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from cosim.workbench import scratch
from cosim.workbench.scratch import LOCK, NEW_LOCK, PREFIX, RANDOM, ScratchFolder

KEEP = """\
import os, sys
from pathlib import Path
from cosim.workbench.scratch import ScratchFolder
folder = ScratchFolder(Path(sys.argv[1]))
Path(folder.name, "large").write_bytes(bytes(1000))
print(folder.name, flush=True)
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture
def place(tmp_path):
    """A folder at which this process has not made one yet."""
    scratch._remove_abandoned.cache_clear()
    yield tmp_path
    scratch._remove_abandoned.cache_clear()


@pytest.fixture
def other(place):
    """Another process with a folder, which it leaves there when its input ends."""
    command = [sys.executable, "-c", KEEP, str(place)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.folder = Path(process.stdout.readline().strip())
        yield process
        process.kill()


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def made(place, content):
    """A folder as ScratchFolder calls them, with files."""
    folder = place / f"{PREFIX}{'x' * RANDOM}"
    folder.mkdir()
    for name in content:
        folder.joinpath(name).touch()
    return folder


@contextmanager
def open_place(place):
    descriptor = os.open(place, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_a_folder_is_there_and_then_gone(place):
    with ScratchFolder(place) as name:
        assert names(place) == [Path(name).name]
        assert names(name) == [LOCK]
    assert not names(place)


def test_the_folder_of_a_killed_process_goes(place, other):
    other.kill()
    other.wait()
    assert other.folder.exists()
    with ScratchFolder(place):
        assert not other.folder.exists()


@pytest.mark.parametrize("content", [[], [NEW_LOCK]])
def test_the_folder_of_a_process_killed_before_its_lock_goes(place, content):
    """Or while it removed the folder, after its lock."""
    abandoned = made(place, content)
    with ScratchFolder(place):
        assert not abandoned.exists()


def test_a_folder_without_a_lock_stays_while_another_process_makes_one(place):
    """It may be that folder."""
    new = made(place, [])
    with open_place(place) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        with ScratchFolder(place):
            assert new.exists()


def test_a_place_that_another_process_holds_will_do(place, monkeypatch):
    monkeypatch.setattr(scratch, "PATIENCE", 0.05)
    with open_place(place) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with ScratchFolder(place) as name:
            assert names(name) == [LOCK]
    assert not names(place)


def test_a_place_is_free_once_a_folder_is_made_in_it(place):
    with ScratchFolder(place), open_place(place) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_folder_of_a_living_process_stays(place, other):
    with ScratchFolder(place):
        assert names(other.folder) == [LOCK, "large"]


def test_the_folder_of_a_process_of_the_same_number_does_not_matter(place, other):
    """What counts is the lock, not a number that another process may have by now."""
    other.stdin.close()
    other.wait()
    other.folder.joinpath(LOCK).write_text(str(os.getpid()), encoding="ascii")
    with ScratchFolder(place):
        assert not other.folder.exists()


def test_what_is_not_ours_stays(place):
    """Folders with something but no lock, files, links, and folders of other users."""
    place.joinpath(f"{PREFIX}results").mkdir()
    made(place, ["mine"])
    place.joinpath(f"{PREFIX}notes").write_text("mine")
    target = place / "elsewhere"
    target.mkdir()
    target.joinpath(LOCK).touch()
    place.joinpath(f"{PREFIX}link").symlink_to(target)
    before = names(place)
    with ScratchFolder(place):
        pass
    assert names(place) == before
    assert names(target) == [LOCK]


def test_folders_of_other_users_stay(place, monkeypatch):
    abandoned = made(place, [LOCK])
    monkeypatch.setattr(os, "geteuid", lambda: abandoned.stat().st_uid + 1)
    with ScratchFolder(place):
        assert abandoned.exists()
    monkeypatch.undo()
    scratch._remove_abandoned.cache_clear()
    with ScratchFolder(place):
        assert not abandoned.exists()


def test_a_file_system_without_locks_will_do(place, monkeypatch):
    def refuse(*_):
        raise OSError("no locks available")

    monkeypatch.setattr(scratch.fcntl, "flock", refuse)
    with ScratchFolder(place) as name:
        assert names(name) == []
    assert not names(place)


def test_an_interrupt_while_a_folder_is_removed_leaves_nothing(tmp_path, monkeypatch):
    folder = ScratchFolder(tmp_path)
    inner = Path(folder.name, "inner")
    inner.mkdir()
    remove_tree, calls = shutil.rmtree, []

    def interrupted_once(path, **options):
        calls.append(path)
        if len(calls) == 1:
            raise KeyboardInterrupt
        remove_tree(path, **options)

    monkeypatch.setattr(scratch.shutil, "rmtree", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        folder.cleanup()
    assert calls[0] == inner
    assert not list(tmp_path.iterdir())


def test_the_lock_is_removed_at_last(tmp_path, monkeypatch):
    """So that a process that dies meanwhile leaves what the next one removes."""
    folder = ScratchFolder(tmp_path)
    Path(folder.name, "file").touch()
    monkeypatch.setattr(scratch.shutil, "rmtree", lambda *_, **__: None)
    scratch.remove(Path(folder.name))
    assert [path.name for path in Path(folder.name).iterdir()] == [scratch.LOCK]
    monkeypatch.undo()
    folder.cleanup()

"""The processes that a test has started, whichever thread or process has done so."""

import time
from contextlib import contextmanager
from pathlib import Path

MARK = "EBN_COSIM_TEST"
"""Name of a variable that processes pass on to those that they start."""


def workers() -> list[int]:
    """Numbers of this process' runs; other children, such as those of another test, don't count."""
    return [pid for pid in forks("self") if is_simulation(pid)]


def forks(pid: int | str) -> list[int]:
    """Numbers of a process' children."""
    texts = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for text in texts for child in text.split()]


@contextmanager
def none_left():
    """All runs that are started in the block have ended after it; those before it don't matter.

    A pool of another test may still have processes that wait for more to do.
    """
    before = workers()
    yield
    assert set(workers()) <= set(before)


def is_simulation(pid: int) -> bool:
    """Whether it is the process of isolated tasks, as ngspice runs in one."""
    command = _read(pid, "cmdline")
    return b"child_start.py" in command and b'"arguments": [1, ' in command


def marked(mark: str) -> list[int]:
    """Numbers of all living processes that have got the value of MARK; zombies have no such."""
    value = f"{MARK}={mark}".encode()
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return [pid for pid in pids if value in _read(pid, "environ").split(b"\0")]


def wait_for(condition, seconds=30.0):
    """The condition's first true value; its last one if there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return value


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""

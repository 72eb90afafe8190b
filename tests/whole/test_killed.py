"""Commands that end before they are done, and what they leave behind: nothing.

KILL_SEED draws other moments.
"""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from children import marked, wait_for
from commands import WORK, Place

pytestmark = pytest.mark.slow

REPEATED = [name for name in WORK if name != "calibrate"]
"""Those of which a whole run is short."""
BY_NOW = 15.0
"""How long what a command has started may take to find it gone, s."""


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def begun(place, name, **options):
    """The command, when other processes work for it."""
    process = place.start(WORK[name], **options)
    assert wait_for(lambda: len(marked(place.mark)) > 1)
    return process


@pytest.mark.parametrize("name", WORK)
def test_nothing_survives_a_killed_command(place, name):
    process = begun(place, name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    moment = random.Random(f"{os.environ.get('KILL_SEED', 1)} {name}").uniform(0, 1.5)
    time.sleep(moment)
    process.kill()
    process.wait()
    assert wait_for(lambda: not marked(place.mark), BY_NOW), f"after {moment:.3f} s"
    again = WORK[name if name in REPEATED else "mixed"]
    done = place.start(again, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    printed, _ = done.communicate(timeout=120)
    # 1 is a verdict: these runs are too short for good figures.
    assert done.returncode in (0, 1), printed
    assert "Traceback" not in printed
    assert not list(place.scratch.iterdir())
    if name in REPEATED:
        assert not place.left()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("network", signal.SIGTERM),
        ("study", signal.SIGHUP),
        ("replay", signal.SIGHUP),
        ("closed loop", signal.SIGINT),
        ("calibrate", signal.SIGTERM),
        ("bench-cells", signal.SIGINT),
    ],
)
def test_a_signal_to_all_ends_all_with_its_number(place, name, number):
    """As the terminal, or a service manager, sends it: to the command and to what it has started,
    and once more."""
    process = begun(place, name, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    os.killpg(process.pid, number)
    time.sleep(0.05)
    os.killpg(process.pid, number)
    _, messages = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert messages.endswith("ebn-cosim: interrupted; finished results are kept\n")
    assert "Traceback" not in messages
    assert wait_for(lambda: not marked(place.mark), BY_NOW)
    assert not place.left()


def test_a_signal_while_the_command_starts(place):
    """Its imports take a second or two."""
    with place.start(["list"], stderr=subprocess.PIPE, text=True) as process:
        caught = f"/proc/{process.pid}/status"
        assert wait_for(lambda: catches(caught, signal.SIGHUP))
        process.send_signal(signal.SIGHUP)
        _, messages = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGHUP
    assert messages == "ebn-cosim: interrupted; finished results are kept\n"


def test_nohup_is_obeyed(place):
    process = begun(
        place,
        "mixed",
        before=["nohup"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.killpg(process.pid, signal.SIGHUP)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 0, messages


def catches(status, number):
    """Whether a process has a handler of a signal."""
    lines = Path(status).read_text(encoding="ascii").splitlines()
    [mask] = [line.split()[1] for line in lines if line.startswith("SigCgt")]
    return int(mask, 16) >> (number - 1) & 1

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from children import MARK, marked, wait_for

from cosim.workbench.pool import LostWorkerError, run_tasks
from ebn_model.errors import InputError


def squared(number, notify):
    notify(f"{number} begun")
    notify(f"{number} done")
    return number**2


def faulty(number, notify):
    if number == 2:
        raise InputError("two can't be")
    return number


def dying(number, notify):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [1, 2])
def test_results_and_messages_come_with_their_number(workers):
    messages = {0: [], 1: [], 2: []}
    results = dict(
        run_tasks(squared, [5, 6, 7], workers, lambda number, text: messages[number].append(text))
    )
    assert results == {0: 25, 1: 36, 2: 49}
    assert messages == {n: [f"{n + 5} begun", f"{n + 5} done"] for n in range(3)}


def test_nothing_to_do_is_done(recwarn):
    assert list(run_tasks(squared, [], 2, print)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_of_a_task_is_raised(workers):
    with pytest.raises(InputError, match="two can't be"):
        list(run_tasks(faulty, [1, 2, 3], workers, print))


def test_a_killed_process_is_an_error():
    with pytest.raises(LostWorkerError, match="a process was killed"):
        list(run_tasks(dying, [0, 1, 2], 2, print))


PARENT = """\
import functools, sys
sys.path.insert(0, {folder!r})
from cosim.workbench.pool import Pool
from test_pool import asleep

with Pool(3) as pool:
    print("begun", flush=True)
    list(pool.run(asleep, [1, 2], functools.partial(print, flush=True)))
"""


def asleep(number, notify):
    notify("asleep")
    time.sleep(300)


@pytest.mark.ngspice
def test_idle_and_silent_processes_end_with_their_parent():
    mark = uuid.uuid4().hex
    script = PARENT.format(folder=str(Path(__file__).parent))
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout.readline() == "begun\n"
        assert {parent.stdout.readline() for _ in range(2)} == {"0 asleep\n", "1 asleep\n"}
        assert len(marked(mark)) == 4
        parent.kill()
    assert wait_for(lambda: not marked(mark))

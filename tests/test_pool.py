import os
import signal

import pytest

from cosim.pool import LostWorkerError, run_tasks
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

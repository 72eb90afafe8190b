"""What every pool does: this process, processes of this machine, isolated ones, and a cluster."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from children import MARK, marked, wait_for

from cosim.workbench.cluster import DaskPool
from cosim.workbench.errors import CosimError, WorkerError
from cosim.workbench.pool import LocalPool, in_order, results
from cosim.workbench.task import Task
from ebn_model.errors import InputError

CLUSTER = pytest.param("cluster", marks=pytest.mark.slow)
ISOLATED_ON_CLUSTER = pytest.param("isolated on cluster", marks=pytest.mark.slow)
HERE = ("this process", "processes", "isolated")
EVERYWHERE = (*HERE, CLUSTER, ISOLATED_ON_CLUSTER)
OTHER_PROCESSES = EVERYWHERE[1:]


@dataclass
class BackEnd:
    """A pool, and the tasks that make it do its work as its name says."""

    pool: LocalPool | DaskPool
    isolated: bool

    def run(self, function, arguments, *on_message):
        task = Task(function, label, self.isolated, same)
        return self.pool.run(task, arguments, *on_message)


@pytest.fixture(params=EVERYWHERE)
def end(request):
    """One of the back ends, with two workers where there can be two."""
    return begun(request, request.param, 2)


def begun(request, name, workers):
    if "cluster" in name:
        pool = DaskPool(request.getfixturevalue("address"), workers)
    else:
        pool = LocalPool(1 if name == "this process" else workers)
    request.addfinalizer(pool.close)
    return BackEnd(pool, "isolated" in name)


def only(*names):
    return pytest.mark.parametrize("end", names, indirect=True)


def label(argument):
    return f"task {argument}"


def same(argument):
    return str(argument)


def squared(number, notify):
    notify(f"{number} begun")
    notify(f"{number} done")
    return number**2


def faulty(number, notify):
    if number == 2:
        raise InputError("two can't be")
    return number


class OddError(Exception):
    """Can't be unpickled."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def odd(number, notify):
    raise OddError(number, "more")


def failing(number, notify):
    raise CosimError(f"{number} failed")


def dying(number, notify):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def leaving(number, notify):
    os._exit(number)


def counting(folder, notify):
    """How many of these are being done."""
    own = folder / uuid.uuid4().hex
    own.touch()
    time.sleep(0.2)
    found = len(list(folder.iterdir()))
    time.sleep(0.2)
    own.unlink()
    return found


def lasting(path, notify):
    """Appends to a file, again and again, if there is one."""
    while path:
        with path.open("a") as file:
            file.write("x")
        time.sleep(0.05)
        notify("alive")


def test_results_come_with_their_number(end):
    assert dict(end.run(squared, [5, 6, 7])) == {0: 25, 1: 36, 2: 49}


@only(*HERE)
def test_messages_come_with_their_number(end):
    messages = {0: [], 1: [], 2: []}
    list(end.run(squared, [5, 6, 7], lambda number, text: messages[number].append(text)))
    assert messages == {n: [f"{n + 5} begun", f"{n + 5} done"] for n in range(3)}


def test_nothing_to_do_is_done(end):
    assert list(end.run(squared, [])) == []


def test_one_run_follows_the_other(end):
    assert [in_order(end.run(squared, numbers)) for numbers in ([2, 3], [4], [5, 6])] == [
        [4, 9],
        [16],
        [25, 36],
    ]


def test_an_error_is_the_outcome_of_its_task_and_spares_the_others(end):
    outcomes = dict(end.run(faulty, [1, 2, 3, 4]))
    error = outcomes.pop(1)
    assert outcomes == {0: 1, 2: 3, 3: 4}
    assert isinstance(error, InputError)
    assert str(error) == "two can't be"


def test_the_first_error_is_raised_where_that_is_wanted(end):
    with pytest.raises(InputError, match="two can't be"):
        in_order(end.run(faulty, [1, 2, 3]))


def test_an_expected_error_comes_as_it_is(end):
    [error] = dict(end.run(failing, [7])).values()
    assert type(error) is CosimError
    assert str(error) == "7 failed"


@only(*OTHER_PROCESSES)
def test_an_unexpected_error_says_where_it_came_from(end):
    outcomes = dict(end.run(faulty, [2, 1]))
    cause = str(outcomes[0].__cause__)
    assert cause.startswith("task 2: ")
    assert "in faulty" in cause


@only(*OTHER_PROCESSES)
def test_an_error_that_can_not_pass_keeps_its_text(end):
    for number, error in end.run(odd, [3, 4]):
        assert isinstance(error, RuntimeError)
        assert str(error) == f"OddError: {number + 3} and more"


def test_a_result_that_can_not_pass_is_an_error_of_its_task(request):
    for name in ("processes", "isolated"):
        outcomes = dict(begun(request, name, 2).run(unpicklable, [1, 2]))
        assert all("local object" in str(error) for error in outcomes.values())


def unpicklable(number, notify):
    return lambda: number


@pytest.mark.parametrize("name", EVERYWHERE)
@pytest.mark.parametrize("workers", [1, 2])
def test_no_more_are_done_at_once_than_asked_for(request, name, workers, tmp_path):
    end = begun(request, name, workers)
    assert max(in_order(end.run(counting, [tmp_path] * 5))) <= workers


@only("processes", "isolated")
def test_a_killed_process_is_an_error_of_its_task(end):
    outcomes = dict(end.run(dying, [0, 1, 2, 3]))
    error = outcomes.pop(1)
    assert outcomes == {0: 0, 2: 2, 3: 3}
    assert isinstance(error, WorkerError)
    assert str(error).startswith("task 1: the process was killed by SIGKILL; ")


@pytest.mark.parametrize("name", [CLUSTER, ISOLATED_ON_CLUSTER])
def test_a_task_that_kills_its_process_on_a_cluster(request, name):
    # One at a time: Dask suspects all that a lost worker had before it.
    outcomes = dict(begun(request, name, 1).run(dying, [0, 1, 2]))
    assert (outcomes[0], outcomes[2]) == (0, 2)
    assert isinstance(outcomes[1], WorkerError)
    assert str(outcomes[1]).startswith("task 1: ")


@only("processes", "isolated")
@pytest.mark.parametrize("code", [0, 3])
def test_a_process_that_exits_has_no_result(end, code):
    for _, error in end.run(leaving, [code, code]):
        assert isinstance(error, WorkerError)
        assert str(error).startswith(f"task {code}: the process exited ({code})")


@only(*OTHER_PROCESSES)
def test_what_nobody_waits_for_is_given_up(end, tmp_path):
    file = tmp_path / "file"
    outcomes = end.run(lasting, [None, file])
    assert next(outcomes) == (0, None)
    assert wait_for(file.exists)
    outcomes.close()
    assert wait_for(lambda: not grows(file))


@only("processes", "isolated")
def test_an_exception_of_who_takes_the_messages_ends_all(end, tmp_path):
    def fail(_number, _message):
        raise ZeroDivisionError

    file = tmp_path / "file"
    with pytest.raises(ZeroDivisionError):
        list(end.run(lasting, [file, file], fail))
    assert not grows(file)


def grows(file):
    before = file.stat().st_size
    time.sleep(0.3)
    return file.stat().st_size > before


def test_processes_are_used_again_and_end_with_their_pool():
    mine = f"{os.getpid()}"
    with LocalPool(2) as pool:
        first = set(in_order(pool.run(Task(process_number), [mine] * 4)))
        again = set(in_order(pool.run(Task(process_number), [mine] * 4)))
        assert len(first) == 2
        assert again == first
        isolated = replace(Task(process_number), isolated=True)
        alone = in_order(pool.run(isolated, [mine] * 3))
        assert len({*alone, *first}) == 5
    assert not any(Path(f"/proc/{number}").exists() for number in first)


def test_isolated_tasks_are_forks_of_a_process_that_has_done_none():
    with LocalPool(1) as pool:
        done = in_order(pool.run(Task(counted, isolated=True), [0, 1, 2]))
        [other] = in_order(pool.run(Task(counted, isolated=True), [3]))
    assert [before for before, _, _ in (*done, other)] == [0] * 4
    assert len({number for _, number, _ in (*done, other)}) == 4
    assert len({parent for _, _, parent in (*done, other)}) == 1


DONE_BEFORE = []


def counted(argument, _notify):
    """How many of these were done before in the same memory, this process, and its parent."""
    DONE_BEFORE.append(argument)
    return len(DONE_BEFORE) - 1, os.getpid(), os.getppid()


@pytest.mark.parametrize("isolated", [False, True])
def test_a_task_has_the_environment_of_its_own_time(isolated, tmp_path, monkeypatch):
    task = Task(environment, isolated=isolated)
    with LocalPool(2) as pool:
        for value, folder in (("one", tmp_path), ("two", tmp_path.parent)):
            monkeypatch.setenv(MARK, value)
            monkeypatch.chdir(folder)
            assert in_order(pool.run(task, [0, 1])) == [(value, str(folder))] * 2


def environment(_argument, _notify):
    return os.environ[MARK], str(Path.cwd())


@pytest.mark.parametrize("isolated", [False, True])
def test_a_pool_keeps_no_more_processes_than_it_has_workers(isolated, monkeypatch, processes):
    with LocalPool(2) as pool:
        for value in ("one", "two", "three"):
            monkeypatch.setenv(MARK, value)
            in_order(pool.run(Task(environment, isolated=isolated), [0, 1]))
        assert len(processes) == 6
        assert [process.poll() is None for process in processes] == [False] * 4 + [True] * 2


def test_what_a_task_leaves_in_its_folder_is_gone_when_the_next_begins():
    with LocalPool(1) as pool:
        found = in_order(pool.run(Task(files, isolated=True), [0, 1]))
    assert found == [[], []]


def files(_argument, _notify):
    """What is in the folder of temporary files, before a file is left there."""
    folder = Path(tempfile.gettempdir())
    before = [path.name for path in folder.iterdir()]
    folder.joinpath("left").touch()
    return before


def process_number(_argument, _notify):
    time.sleep(0.2)
    return os.getpid()


def test_raising_the_first_error_gives_up_the_others(tmp_path):
    file = tmp_path / "file"
    with LocalPool(2) as pool, pytest.raises(CosimError, match="failed"):
        list(results(pool.run(Task(fail_or_last), [file, None])))
    assert not file.exists() or not grows(file)


def fail_or_last(path, notify):
    return lasting(path, notify) if path else failing(path, notify)


PARENT = """\
import functools, sys
sys.path.insert(0, {folder!r})
from cosim.workbench.pool import LocalPool
from cosim.workbench.task import Task
from test_pool import asleep, process_number

with LocalPool(3) as pool:
    list(pool.run(Task(process_number), [1, 2, 3]))
    print("begun", flush=True)
    isolated = {isolated}
    list(pool.run(Task(asleep, isolated=isolated), [1, 2], functools.partial(print, flush=True)))
"""


def asleep(number, notify):
    notify("asleep")
    time.sleep(300)


@pytest.mark.parametrize(("isolated", "count"), [(False, 4), (True, 8)])
def test_idle_and_silent_processes_end_with_their_parent(isolated, count):
    mark = uuid.uuid4().hex
    script = PARENT.format(folder=str(Path(__file__).parent), isolated=isolated)
    helpers = Path(__file__).parents[1] / "helpers"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, MARK: mark, "PYTHONPATH": str(helpers)},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout.readline() == "begun\n"
        assert {parent.stdout.readline() for _ in range(2)} == {"0 asleep\n", "1 asleep\n"}
        assert len(marked(mark)) == count
        parent.kill()
    assert wait_for(lambda: not marked(mark))

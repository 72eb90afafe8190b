"""A real Dask cluster of two worker processes on this machine, and real circuits."""

import os
import signal
import socket
import subprocess
import sys
import threading

import dask
import numpy as np
import pytest
from children import is_simulation, marked, wait_for
from commands import WORK, Place
from distributed import LocalCluster
from fake_rows import row_stimulus_of

from cosim.circuits.row import RowCircuit
from cosim.cli import main
from cosim.replay.parallel import run_rows
from cosim.replay.row_run import RowTask
from cosim.workbench import cluster as cluster_module
from cosim.workbench.cluster import ClusterError, run_on_cluster
from cosim.workbench.errors import WorkerError
from cosim.workbench.pool import LostWorkerError
from ebn_model.errors import InputError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("cluster"))


@pytest.fixture(scope="module")
def cluster(place):
    """Its workers, and what they start, can be told by their mark."""
    environment = {**place.environment(), "PYTHONPATH": os.pathsep.join(sys.path)}
    failures = dask.config.set({"distributed.scheduler.allowed-failures": 1})
    with pytest.MonkeyPatch.context() as patch, failures:
        for name, value in environment.items():
            patch.setenv(name, value)
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made:
            yield made


@pytest.fixture
def address(cluster):
    return cluster.scheduler_address


def task_of(row, duration=30e-3):
    return RowTask(row, RowCircuit("mixed"), row_stimulus_of(seed=row, duration=duration))


def runs_of(ended):
    return {task.row: run for task, run in ended}


def simulations(place):
    """Numbers of the processes in which the workers simulate."""
    return [pid for pid in marked(place.mark) if is_simulation(pid)]


def test_a_lost_worker_changes_nothing(cluster, address, place):
    tasks = [task_of(row) for row in range(4)]
    here = runs_of(run_rows(tasks, 2))
    ended = run_rows(tasks, scheduler=address)
    first = next(ended)
    victims = {worker.pid for worker in cluster.workers.values()}
    os.kill(victims.pop(), signal.SIGKILL)
    there = runs_of([first, *ended])
    assert sorted(there) == [0, 1, 2, 3]
    for row, run in here.items():
        assert np.array_equal(there[row].result.i_mem, run.result.i_mem)
        assert np.array_equal(there[row].result.final_codes, run.result.final_codes)
        assert there[row].points == run.points
    assert wait_for(lambda: not simulations(place))


def test_rows_of_which_nobody_waits_for_end(address, place):
    ended = run_rows([task_of(0), task_of(1, 100.0), task_of(2, 100.0)], scheduler=address)
    next(ended)
    assert wait_for(lambda: simulations(place))
    ended.close()
    assert wait_for(lambda: not simulations(place))


def test_a_crash_of_ngspice_is_the_failure_of_its_row(address, place):
    def crash():
        for pid in wait_for(lambda: simulations(place)):
            os.kill(pid, signal.SIGSEGV)

    thread = threading.Thread(target=crash)
    thread.start()
    [(_, run)] = run_rows([task_of(3, 100.0)], scheduler=address)
    thread.join()
    assert isinstance(run, WorkerError)
    assert str(run).startswith("row 3, mixed: the process was killed by SIGSEGV")


def double(number, notify):
    return 2 * number


def fault(number, notify):
    raise InputError(f"{number} can't be")


def deadly(number, notify):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def same(number):
    return str(number)


def process_number(number):
    return f"{number} {os.getpid()}"


def test_results_come_with_their_number(address):
    found = dict(run_on_cluster(address, double, [4, 5, 6], same, workers=1))
    assert found == {0: 8, 1: 10, 2: 12}


def test_a_fault_of_a_task_is_raised(address):
    with pytest.raises(InputError, match="7 can't be"):
        list(run_on_cluster(address, fault, [7], same))


def test_a_worker_that_would_give_another_result_is_refused(address):
    with pytest.raises(ClusterError, match=r"tcp://\S+ would give another result"):
        list(run_on_cluster(address, double, [1], process_number))


def test_a_task_that_kills_its_workers_does_not_end_the_others(address):
    # One at a time: Dask suspects all that a lost worker had before it.
    found = dict(run_on_cluster(address, deadly, [0, 1, 2], same, workers=1))
    assert (found[0], found[2]) == (0, 2)
    assert isinstance(found[1], LostWorkerError)


@pytest.fixture
def own_scheduler(request):
    """A scheduler without workers, as a process; by default it finds what these tests import."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "from distributed.cli.dask_scheduler import main; main()"
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    path = getattr(request, "param", os.pathsep.join(sys.path))
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-c", code, *options]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        process.address = f"tcp://127.0.0.1:{port}"
        assert wait_for(lambda: answers(port))
        yield process
        process.kill()


def answers(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_a_scheduler_that_goes_away_is_an_error(own_scheduler):
    def arguments():
        yield 1
        own_scheduler.kill()
        own_scheduler.wait()

    with pytest.raises(ClusterError, match=f"scheduler at {own_scheduler.address} has gone"):
        list(run_on_cluster(own_scheduler.address, double, arguments(), same))


def test_a_cluster_without_workers_is_an_error(own_scheduler, monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER_TIME", 3.0)
    monkeypatch.setattr(cluster_module, "WORKERLESS_TIME", 3.0)
    with pytest.raises(ClusterError, match=r"has had no worker for 3 s"):
        list(run_on_cluster(own_scheduler.address, double, [1], same))


@pytest.mark.parametrize("own_scheduler", [""], indirect=True)
def test_a_scheduler_without_what_the_task_needs_is_an_error(own_scheduler):
    with pytest.raises(ClusterError, match=r"lacks this project"):
        list(run_on_cluster(own_scheduler.address, double, [1], same))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("nonsense", "missing port number"),
        ("tcp://127.0.0.1:1", "Timed out"),
        ("somehow://here:8786", "unknown address scheme"),
    ],
)
def test_a_wrong_address_is_an_error(address, reason, monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER_TIME", 0.5)
    with pytest.raises(InputError, match=f"no Dask scheduler at {address}: {reason}"):
        list(run_on_cluster(address, double, [1], same))


def test_something_that_never_answers_is_an_error(monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER_TIME", 0.5)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(InputError, match="what is there doesn't answer"):
            list(run_on_cluster(address, double, [1], same))


def test_the_study_gives_the_same(address, tmp_path):
    here, there = Place(tmp_path), tmp_path / "there"
    study = ["run", str(here.folder / "study.toml")]
    assert main([*study, "--out", str(tmp_path / "here"), "--workers", "2"]) == 0
    assert main([*study, "--out", str(there), "--scheduler", address]) == 0
    assert (there / "study" / "runs.csv").read_text() == (
        tmp_path / "here" / "study" / "runs.csv"
    ).read_text()


@pytest.mark.parametrize("name", ["mixed", "network", "closed loop", "bench-cells", "calibrate"])
def test_what_can_not_go_to_a_cluster_says_so(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(Place(tmp_path).folder)
    assert main([*WORK[name], "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "can't go to a cluster: " in capsys.readouterr().err

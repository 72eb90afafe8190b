"""What a Dask cluster has to do beside what every pool does; with real circuits."""

import os
import signal
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest
from children import is_simulation, marked, wait_for
from commands import WORK, Place
from fake_rows import row_stimulus_of

from cosim.circuits.row import RowCircuit
from cosim.cli import main
from cosim.replay.open_loop import ROW
from cosim.replay.row_run import RowTask
from cosim.workbench import cluster as cluster_module
from cosim.workbench.cluster import ClusterError, DaskPool
from cosim.workbench.errors import WorkerError
from cosim.workbench.pool import LocalPool
from cosim.workbench.task import Task
from ebn_model.errors import InputError

pytestmark = pytest.mark.slow


def task_of(row, duration=30e-3):
    return RowTask(row, RowCircuit("mixed"), row_stimulus_of(seed=row, duration=duration))


def simulations(place):
    """Numbers of the processes in which the workers simulate."""
    return [pid for pid in marked(place.mark) if is_simulation(pid)]


def test_a_lost_worker_changes_nothing(cluster, address, place):
    tasks = [task_of(row) for row in range(4)]
    here = dict(LocalPool(2).run(ROW, tasks))
    ended = DaskPool(address).run(ROW, tasks)
    first = next(ended)
    victims = {worker.pid for worker in cluster.workers.values()}
    os.kill(victims.pop(), signal.SIGKILL)
    there = dict([first, *ended])
    assert sorted(there) == [0, 1, 2, 3]
    for number, run in here.items():
        assert np.array_equal(there[number].result.i_mem, run.result.i_mem)
        assert np.array_equal(there[number].result.final_codes, run.result.final_codes)
        assert there[number].points == run.points
    assert wait_for(lambda: not simulations(place))


def test_rows_of_which_nobody_waits_for_end(address, place):
    ended = DaskPool(address).run(ROW, [task_of(0), task_of(1, 100.0), task_of(2, 100.0)])
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
    [(_, run)] = DaskPool(address).run(ROW, [task_of(3, 100.0)])
    thread.join()
    assert isinstance(run, WorkerError)
    assert str(run).startswith("row 3, mixed: the process was killed by SIGSEGV")


def double(number, notify):
    return 2 * number


def same(number):
    return str(number)


def process_number(number):
    return f"{number} {os.getpid()}"


def test_a_worker_that_would_give_another_result_is_refused(address):
    with pytest.raises(ClusterError, match=r"tcp://\S+ would give another result"):
        list(DaskPool(address).run(Task(double, key=process_number), [1]))


def test_a_task_without_a_key_can_not_leave_this_machine(address):
    with pytest.raises(InputError, match="double can't go to a cluster"):
        DaskPool(address).run(Task(double), [1])


def test_without_dask_a_scheduler_is_an_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"needs Dask: pip install 'ebn-cosim\[cluster\]'"):
        list(DaskPool("tcp://somewhere:8786").run(Task(double, key=same), [1]))


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
        list(DaskPool(own_scheduler.address).run(Task(double, key=same), arguments()))


def test_a_cluster_without_workers_is_an_error(own_scheduler, monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER_TIME", 6.0)
    monkeypatch.setattr(cluster_module, "WORKERLESS_TIME", 6.0)
    with pytest.raises(ClusterError, match=r"has had no worker for 6 s"):
        list(DaskPool(own_scheduler.address).run(Task(double, key=same), [1]))


@pytest.mark.parametrize("own_scheduler", [""], indirect=True)
def test_a_scheduler_without_what_the_task_needs_is_an_error(own_scheduler):
    with pytest.raises(ClusterError, match=r"lacks this project"):
        list(DaskPool(own_scheduler.address).run(Task(double, key=same), [1]))


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
        list(DaskPool(address).run(Task(double, key=same), [1]))


def test_something_that_never_answers_is_an_error(monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER_TIME", 0.5)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(InputError, match="what is there doesn't answer"):
            list(DaskPool(address).run(Task(double, key=same), [1]))


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

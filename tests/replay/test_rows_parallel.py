import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from fake_rows import LostError, install, row_stimulus_of, task_of

from cosim.circuits.row import RowCircuit
from cosim.engine import worker as worker_module
from cosim.replay import parallel
from cosim.replay.parallel import run_rows
from cosim.replay.row_run import RowTask, run_row
from cosim.workbench.errors import CosimError, SimulationError, WorkerError
from ebn_model.errors import InputError


@pytest.fixture
def solver(monkeypatch):
    return install(monkeypatch)


@pytest.fixture
def processes(monkeypatch):
    """The worker processes that are started, in order."""
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(worker_module.subprocess, "Popen", Recorded)
    return started


def real_task(row, duration=30e-3):
    return RowTask(row, RowCircuit("mixed"), row_stimulus_of(seed=row, duration=duration))


def events_of(ended):
    return {task.row: tuple(run.result.events.i_mem_rise) for task, run in ended}


def test_a_run_tells_what_it_took(solver):
    run = run_row(task_of())
    assert (run.points, run.transistors) == (7, 1)
    assert run.seconds > 0


@pytest.mark.parametrize(
    ("waveform", "points", "kind"), [("decimated", 301, np.float32), ("full", 301, np.float64)]
)
def test_what_is_kept_of_a_waveform(solver, waveform, points, kind):
    task = RowTask(0, task_of().circuit, row_stimulus_of(), waveform)
    kept, whole = run_row(task).result, task.circuit.result(task.stimulus, {})
    assert (len(kept.time), kept.i_mem.dtype) == (points, kind)
    assert kept.time[-1] == whole.time[-1]
    np.testing.assert_allclose(kept.i_mem, whole.i_mem, rtol=1e-6)


def test_a_waveform_can_be_dropped(solver):
    run = run_row(RowTask(0, task_of().circuit, row_stimulus_of(), "none"))
    assert (len(run.result.time), len(run.result.i_mem)) == (0, 0)
    assert len(run.result.events.pre) == 8


def test_a_failed_run_is_an_error_that_names_its_row(solver):
    solver.errors["row 3, mixed"] = SimulationError("time step too small")
    failed = run_row(task_of(3))
    assert isinstance(failed, SimulationError)
    assert str(failed) == "row 3, mixed: time step too small"
    solver.errors["row 3, mixed"] = SimulationError("row 3, mixed: time step too small")
    assert str(run_row(task_of(3))) == "row 3, mixed: time step too small"


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_number_of_workers_changes_nothing(solver, workers):
    tasks = [task_of(row) for row in range(5)]
    alone = events_of((task, run_row(task)) for task in tasks)
    assert len(set(alone.values())) > 1
    assert events_of(run_rows(tasks, workers)) == alone


def test_no_more_workers_than_asked_for_run_at_once(solver, monkeypatch):
    running, seen, lock = set(), [], threading.Lock()

    def run(task, on_time):
        with lock:
            running.add(task.row)
            seen.append(len(running))
        time.sleep(0.02)
        with lock:
            running.remove(task.row)

    monkeypatch.setattr(parallel, "run_row", run)
    list(run_rows([task_of(row) for row in range(6)], workers=2))
    assert max(seen) == 2


def test_a_failure_does_not_end_the_others(solver):
    solver.errors["row 1, mixed"] = LostError("lost")
    ended = {task.row: run for task, run in run_rows([task_of(row) for row in range(4)], 2)}
    assert sorted(ended) == [0, 1, 2, 3]
    assert [row for row, run in ended.items() if isinstance(run, CosimError)] == [1]


def test_an_unexpected_exception_ends_all(solver):
    solver.errors["row 0, mixed"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        list(run_rows([task_of(row) for row in range(50)], 1))
    assert len(solver.ran()) < 50


def test_progress_names_row_and_time(solver):
    seen = set()
    list(run_rows([task_of(4)], 1, on_progress=lambda *event: seen.add(event)))
    assert seen == {(4, 15e-3)}


@pytest.mark.ngspice
def test_a_killed_process_names_its_row_and_spares_the_others(processes):
    """Real circuits: the first process dies at its first message."""
    killed = []

    def kill_first(row, _):
        if not killed:
            killed.append(row)
            processes[0].kill()

    ended = {t.row: run for t, run in run_rows([real_task(6), real_task(7)], 1, None, kill_first)}
    assert killed == [6]
    assert isinstance(ended[6], WorkerError)
    assert str(ended[6]).startswith("row 6, mixed: the process was killed by SIGKILL")
    assert len(ended[7].result.events.pre) == 8
    assert processes[1].returncode == 0


@pytest.mark.ngspice
def test_closing_kills_what_runs(processes):
    """Real circuits, of which one is done when the other two have most of their time ahead."""
    runs = run_rows([real_task(0), real_task(1, 5.0), real_task(2, 5.0)], 3)
    task, _ = next(runs)
    assert task.row == 0
    runs.close()
    deadline = time.monotonic() + 20
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sorted(process.poll() for process in processes) == [-signal.SIGKILL] * 2 + [0]


def test_without_dask_a_scheduler_is_an_error(solver, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"needs Dask: pip install 'ebn-cosim\[cluster\]'"):
        list(run_rows([task_of()], scheduler="tcp://somewhere:8786"))

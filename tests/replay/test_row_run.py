import signal

import numpy as np
import pytest
from children import wait_for
from fake_rows import install, row_stimulus_of, task_of

from cosim.circuits.row import RowCircuit
from cosim.replay.open_loop import ROW, RowSettings, replay_stimuli
from cosim.replay.row_run import RowTask, run_row
from cosim.workbench.errors import SimulationError, WorkerError
from cosim.workbench.pool import LocalPool, in_order


@pytest.fixture
def solver(monkeypatch):
    return install(monkeypatch)


def real_task(row, duration=30e-3):
    return RowTask(row, RowCircuit("mixed"), row_stimulus_of(seed=row, duration=duration))


def ignore(_time):
    pass


def test_a_run_tells_what_it_took(solver):
    run = run_row(task_of(), ignore)
    assert (run.points, run.transistors) == (7, 1)
    assert run.seconds > 0


@pytest.mark.parametrize(
    ("waveform", "points", "kind"), [("decimated", 301, np.float32), ("full", 301, np.float64)]
)
def test_what_is_kept_of_a_waveform(solver, waveform, points, kind):
    task = RowTask(0, task_of().circuit, row_stimulus_of(), waveform)
    kept, whole = run_row(task, ignore).result, task.circuit.result(task.stimulus, {})
    assert (len(kept.time), kept.i_mem.dtype) == (points, kind)
    assert kept.time[-1] == whole.time[-1]
    np.testing.assert_allclose(kept.i_mem, whole.i_mem, rtol=1e-6)


def test_a_waveform_can_be_dropped(solver):
    run = run_row(RowTask(0, task_of().circuit, row_stimulus_of(), "none"), ignore)
    assert (len(run.result.time), len(run.result.i_mem)) == (0, 0)
    assert len(run.result.events.pre) == 8


@pytest.mark.parametrize("message", ["time step too small", "row 3, mixed: time step too small"])
def test_the_error_of_a_failed_run_names_its_row_once(solver, message):
    solver.errors["row 3, mixed"] = SimulationError(message)
    with pytest.raises(SimulationError, match=r"^row 3, mixed: time step too small$"):
        run_row(task_of(3), ignore)


def test_an_unexpected_exception_ends_a_replay(solver):
    solver.errors["row 0, mixed"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        replay_stimuli({row: row_stimulus_of(row) for row in range(5)}, RowSettings())
    assert solver.ran() == ["row 0, mixed"]


@pytest.mark.ngspice
def test_the_number_of_workers_changes_nothing():
    tasks = [real_task(row) for row in range(3)]
    one, other = (in_order(LocalPool(workers).run(ROW, tasks)) for workers in (1, 3))
    assert len({run.result.i_mem.tobytes() for run in one}) == 3
    for run, again in zip(one, other, strict=True):
        assert np.array_equal(run.result.i_mem, again.result.i_mem)
        assert np.array_equal(run.result.events.i_mem_rise, again.result.events.i_mem_rise)


@pytest.mark.ngspice
def test_a_killed_process_names_its_row_and_spares_the_others(processes):
    """The first process dies at its first message."""
    killed = []

    def kill_first(number, _):
        if not killed:
            killed.append(number)
            processes[0].kill()

    ended = dict(LocalPool(1).run(ROW, [real_task(6), real_task(7)], kill_first))
    assert killed == [0]
    assert isinstance(ended[0], WorkerError)
    assert str(ended[0]).startswith("row 6, mixed: the process was killed by SIGKILL")
    assert len(ended[1].result.events.pre) == 8
    assert len(processes) == 2


@pytest.mark.ngspice
def test_closing_kills_what_runs(processes):
    """One is done when the other two have most of their time ahead."""
    runs = LocalPool(3).run(ROW, [real_task(0), real_task(1, 5.0), real_task(2, 5.0)])
    number, _ = next(runs)
    assert number == 0
    runs.close()
    assert wait_for(lambda: all(process.poll() is not None for process in processes))
    assert [process.poll() for process in processes] == [-signal.SIGKILL] * 3

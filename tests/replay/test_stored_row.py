from dataclasses import fields, replace

import numpy as np
import pytest
from fake_circuit import largest_file
from fake_rows import FakeRow, install, row_stimulus_of, task_of

from cosim.circuits.conditions import Conditions
from cosim.replay import stored_row
from cosim.replay.row_run import run_row
from cosim.replay.stored_row import StoredRow, row_key
from cosim.workbench.output import OutputError


def ignore(_time):
    pass


@pytest.fixture(autouse=True)
def solver(monkeypatch):
    monkeypatch.setattr(stored_row, "simulator_versions", lambda: {"ngspice": "39"})
    return install(monkeypatch)


@pytest.fixture
def written(tmp_path):
    """A row on disk: folder of rows, its task and its run."""
    folder, task = tmp_path / "rows", task_of()
    run = run_row(task, ignore)
    StoredRow(folder, task).write(run)
    return folder, task, run


def assert_same(first, second):
    for field in fields(first.result.events):
        one, two = (getattr(run.result.events, field.name) for run in (first, second))
        np.testing.assert_array_equal(one, two)
    for name in ("time", "i_mem", "final_codes", "final_fractions", "output_spikes"):
        one, two = (getattr(run.result, name) for run in (first, second))
        np.testing.assert_array_equal(one, two)
        assert one.dtype == two.dtype
    for name in ("points", "transistors", "seconds"):
        assert getattr(first, name) == getattr(second, name)


def test_what_was_written_comes_back_bit_by_bit(written):
    folder, task, run = written
    assert run.result.events.decision.any()
    assert_same(StoredRow(folder, task).read(), run)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {"row_000_mixed/row.h5", "row_000_mixed/run.json"}


def test_nothing_comes_of_nothing(tmp_path):
    assert not StoredRow(tmp_path / "rows", task_of()).is_current()
    assert not (tmp_path / "rows").exists()


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"circuit": FakeRow("mixed", biases="others")}, "deck"),
        ({"circuit": FakeRow("mixed", conditions=Conditions(temperature=28.0))}, "deck"),
        ({"stimulus": row_stimulus_of(seed=1)}, "stimulus"),
        ({"stimulus": row_stimulus_of(codes=(-5, 3, 8))}, "stimulus"),
        ({"stimulus": replace(row_stimulus_of(), forced_spikes=np.array([11e-3]))}, "stimulus"),
        ({"stimulus": replace(row_stimulus_of(), forced_spikes=None)}, "stimulus"),
        ({"stimulus": replace(row_stimulus_of(), input_current=np.array([1e-12]))}, "stimulus"),
        ({"waveform": "full"}, "waveform"),
    ],
)
def test_what_the_result_follows_from_makes_it_outdated(written, caplog, change, part):
    folder, task, _ = written
    other = replace(task, **change)
    assert row_key(other) != row_key(task)
    assert not StoredRow(folder, other).is_current()
    assert f"run.json: of another {part}; not used" in caplog.text
    assert StoredRow(folder, replace(task)).is_current()


def test_another_step_makes_it_outdated(written):
    folder, task, _ = written
    task.circuit.step = 1e-3
    assert not StoredRow(folder, task).is_current()


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("simulator_versions", lambda: {"ngspice": "40"}),
        ("sources_digest", lambda *modules: "changed"),
    ],
)
def test_programs_and_sources_make_it_outdated(written, monkeypatch, name, other):
    folder, task, _ = written
    monkeypatch.setattr(stored_row, name, other)
    assert not StoredRow(folder, task).is_current()


def test_an_outdated_row_is_replaced(written):
    folder, task, _ = written
    other = replace(task, stimulus=row_stimulus_of(seed=1))
    StoredRow(folder, other).write(run_row(other, ignore))
    assert StoredRow(folder, other).is_current()
    assert not StoredRow(folder, task).is_current()
    assert len(list(folder.iterdir())) == 1


def test_a_disk_that_fills_up_leaves_the_row_that_was_there(written, capsys):
    folder, task, run = written
    with largest_file(1000), pytest.raises(OutputError, match=r"cannot write to .*rows"):
        StoredRow(folder, task).write(replace(run, seconds=0.0))
    assert_same(StoredRow(folder, task).read(), run)
    assert len(list(folder.iterdir())) == 1


def test_a_folder_that_cannot_be_made(tmp_path):
    tmp_path.joinpath("file").touch()
    task = task_of()
    with pytest.raises(OutputError, match=r"cannot write to .*file"):
        StoredRow(tmp_path / "file" / "rows", task).write(run_row(task, ignore))

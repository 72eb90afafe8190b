import os
from dataclasses import fields, replace

import numpy as np
import pytest
from cosim.replay.cache import RowCache, row_key
from fake_circuit import largest_file
from fake_rows import FakeRow, install, row_stimulus_of, task_of

from cosim.replay import cache as cache_module
from cosim.replay.row_run import run_row
from cosim.workbench.output import OutputError


@pytest.fixture(autouse=True)
def solver(monkeypatch):
    monkeypatch.setattr(cache_module, "simulator_versions", lambda: {"ngspice": "39"})
    return install(monkeypatch)


@pytest.fixture
def stored(tmp_path):
    """A cache with one row in it: the cache, its task and its run."""
    cache, task = RowCache(tmp_path / "rows"), task_of()
    run = run_row(task)
    cache.write(task, run)
    return cache, task, run


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


def test_what_was_written_comes_back_bit_by_bit(stored):
    cache, task, run = stored
    assert run.result.events.decision.any()
    assert_same(cache.read(task), run)
    assert [path.name for path in cache.path(task).parent.iterdir()] == ["row_000_mixed.h5"]


def test_nothing_comes_of_nothing(tmp_path):
    assert RowCache(tmp_path / "rows").read(task_of()) is None
    assert not (tmp_path / "rows").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"circuit": FakeRow("mixed", biases="others")},
        {"circuit": FakeRow("mixed", temperature=28.0)},
        {"stimulus": row_stimulus_of(seed=1)},
        {"stimulus": row_stimulus_of(codes=(-5, 3, 8))},
        {"stimulus": replace(row_stimulus_of(), forced_spikes=np.array([11e-3]))},
        {"stimulus": replace(row_stimulus_of(), forced_spikes=None)},
        {"stimulus": replace(row_stimulus_of(), input_current=np.array([1e-12]))},
        {"waveform": "full"},
    ],
)
def test_what_the_result_follows_from_makes_it_stale(stored, change):
    cache, task, _ = stored
    other = replace(task, **change)
    assert row_key(other) != row_key(task)
    assert cache.read(other) is None
    assert cache.read(replace(task)) is not None


def test_another_step_makes_it_stale(stored):
    cache, task, _ = stored
    task.circuit.step = 1e-3
    assert cache.read(task) is None


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("simulator_versions", lambda: {"ngspice": "40"}),
        ("sources_digest", lambda *modules: "changed"),
    ],
)
def test_programs_and_sources_make_it_stale(stored, monkeypatch, name, other):
    cache, task, _ = stored
    monkeypatch.setattr(cache_module, name, other)
    assert cache.read(task) is None


def test_a_stale_file_is_replaced(stored):
    cache, task, _ = stored
    other = replace(task, stimulus=row_stimulus_of(seed=1))
    cache.write(other, run_row(other))
    assert cache.read(other) is not None
    assert cache.read(task) is None
    assert len(list(cache.path(task).parent.iterdir())) == 1


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_not_trusted(stored, share):
    cache, task, _ = stored
    path = cache.path(task)
    os.truncate(path, int(share * path.stat().st_size))
    assert cache.read(task) is None


def test_a_damaged_file_is_not_trusted(stored):
    cache, task, run = stored
    path = cache.path(task)
    whole = path.read_bytes()
    for place in np.linspace(0, len(whole) - 1, 60).astype(int).tolist():
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        # Some bytes of the format mean nothing.
        found = cache.read(task)
        if found:
            assert_same(found, run)


def test_another_files_numbers_are_not_trusted(stored, monkeypatch):
    cache, task, run = stored
    monkeypatch.setattr(cache_module, "_content", lambda record: "content")
    cache.write(task, run)
    monkeypatch.undo()
    monkeypatch.setattr(cache_module, "simulator_versions", lambda: {"ngspice": "39"})
    assert cache.read(task) is None


def test_a_disk_that_fills_up_leaves_the_row_that_was_there(stored, capsys):
    cache, task, run = stored
    before = cache.path(task).read_bytes()
    with largest_file(1000), pytest.raises(OutputError, match=r"cannot write to .*rows"):
        cache.write(task, run)
    assert cache.path(task).read_bytes() == before
    assert len(list(cache.path(task).parent.iterdir())) == 1


def test_a_folder_that_cannot_be_made(tmp_path):
    tmp_path.joinpath("file").touch()
    task = task_of()
    with pytest.raises(OutputError, match=r"cannot write to .*file"):
        RowCache(tmp_path / "file" / "rows").write(task, run_row(task))

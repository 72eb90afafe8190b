"""Finished closed loops are kept, and used again only where they are what a run would give."""

from dataclasses import replace

import fake_loop
import fake_rows
import numpy as np
import pytest

from cosim.circuits.conditions import Conditions
from cosim.replay import loops, stored_loop
from cosim.replay.loops import close_loop
from cosim.replay.open_loop import RowSettings
from ebn_model.errors import InputError


@pytest.fixture(autouse=True)
def loop(monkeypatch):
    monkeypatch.setattr(stored_loop, "simulator_versions", lambda: {"ngspice": "39"})
    monkeypatch.setattr(loops, "RowCircuit", fake_rows.FakeRow)
    return fake_loop.install(monkeypatch)


@pytest.fixture
def settings(tmp_path):
    return RowSettings(cache=tmp_path / "rows")


def closed(settings, kind="teach", seed=1, amplitude=1000.0):
    network, command = fake_loop.small_network(seed), fake_loop.short_command(amplitude)
    return close_loop(kind, network, command, settings)


def test_a_finished_loop_comes_back_bit_by_bit(settings, loop):
    first, network = closed(settings)
    assert loop.ran() == 1
    again, same = closed(settings)
    assert loop.ran() == 0
    assert len(network.spike_times) > 3
    assert np.array_equal(same.spike_times, network.spike_times)
    assert np.array_equal(same.state.weights, network.state.weights)
    assert list(again.rows) == [0, 1, 2]
    for row, case in first.rows.items():
        for name in ("time", "i_mem", "final_codes", "final_fractions", "output_spikes"):
            one, two = (getattr(found.circuit, name) for found in (case, again.rows[row]))
            assert np.array_equal(one, two) and one.dtype == two.dtype
        assert np.array_equal(case.model.i_mem, again.rows[row].model.i_mem)
        assert case.circuit.i_mem[0] != case.model.i_mem[0]
        assert (first.runs[row].points, first.runs[row].seconds) == (
            again.runs[row].points,
            again.runs[row].seconds,
        )


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"seed": 2}, "network"),
        ({"amplitude": 400.0}, "command"),
        ({"biases": "rule"}, "deck"),
        # The model's constants are measured anew.
        pytest.param(
            {"conditions": Conditions(temperature=40.0)}, "deck", marks=pytest.mark.ngspice
        ),
        ({"waveform": "full"}, "waveform"),
    ],
)
def test_what_a_loop_follows_from_makes_it_outdated(settings, loop, caplog, changed, part):
    closed(settings)
    loop.ran()
    of_rows = {name: value for name, value in changed.items() if hasattr(settings, name)}
    others = {name: value for name, value in changed.items() if name not in of_rows}
    closed(replace(settings, **of_rows), **others)
    assert loop.ran() == 1
    assert f"run.json: of another {part}" in caplog.text


def test_another_kind_or_view_has_its_own_place(settings, loop):
    for kind, view in (("teach", "mixed"), ("live", "mixed"), ("teach", "multiplexed")):
        closed(replace(settings, view=view), kind)
        assert loop.ran() == 1
    closed(settings)
    assert loop.ran() == 0


def test_all_runs_or_none(settings, loop):
    with pytest.raises(InputError, match=r"no current results of the loop in .*: run it first"):
        closed(replace(settings, runs="none"))
    closed(settings)
    closed(replace(settings, runs="none"))
    assert loop.ran() == 1
    closed(replace(settings, runs="all"))
    assert loop.ran() == 1


def test_without_a_folder_nothing_is_kept(settings, loop, tmp_path):
    closed(replace(settings, cache=None))
    assert loop.ran() == 1
    assert not list(tmp_path.iterdir())

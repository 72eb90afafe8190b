"""Finished closed loops are kept, and used again only where they are what a run would give."""

from dataclasses import replace

import fake_loop
import fake_rows
import numpy as np
import pytest

from cosim.circuits.conditions import Conditions
from cosim.replay import stored_loop
from cosim.replay.loops import close_loop
from cosim.replay.open_loop import RowSettings
from ebn_model.chip.row import ChipRow
from ebn_model.errors import InputError
from ebn_model.measured import measured_parameters


@pytest.fixture(autouse=True)
def loop(monkeypatch):
    monkeypatch.setattr(stored_loop, "simulator_versions", lambda: {"ngspice": "39"})
    monkeypatch.setattr("cosim.replay.open_loop.RowCircuit", fake_rows.FakeRow)
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
        ({"biases": "rule"}, "decks"),
        # The model's constants are measured anew.
        pytest.param(
            {"conditions": Conditions(temperature=40.0)}, "decks", marks=pytest.mark.ngspice
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


def test_rows_that_are_dies_have_circuits_and_models_of_their_own(settings, loop):
    """Row n is the die first_die + n, and its model has that die's constants."""
    nominal = measured_parameters("network_row")
    constants = {row: nominal.model_copy(update={"i_in": (5 + row) * 1e-10}) for row in range(3)}
    dies = replace(settings, first_die=40, constants=constants)
    assert [dies.conditions_of(row).die for row in range(3)] == [40, 41, 42]
    assert settings.conditions_of(1).die is None
    closed(settings)
    found, _ = closed(dies)
    assert loop.ran() == 2
    decks = {
        circuit.job(case.stimulus, "").deck.sha256
        for circuit, case in zip(
            dies.circuits(found.rows).values(), found.rows.values(), strict=True
        )
    }
    assert len(decks) == 3
    for row, case in found.rows.items():
        expected = ChipRow(constants[row]).run(case.stimulus)
        assert np.array_equal(case.model.i_mem, expected.i_mem)
    # Other dies, another loop.
    closed(replace(dies, first_die=41))
    assert loop.ran() == 1

from dataclasses import replace

import numpy as np
import pytest
from fake_circuit import largest_file
from fake_rows import LostError, install, row_stimulus_of

from cosim.replay.open_loop import (
    MissingRowsError,
    RowSettings,
    chosen_rows,
    network_stimuli,
    replay,
    replay_stimuli,
)
from cosim.replay.spike_files import SpikeTrains
from cosim.replay.spike_stimuli import stimuli_of_spikes
from cosim.workbench.output import OutputError
from ebn_model.configurations import build_network, configuration
from ebn_model.errors import InputError

NEURONS = 4


@pytest.fixture
def solver(monkeypatch):
    return install(monkeypatch)


@pytest.fixture(scope="module")
def recorded():
    """A network of four neurons before a run with learning, its input, and the run."""
    p = configuration("hardware").model_copy(update={"neurons": NEURONS})
    network = build_network(p, seed=3)
    command = np.column_stack([np.full(1001, 120.0), np.full(1001, -80.0)])
    result = network.run(command, learn=True)
    assert np.count_nonzero(result.state.weights) > 3
    return network, command, result


@pytest.fixture
def stimuli():
    return {row: row_stimulus_of(seed=row) for row in range(4)}


@pytest.fixture
def cached(tmp_path):
    return RowSettings(cache=tmp_path / "rows")


def test_every_row_gets_what_it_got_in_the_network(solver, recorded):
    network, command, result = recorded
    replayed = replay(network, command, result)
    assert list(replayed.rows) == list(range(NEURONS))
    for row, case in replayed.rows.items():
        own = result.spike_neurons == row
        assert case.stimulus.forced_spikes.tolist() == result.spike_times[own].tolist()
        learned = result.state.weights[row, case.stimulus.synapses]
        assert case.model.final_codes.tolist() == learned.tolist()
        assert case.circuit.final_codes.tolist() == learned.tolist()
    assert replayed.failures == {}


def test_rows_are_chosen_in_order_and_once(solver, recorded):
    network, command, result = recorded
    assert list(replay(network, command, result, [2, 0, 2]).rows) == [0, 2]
    assert solver.ran() == ["row 0, mixed", "row 2, mixed"]


def test_rows_that_spike_by_themselves(recorded):
    stimuli = network_stimuli(*recorded, rows=[1], forced=False)
    assert stimuli[1].forced_spikes is None


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [([4], "row 4 is not one of 0 .. 3"), ([-1], "row -1 is not"), ([], "there are no rows")],
)
def test_rows_that_there_are_not(rows, complaint):
    with pytest.raises(InputError, match=complaint):
        chosen_rows(rows, NEURONS)


def test_finished_rows_are_not_run_again(solver, stimuli, cached):
    first = replay_stimuli(stimuli, cached)
    assert len(solver.ran()) == 4
    again = replay_stimuli(stimuli, cached)
    assert solver.ran() == []
    assert again.rows[2].circuit.i_mem.tolist() == first.rows[2].circuit.i_mem.tolist()
    assert again.runs[2].seconds == first.runs[2].seconds
    replay_stimuli(stimuli, replace(cached, runs="all"))
    assert len(solver.ran()) == 4


def test_only_the_rows_that_changed_run_again(solver, stimuli, cached):
    replay_stimuli(stimuli, cached)
    solver.ran()
    replay_stimuli({**stimuli, 1: row_stimulus_of(seed=9)}, cached)
    assert solver.ran() == ["row 1, mixed"]


def test_views_are_kept_side_by_side(solver, stimuli, cached):
    for view in ("mixed", "multiplexed"):
        replay_stimuli(stimuli, replace(cached, view=view))
        assert len(solver.ran()) == 4
    replay_stimuli(stimuli, cached)
    assert solver.ran() == []


def test_a_missing_row_is_named_and_the_others_are_kept(solver, stimuli, cached):
    solver.errors["row 1, mixed"] = LostError("the process was killed")
    with pytest.raises(MissingRowsError) as caught:
        replay_stimuli(stimuli, cached)
    message = str(caught.value)
    assert message.startswith("rows are missing: 1; run again to get just these\n")
    assert "row 1, mixed: the process was killed" in message
    result = caught.value.result
    assert [row for row, case in result.rows.items() if case.circuit is None] == [1]
    assert list(result.runs) == [0, 2, 3]
    assert list(result.failures) == [1]
    assert len(solver.ran()) == 4
    solver.errors.clear()
    assert replay_stimuli(stimuli, cached).rows[1].circuit is not None
    assert solver.ran() == ["row 1, mixed"]


def test_an_interrupted_replay_goes_on(solver, stimuli, cached):
    """Rows come one after the other; the interrupt comes while the third runs."""

    def interrupt(row, _):
        if row == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay_stimuli(stimuli, cached, interrupt)
    assert solver.ran() == ["row 0, mixed", "row 1, mixed", "row 2, mixed"]
    kept = sorted(path.name for path in cached.cache.iterdir())
    assert kept == ["row_000_mixed", "row_001_mixed"]
    replay_stimuli(stimuli, cached)
    assert solver.ran() == ["row 2, mixed", "row 3, mixed"]


def test_a_disk_that_fills_up_ends_the_replay(solver, stimuli, cached, capsys):
    with largest_file(1000), pytest.raises(OutputError, match="cannot write to"):
        replay_stimuli(stimuli, cached)
    assert list(cached.cache.iterdir()) == []
    assert len(replay_stimuli(stimuli, cached).runs) == 4


def test_progress_comes_to_the_end_of_each_row(solver, stimuli, cached):
    for _ in ("run", "from the cache"):
        seen = {}
        replay_stimuli(stimuli, cached, seen.__setitem__)
        assert seen == dict.fromkeys(range(4), 30e-3)


@pytest.mark.parametrize("change", [{"biases": "nothing"}, {"view": "layout"}])
def test_settings_that_cannot_be(stimuli, change):
    with pytest.raises(InputError, match=r"nothing|layout"):
        replay_stimuli(stimuli, RowSettings(**change))


def own_spikes(*pairs, ids=range(3), duration=30.05e-3):
    times, numbers = zip(*pairs, strict=True)
    return SpikeTrains(np.array(times) * 1e-3, np.array(numbers), np.array(ids), duration)


def test_what_rows_get_from_spikes_of_ones_own():
    p = configuration("hardware_robust")
    spikes = own_spikes((5, 0), (8, 1), (8.05, 2), (29.99, 0))
    codes = np.arange(9).reshape(3, 3) * (1 - np.eye(3))
    stimuli = stimuli_of_spikes(spikes, p, codes=codes, current=5e-12)
    assert list(stimuli) == [0, 1, 2]
    row = stimuli[2]
    assert row.pre.tolist() == [0, 1, 0]
    np.testing.assert_allclose(row.rise_times, [5.1e-3, 8.1e-3, 30.09e-3])
    assert row.duration == pytest.approx(30.1e-3)
    assert row.start_codes.tolist() == [6, 7]
    assert (row.sub_lsbs, row.start_fractions.tolist()) == (2, [2, 2])
    np.testing.assert_allclose(row.forced_spikes, [8.05e-3])
    assert row.input_current.tolist() == [5e-12]


def test_spikes_of_ones_own_alone():
    [(row, stimulus)] = stimuli_of_spikes(
        own_spikes((5, 0), (8, 1)), configuration("hardware"), rows=[1], forced=False
    ).items()
    assert (row, stimulus.start_codes.tolist()) == (1, [0, 0])
    assert stimulus.forced_spikes is None
    assert not stimulus.input_current.any()


def test_rows_and_synapses_have_the_users_ids():
    spikes = own_spikes((5, 0), (8, 1), (8.05, 2), (20, 0), ids=(7, 100, 1000123))
    p = configuration("hardware")
    codes = np.arange(9).reshape(3, 3) * (1 - np.eye(3))
    stimuli = stimuli_of_spikes(spikes, p, codes=codes)
    assert list(stimuli) == [7, 100, 1000123]
    row = stimuli[100]
    assert (row.synapses.tolist(), row.pre.tolist()) == ([7, 1000123], [7, 1000123, 7])
    assert (row.start_codes.tolist(), row.forced_spikes.tolist()) == ([3, 5], [8e-3])
    assert list(stimuli_of_spikes(spikes, p, rows=iter([1000123]))) == [1000123]
    with pytest.raises(InputError, match=r"row 1 is not one of 7, 100, 1000123; .*--neurons"):
        stimuli_of_spikes(spikes, p, rows=[1])


@pytest.mark.ngspice
def test_a_real_row_learns_as_its_model():
    """Three synapses in transistors for 30 ms."""
    stimulus = row_stimulus_of()
    result = replay_stimuli({0: stimulus}, RowSettings())
    case, run = result.rows[0], result.runs[0]
    assert case.model.events.decision.any()
    assert case.circuit.events.decision.tolist() == case.model.events.decision.tolist()
    assert case.circuit.final_codes.tolist() == case.model.final_codes.tolist()
    difference = case.circuit.i_mem - case.model.i_mem
    # The model's membrane falls at once when the neuron spikes, at 10 ms.
    falling = abs(case.circuit.time - 10.1e-3) <= 0.1e-3
    assert difference[falling].max() > 0.5e-9
    assert np.sqrt(np.mean(difference[~falling] ** 2)) < 0.02e-9
    assert run.points > 500
    assert run.transistors > 150

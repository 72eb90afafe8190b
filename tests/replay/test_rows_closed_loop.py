"""The loop closed over circuits: small networks, a few ten milliseconds."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from children import forks, none_left, workers

from cosim.circuits.conditions import Conditions
from cosim.circuits.row import RowCircuit
from cosim.engine.worker import run_jobs
from cosim.replay import closed_loop
from cosim.replay.closed_loop import live, teach
from cosim.workbench.errors import LostEdgeError, WorkerError
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.network.inputs import sine_command

pytestmark = pytest.mark.ngspice

NEURONS, DURATION = 3, 40e-3
SHORT = 181
"""Points of the command where neurons are circuits: 18 ms."""


@pytest.fixture(scope="module")
def network():
    parameters = ChipParameters(neurons=NEURONS, initial="random", sub_lsbs=1)
    return ChipNetwork.build(parameters, 5)


@pytest.fixture(scope="module")
def command():
    amplitude, frequency = np.full(2, 500.0), np.array([12.0, 17.0])
    return sine_command(amplitude, frequency, np.array([0.0, 1.0]), DURATION, 1e-4)


@pytest.fixture(scope="module")
def taught(network, command):
    return teach(network, command)


@pytest.fixture(scope="module")
def alive(network, command):
    return live(network, command[:SHORT])


def replayed(result, circuit):
    jobs = [circuit.job(result.stimuli[row], f"row {row}") for row in range(NEURONS)]
    vectors = dict(run_jobs(jobs))
    return [circuit.result(result.stimuli[row], vectors[row]) for row in range(NEURONS)]


def assert_same(one, other):
    assert np.array_equal(one.i_mem, other.i_mem)
    assert np.array_equal(one.events.decision, other.events.decision)
    assert np.array_equal(one.final_codes, other.final_codes)
    assert np.array_equal(one.final_fractions, other.final_fractions)
    assert np.array_equal(one.output_spikes, other.output_spikes)


def test_the_network_goes_on_with_what_the_circuits_decide(network, taught):
    """Its updates are exactly the steps of the circuits' counters."""
    result = taught.network
    assert len(result.spike_times) >= 8
    assert len(result.updates.time) > 3
    found = {row: [] for row in range(NEURONS)}
    for fall, post, pre, delta in zip(*vars(result.updates).values(), strict=True):
        found[post].append((pre, round(fall, 7), delta))
    for row, circuit in taught.rows.items():
        events = circuit.events
        changed = events.weight_after != events.weight_before
        steps = zip(
            events.pre[changed],
            events.t_fall[changed].round(7),
            (events.weight_after - events.weight_before)[changed],
            strict=True,
        )
        assert sorted(found[row]) == sorted(steps)


def test_circuits_and_model_learn_much_the_same(network, command, taught, alive):
    for points, closed in ((len(command), taught), (SHORT, alive)):
        result = closed.network
        model = network.run(command[:points], learn=True)
        assert len(result.spike_times) == pytest.approx(len(model.spike_times), abs=1)
        assert np.abs(result.state.weights - model.state.weights).max() <= 1


def test_a_taught_network_can_be_replayed(taught):
    for again, first in zip(
        replayed(taught, RowCircuit("mixed", step=taught.step)), taught.rows.values(), strict=True
    ):
        assert_same(again, first)


def test_living_circuits_can_be_replayed(alive):
    """From the recorded pulses, the neurons spike by themselves at the same times."""
    for again, first in zip(
        replayed(alive, RowCircuit("mixed", step=alive.step)), alive.rows.values(), strict=True
    ):
        assert_same(again, first)
    times = np.concatenate([alive.rows[row].output_spikes for row in range(NEURONS)])
    assert np.sort(times) == pytest.approx(alive.network.spike_times, abs=1e-15)


def test_who_answers_first_makes_no_difference(network, command, taught, monkeypatch):
    original = closed_loop._steps

    def delayed(*arguments):
        time.sleep(2e-3)
        return original(*arguments)

    monkeypatch.setattr(closed_loop, "_steps", delayed)
    again = teach(network, command)
    for row in range(NEURONS):
        assert_same(again.rows[row], taught.rows[row])


def test_few_dacs_teach_the_same(network, command, taught):
    multiplexed = teach(network, command, RowCircuit("multiplexed", dacs=2))
    assert np.array_equal(multiplexed.network.state.weights, taught.network.state.weights)


@pytest.mark.parametrize("loop", [teach, live])
def test_an_edge_without_a_time_point_is_refused(loop, network, command, monkeypatch):
    """An edge that no circuit was asked for, in the middle of a pause."""
    expected = closed_loop.digital_edges
    monkeypatch.setattr(
        closed_loop, "digital_edges", lambda stimulus: np.append(expected(stimulus), 3.14159e-3)
    )
    with pytest.raises(LostEdgeError, match=r"1 of \d+ edges have no time point .* 0\.00314159 s"):
        loop(network, command[:60])


def test_progress_is_told(network, command):
    told = []
    live(network, command[:60], on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(5.9e-3, abs=25e-6)


def test_the_transistor_view_has_no_closed_loop(network, command):
    with pytest.raises(InputError, match="transistor view has no closed loop"):
        teach(network, command, RowCircuit("transistor"))


def test_a_killed_row_ends_the_run_and_is_named(network, command):
    others = workers()

    def kill_one():
        deadline = time.time() + 30
        while time.time() < deadline:
            for child in workers():
                for fork in forks(child) if child not in others else ():
                    os.kill(fork, signal.SIGKILL)
                    return
            time.sleep(0.01)

    killer = threading.Thread(target=kill_one)
    killer.start()
    with (
        none_left(),
        pytest.raises(WorkerError, match=r"row \d: the process was killed by SIGKILL"),
    ):
        teach(network, command)
    killer.join()


def test_rows_of_different_dies_close_one_loop():
    """Each row's circuit is its die's: it does what that die does alone, and no other."""
    parameters = ChipParameters(neurons=2, initial="random")
    network = ChipNetwork.build(parameters, 5)
    amplitude, frequency = np.full(2, 1500.0), np.array([25.0, 31.0])
    command = sine_command(amplitude, frequency, np.array([0.0, 1.0]), 16e-3, 1e-4)
    circuits = [RowCircuit("mixed", conditions=Conditions(die=die)) for die in (3, 4)]
    closed = teach(network, command, circuits)
    assert len(closed.rows[0].events.pre) > 0
    for row, die in enumerate((3, 4)):
        alone = RowCircuit("mixed", conditions=Conditions(die=die), step=closed.step)
        other = RowCircuit("mixed", conditions=Conditions(die=7 - die), step=closed.step)
        job, changed = (c.job(closed.stimuli[row], f"row {row}") for c in (alone, other))
        vectors = dict(run_jobs([job, changed]))
        assert_same(alone.result(closed.stimuli[row], vectors[0]), closed.rows[row])
        off = other.result(closed.stimuli[row], vectors[1])
        # They even rest elsewhere.
        assert abs(off.i_mem[0] - closed.rows[row].i_mem[0]) > 10e-12


def test_a_loop_needs_a_circuit_for_each_row(network, command):
    with pytest.raises(InputError, match="circuits of 2 rows for 3 neurons"):
        teach(network, command, [RowCircuit("mixed")] * 2)

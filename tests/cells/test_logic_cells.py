"""The learning logic: every code, decision and preset, slow edges, runts, corners."""

from dataclasses import replace

import numpy as np
import pytest
from bench_checks import edited

from cosim.cells.bench import measurement
from cosim.cells.benches import (
    learning_control,
    magnitude_encoder,
    runt_pulses,
    sub_lsbs,
    weight_bus,
)
from cosim.cells.benches.logic import (
    Steps,
    check_edges,
    clock_gap,
    codes,
    latest_change,
    steps,
    weights,
)
from cosim.cells.waveforms import pulses
from cosim.circuits.neuron import TransistorCircuit
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import LostEdgeError, SimulationError
from cosim.workbench.places import NETLISTS
from ebn_model.errors import InputError
from ebn_model.stimulus import Stimulus, regular_spikes

BENCHES = NETLISTS / "benches"
SUPPLY = {"vdd": np.array([1.8])}
CORNERS = [(1.6, 0), (1.6, 85), (2.0, 0), (2.0, 85)]
"""Supply in V and temperature in degrees C."""


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("counter", "expected"),
    [
        ("u", [30, 31, 31, 31, 30, 29, 28, 28, 28]),
        ("m", [-30, -29, -28, -27, -28, -29, -30, -30, -30]),
        ("d", [-31, -32, -32, -32, -31, -30, -29, -29, -29]),
    ],
    ids=["saturates at 31", "counts through carries", "saturates at -32"],
)
def test_the_weight_counts_saturates_and_holds(counter, expected, bench_results):
    before_each_pulse = 4.5e-6 + 5e-6 * np.arange(9)
    found = weights(bench_results["learning_control"], counter, before_each_pulse)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.ngspice
def test_the_decision_is_held_from_rising_edge_to_rising_edge(bench_results):
    vectors = bench_results["learning_control"]
    # The input turns from INC to DEC at 18 us and to SL at 33 us, between pulses.
    times = np.array([19e-6, 21e-6, 34e-6, 36e-6])
    np.testing.assert_array_equal(codes(vectors, ["u_inc", "u_sl"], times), [1, 0, 0, 2])


@pytest.mark.ngspice
def test_the_neuron_bench_learns(bench_results):
    found = weights(bench_results["learning_neuron"] | SUPPLY, "q", np.array([3e-3, 6e-3, 11e-3]))
    np.testing.assert_array_equal(found, [8, 9, 10])


@pytest.fixture(scope="module")
def variants():
    """Vectors of benches under other conditions: (name, supply, temperature) or sub_lsbs."""
    decks = {
        (name, supply, celsius): edited(
            name, (r"\.param supply=1\.8$", f".param supply={supply}")
        ).append(f".temp {celsius}", "corner")
        for name in ("learning_control", "weight_bus")
        for supply, celsius in CORNERS
    }
    for bits in (4, 3, 1):
        stop = 4 * (2 ** (bits - 1) + 2 + 2**bits + 4)
        decks[bits] = edited(
            "sub_lsbs",
            (r"\.param sub_lsbs=2$", f".param sub_lsbs={bits}"),
            (r"\.tran 0\.5u \d+u", f".tran 0.5u {stop}u"),
        )
    names = list(decks)
    jobs = [Job(str(name), decks[name]) for name in names]
    return {names[index]: vectors for index, vectors in run_jobs(jobs)}


@pytest.mark.ngspice
@pytest.mark.parametrize("corner", CORNERS)
def test_the_logic_counts_at_every_supply_and_temperature(corner, variants):
    vectors = variants[("learning_control", *corner)]
    assert vectors["vdd"][0] == pytest.approx(corner[0])
    values = learning_control.measure(vectors)
    assert (values["wrong_codes"], values["saturated"]) == (0, 4)
    assert values["settling"] < 5e-9


@pytest.mark.ngspice
@pytest.mark.parametrize("corner", CORNERS)
def test_the_bus_changes_and_keeps_at_every_supply_and_temperature(corner, variants):
    values = weight_bus.measure(variants[("weight_bus", *corner)])
    assert (values["transitions"], values["wrong_selected"], values["wrong_kept"]) == (12, 0, 0)
    assert values["settling"] < 3e-9
    assert values["disturbance"] < 0.1


@pytest.mark.ngspice
def test_a_line_that_does_not_follow_or_keep_is_noticed(bench_results):
    vectors = bench_results["weight_bus"]
    stuck = weight_bus.measure(vectors | {"b2": 0 * vectors["b2"]})
    # Two of four weights have a 1 there, in seven of thirteen selections.
    assert (stuck["wrong_selected"], stuck["wrong_kept"]) == (7, 7)
    # Low from 10 ns after each selection to 10 ns after the next begins.
    time = vectors["time"]
    starts, ends = pulses(vectors, "select")
    begun, ended = (np.searchsorted(edges + 10e-9, time) for edges in (starts, ends))
    forgetful = np.where(begun > ended, vectors["b2"], 0)
    lost = weight_bus.measure(vectors | {"b2": forgetful})
    assert lost["wrong_selected"] == 0 < lost["wrong_kept"]


@pytest.mark.ngspice
@pytest.mark.parametrize("bits", [1, 3, 4])
def test_bits_below_the_lsb_count_through_carries_and_into_saturation(bits, variants):
    vectors = variants[bits]
    values = sub_lsbs.measure(vectors)
    assert (values["bits"], values["wrong_codes"]) == (bits, 0)
    # From the middle of an LSB: 2^(s-1) counts up to the next, 2^s more down again.
    above_zero = steps(vectors, "m", "in").after >= 0
    assert above_zero.argmax() == 2 ** (bits - 1) - 1
    assert steps(vectors, "u", "in").after.max() == 31
    assert steps(vectors, "d", "in").after.min() == -32


@pytest.mark.ngspice
def test_the_transistor_view_takes_bits_below_the_lsb(biases):
    stimulus = Stimulus(
        spike_times=regular_spikes(4e-3, 3e-3, 3),
        pulse_width=1e-3,
        duration=12e-3,
        start_weight=8,
        reset_until=3.5e-3,
    )
    circuit = TransistorCircuit(biases, sub_lsbs=1)
    [(_, vectors)] = run_jobs([circuit.job(stimulus, "sub_lsbs")])
    spikes = circuit.result(stimulus, vectors).spikes
    # After the reset I_mem is low: each spike counts up, from 8 1/2.
    np.testing.assert_array_equal(spikes.decision, [1, 1, 1])
    np.testing.assert_array_equal(spikes.weight_after, [9, 9, 10])


@pytest.mark.parametrize("bits", [-1, 5, 1.5, True])
def test_the_transistor_view_refuses_other_numbers_of_bits(bits, biases):
    with pytest.raises(InputError, match="sub_lsbs"):
        TransistorCircuit(biases, sub_lsbs=bits)


def test_a_wrong_step_is_seen():
    one = np.zeros(4)
    walk = Steps(one, one, np.array([1, -1, 0, 1]), np.array([30, -32, 5, 5]), one)
    assert replace(walk, after=np.array([31, -32, 5, 6])).wrong == 0
    assert replace(walk, after=np.array([31, -31, 5, 7])).wrong == 2


def test_a_bit_between_levels_is_an_error():
    vectors = {"time": np.array([0.0, 1.0]), "a": np.array([0.0, 1.8]), **SUPPLY}
    assert codes(vectors, ["a"], np.array([0.0, 1.0])).tolist() == [0, 1]
    with pytest.raises(SimulationError, match=r"a is 0\.90 V at 0\.5 s"):
        codes(vectors, ["a"], np.array([0.5]))


def test_an_edge_that_a_time_step_passes_over_is_an_error():
    """From 1 s to 2 s the input goes from level to level; before, it has a point in the middle."""
    time = np.arange(5.0)
    vectors = {"time": time, "in": 1.8 * np.array([0, 0.5, 1, 0.5, 0]), **SUPPLY}
    check_edges(vectors, "in")
    for lost in (1.8 * np.array([0, 0.05, 1, 0.5, 0]), 1.8 * np.array([1, 0.95, 0.05, 0, 0])):
        with pytest.raises(LostEdgeError, match="the edge of in at 1 s has no time point"):
            check_edges(vectors | {"in": lost}, "in")


@pytest.mark.ngspice
@pytest.mark.parametrize(("bench", "source"), [("learning_control", "in"), ("flip_flop", "in")])
def test_a_bench_whose_input_lost_an_edge_is_not_measured(bench, source, bench_results):
    vectors = bench_results[bench]
    level = 1.8 * (vectors[source] > 0.9)
    with pytest.raises(LostEdgeError, match=f"the edge of {source}"):
        measurement(bench).measure(vectors | {source: level})


@pytest.mark.ngspice
@pytest.mark.parametrize("source", ["begin", "end"])
def test_a_short_pulse_that_lost_an_edge_is_not_measured(source, bench_results):
    vectors = bench_results["runt_pulses"]
    with pytest.raises(LostEdgeError, match=f"the edge of {source}"):
        runt_pulses.measure(vectors | {source: 1.8 * (vectors[source] > 0.9)})


def test_the_clock_gap_is_negative_where_phases_overlap():
    time = np.arange(8.0)
    high = 1.8 * np.array([0, 0, 0, 1, 1, 0, 0, 0])
    low = 1.8 * np.array([1, 1, 0, 0, 0, 0, 1, 1])
    vectors = {"time": time, "h": high, "h_b": 1.8 - high, "l": low, "l_b": 1.8 - low, **SUPPLY}
    gap = clock_gap(vectors, ("h", "h_b"), ("l", "l_b"))
    # From 0.35 V of one's fall to 0.35 V of the other's rise.
    assert gap == pytest.approx(2 * 0.35 / 1.8)
    vectors["h_b"] = np.zeros(8)
    vectors["h_b"][[0, 7]] = 1.8
    assert clock_gap(vectors, ("h", "h_b"), ("l", "l_b")) < 0


def test_a_change_is_measured_from_its_cause():
    vectors = {"time": np.arange(6.0), "a": 1.8 * np.array([0, 0, 1, 1, 1, 0]), **SUPPLY}
    assert latest_change(vectors, ["a"], np.array([1.0, 4.25])) == pytest.approx(0.5)
    with pytest.raises(SimulationError, match="none of a changes"):
        latest_change(vectors, ["a"], np.array([5.0]))


def test_the_magnitude_of_a_negative_weight_is_one_less():
    assert magnitude_encoder.law(np.array([0, 31, -1, -32])).tolist() == [0, 31, 0, 31]

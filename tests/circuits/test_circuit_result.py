import re

import numpy as np
import pytest
from synthetic import BITS, stimulus

from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.neuron_readout import I_MEM
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import SimulationError


def synthetic(made, weights, decisions):
    """Vectors of a circuit that decides so and has these weights; I_mem rises by 1 uA/s."""
    time = np.arange(0, made.duration + 5e-7, 1e-6)
    weight = np.array(weights)[np.searchsorted(made.fall_times + 1e-6, time, side="right")]
    latched = np.searchsorted(made.spike_times + 1e-6, time, side="right")
    decision = np.array([0, *decisions])[latched]
    return {
        "time": time,
        I_MEM: 1e-6 * time,
        "v(inc)": 1.8 * (decision == 1),
        "v(sl)": 1.8 * (decision == 0),
        **{name: 1.8 * (weight >> bit & 1) for bit, name in enumerate(BITS)},
    }


@pytest.mark.parametrize(
    ("weights", "decisions"),
    [
        ([30, 31, 31], [1, 1]),
        ([-31, -32, -32], [-1, -1]),
        ([0, -1, 0], [-1, 1]),
        ([-1, -1, 0], [0, 1]),
        ([16, 15, 15], [-1, 0]),
    ],
)
def test_weights_and_decisions_are_read(circuit, weights, decisions):
    made = stimulus(start_weight=weights[0])
    result = circuit.result(made, synthetic(made, weights, decisions))
    assert result.spikes.decision.tolist() == decisions
    assert result.spikes.weight_before.tolist() == weights[:-1]
    assert result.spikes.weight_after.tolist() == weights[1:]


def test_edges_and_their_membrane_currents_are_read(circuit):
    made = stimulus()
    result = circuit.result(made, synthetic(made, [30, 31, 31], [1, 1]))
    for edge, times in (("rise", made.spike_times), ("fall", made.fall_times)):
        assert getattr(result.spikes, f"t_{edge}") == pytest.approx(times)
        assert getattr(result.spikes, f"i_mem_{edge}") == pytest.approx(1e-6 * times, abs=1e-13)


def test_waveforms_come_with_the_weight_at_each_time(circuit):
    made = stimulus()
    vectors = synthetic(made, [30, 31, 31], [1, 1])
    result = circuit.result(made, vectors)
    assert (result.time == vectors["time"]).all()
    assert (result.i_mem == vectors[I_MEM]).all()
    assert set(result.weight[result.time < made.fall_times[0]]) == {30}
    assert set(result.weight[result.time > made.fall_times[0]]) == {31}


def test_the_pulse_that_outlasts_the_run_decides_without_a_step(circuit):
    made = stimulus([4.005e-3, 11.5e-3], start_weight=8)
    spikes = circuit.result(made, synthetic(made, [8, 9, 9], [1, -1])).spikes
    assert np.isnan(spikes.t_fall).tolist() == np.isnan(spikes.i_mem_fall).tolist() == [False, True]
    assert spikes.decision.tolist() == [1, -1]
    assert spikes.weight_before.tolist() == [8, 9]
    assert spikes.weight_after.tolist() == [9, 9]


def test_a_run_without_spikes_has_an_empty_table(circuit):
    made = stimulus([])
    result = circuit.result(made, synthetic(made, [30], []))
    assert len(result.spikes) == 0
    assert set(result.weight) == {30}


@pytest.mark.parametrize("node", [*BITS, "v(inc)", "v(sl)"])
@pytest.mark.parametrize(("spike", "middle"), [(0, 4.5e-3), (1, 9.5e-3)])
def test_a_level_between_0_and_1_is_named_with_its_time(circuit, node, spike, middle):
    made = stimulus()
    vectors = synthetic(made, [30, 31, 31], [1, 1])
    vectors[node][abs(vectors["time"] - middle) < 0.6e-3] = 0.9
    with pytest.raises(SimulationError, match=re.escape(f"{node} is 0.90 V at ")) as error:
        circuit.result(made, vectors)
    time = float(re.search(r"at (\S+) s", str(error.value))[1])
    edge = made.spike_times if node in BITS else made.fall_times
    assert time == pytest.approx(edge[spike], abs=1e-6)


@pytest.mark.parametrize("volts", [0.37, 1.43])
def test_a_level_must_be_within_a_fifth_of_the_supply(circuit, volts):
    made = stimulus()
    vectors = synthetic(made, [30, 31, 31], [1, 1])
    vectors["v(q1)"][abs(vectors["time"] - 4.5e-3) < 0.6e-3] = volts
    with pytest.raises(SimulationError, match=re.escape(f"v(q1) is {volts:.2f} V at ")):
        circuit.result(made, vectors)


@pytest.mark.parametrize("volts", [0.35, 1.45])
def test_levels_near_the_supplies_are_logic(circuit, volts):
    made = stimulus()
    vectors = synthetic(made, [30, 31, 31], [1, 1])
    vectors = {
        name: np.where(values == 1.8 * (volts > 0.9), volts, values) if name[0] == "v" else values
        for name, values in vectors.items()
    }
    assert circuit.result(made, vectors).spikes.weight_after.tolist() == [31, 31]


@pytest.mark.parametrize("elsewhere", [6e-3, 8.9e-3])
def test_a_weight_that_changes_without_a_falling_edge_is_an_error(circuit, elsewhere):
    made = stimulus(start_weight=8)
    vectors = synthetic(made, [8, 9, 10], [1, 1])
    vectors["v(q1)"][vectors["time"] > elsewhere] = 1.8
    with pytest.raises(SimulationError, match=r"weight is 11 before spike 1 .* was 9 after"):
        circuit.result(made, vectors)


def test_another_start_weight_is_an_error(circuit):
    made = stimulus(start_weight=9)
    with pytest.raises(SimulationError, match="weight is 8 before spike 0 "):
        circuit.result(made, synthetic(made, [8, 9, 10], [1, 1]))


# Whole runs at both ends of the weight's range.


@pytest.fixture(scope="module")
def runs(biases):
    """Stimulus, job and vectors of a run that saturates high, and of one that saturates low."""
    above = biases.model_copy(update={"i_in": 10e-9, "i_rest": 1e-9})
    pairs = [
        (TransistorCircuit(biases), stimulus(start_weight=30)),
        (TransistorCircuit(above), stimulus(start_weight=-31)),
    ]
    vectors = dict(run_jobs([circuit.job(made, "saturation") for circuit, made in pairs]))
    return {
        end: (vectors[index], circuit.result(made, vectors[index]))
        for index, (end, (circuit, made)) in enumerate(zip(("high", "low"), pairs, strict=True))
    }


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("end", "decision", "weights"), [("high", 1, [30, 31, 31]), ("low", -1, [-31, -32, -32])]
)
def test_the_simulated_weight_saturates(runs, end, decision, weights):
    spikes = runs[end][1].spikes
    assert spikes.decision.tolist() == [decision] * 2
    assert spikes.weight_before.tolist() == weights[:2]
    assert spikes.weight_after.tolist() == weights[1:]


@pytest.mark.ngspice
@pytest.mark.parametrize("end", ["high", "low"])
def test_the_simulated_counter_changes_only_after_the_falling_edge(runs, end):
    vectors, result = runs[end]
    bits = [(vectors[name] > 0.9).astype(int) for name in BITS]
    weight = sum(bit << place for place, bit in enumerate(bits[:5])) - 32 * bits[5]
    settled = vectors["time"] > 10e-6
    for time in result.spikes.t_fall:
        settled &= abs(vectors["time"] - time) > 10e-6
    assert settled.sum() > 100
    assert weight[settled].tolist() == result.weight[settled].tolist()


@pytest.mark.ngspice
def test_the_simulated_membrane_charges_after_its_reset(runs):
    result = runs["high"][1]
    assert result.i_mem[result.time < 2.5e-3].max() < 20e-12
    spikes = result.spikes
    currents = np.ravel([spikes.i_mem_rise, spikes.i_mem_fall], order="F")
    assert (np.diff(currents) > 0).all()
    assert 0.1e-9 < currents[0] < 0.5e-9
    assert currents[-1] < 8e-9
    assert (np.diff(result.time) > 0).all()

"""The spike generator alone, on its membrane, against its model, and attached to the neuron."""

import numpy as np
import pytest

from cosim.cells import characterise
from cosim.cells.bench import bench_job
from cosim.cells.benches.spike_generator import RELEASED, intervals, measure
from cosim.cells.waveforms import current, pulses
from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.circuits.neuron import TransistorCircuit
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import SimulationError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.stimulus import Stimulus

pytestmark = pytest.mark.ngspice

STRONG = 2.2
"""Factor to the constant input that makes the neuron spike."""
OTHER_LEVELS = {"i_spike": 20e-9, "i_reset": 1e-9}
OTHER_LENGTHS = {"i_refractory": 0.8e-9, "i_pulse": 1.63e-9}


@pytest.fixture(scope="module")
def vectors(biases):
    """The bench's vectors, by what is changed in it."""
    tables = {
        "network": biases,
        "levels": biases.model_copy(update=OTHER_LEVELS),
        "lengths": biases.model_copy(update=OTHER_LENGTHS),
    }
    jobs = [characterise.spike_job(table) for table in tables.values()]
    jobs += [bench_job("spike_rate", biases)]
    results = dict(run_jobs(jobs))
    return dict(zip([*tables, "rate"], (results[k] for k in range(len(jobs))), strict=True))


@pytest.fixture(scope="module")
def bench(vectors):
    return vectors["network"]


@pytest.fixture(scope="module")
def values(bench):
    return measure(bench)


@pytest.fixture(scope="module")
def spiking(measured, bench):
    """Parameters of the neuron's model with the spike generator."""
    return measured.model_copy(update={"spike": characterise.spike_parameters(bench)})


def test_threshold_and_reset_are_those_of_the_bias_table(values, biases):
    assert values["threshold"] == pytest.approx(biases.i_spike, rel=0.03)
    assert values["reset"] == pytest.approx(biases.i_reset, rel=0.03)


def test_the_release_hardly_moves_the_membrane(values):
    assert values["held"] == pytest.approx(values["reset"], rel=0.02)


def test_other_levels_can_be_set(vectors):
    values = measure(vectors["levels"])
    assert values["threshold"] == pytest.approx(20e-9, rel=0.03)
    # The input current lifts the level, against which 1 nA in the reset's diode is weak.
    assert 1e-9 < values["reset"] < 1.5e-9


def test_refractory_period_and_pulse_are_as_long_as_asked_for(values):
    assert values["refractory"] == pytest.approx(2e-3, rel=0.1)
    assert values["pulse_width"] == pytest.approx(1e-3, rel=0.1)


def test_doubled_currents_halve_both_lengths(values, vectors):
    short = measure(vectors["lengths"])
    for name in ("refractory", "pulse_width"):
        assert short[name] == pytest.approx(values[name] / 2, rel=0.05)


def test_a_spike_costs_energy_of_the_order_of_the_capacitors_charge(values):
    charging = 2 * 0.5e-12 * 1.8**2
    assert charging < values["energy"] < 40e-12


def test_every_spike_is_the_same(bench):
    time, i_mem = bench["time"], current(bench, "xread")
    rise, fall = pulses(time, bench["spike"])
    hold, release = pulses(time, bench["xgenerator.hold"])
    assert len(rise) > 3
    assert np.ptp(fall - rise) < 2e-7
    assert np.ptp(release - hold) < 2e-7
    assert np.ptp(np.diff(rise)) < 2e-6
    assert np.ptp(np.interp(release + RELEASED, time, i_mem)) < 1e-12


def test_the_output_reaches_both_levels(bench):
    assert bench["spike"].max() > 1.75
    assert bench["spike"].min() < 0.05


def test_the_membrane_is_held_during_the_refractory_period(bench, values):
    time, i_mem = bench["time"], current(bench, "xread")
    for start, end in zip(*pulses(time, bench["xgenerator.hold"]), strict=True):
        held = i_mem[(time > start + 0.3e-3) & (time < end - 10e-6)]
        assert np.ptp(held) < 0.01 * values["reset"]
        assert held.mean() == pytest.approx(values["held"], rel=1e-3)


def test_the_membrane_charges_from_the_reset_to_the_threshold(bench, values):
    time, i_mem = bench["time"], current(bench, "xread")
    ends, starts = pulses(time, bench["xgenerator.hold"])
    charging = i_mem[(time > starts[0] + 10e-6) & (time < ends[1] - 10e-6)]
    assert charging.min() > 0.99 * values["reset"]
    assert charging.max() <= values["threshold"]
    even = np.interp(np.linspace(starts[0] + 10e-6, ends[1] - 10e-6, 200), time, i_mem)
    assert (np.diff(even) > 0).all()


def test_a_bench_without_spikes_is_an_error(bench):
    silent = bench | {"spike": np.zeros_like(bench["spike"])}
    with pytest.raises(SimulationError, match="0 output pulses"):
        measure(silent)


@pytest.mark.parametrize("after", [0.5e-3, 1.5e-3], ids=["in its pulse", "after its pulse"])
def test_a_spike_cut_by_the_end_of_the_run_does_not_count(bench, values, after):
    last = pulses(bench["time"], bench["spike"])[0][-1]
    kept = bench["time"] < last + after
    assert measure({name: column[kept] for name, column in bench.items()}) == pytest.approx(
        values, rel=0.01
    )


def test_as_many_refractory_periods_as_spikes_are_required(bench):
    first = pulses(bench["time"], bench["xgenerator.hold"])[1][0]
    once = np.where(bench["time"] < first + 1e-3, bench["xgenerator.hold"], 0.0)
    with pytest.raises(SimulationError, match="and 1 refractory periods"):
        measure(bench | {"xgenerator.hold": once})


def test_below_the_threshold_there_is_no_spike(vectors, values):
    rate = vectors["rate"]
    first = rate["@iin[current]"] == rate["@iin[current]"].min()
    # Near enough to the threshold for the test to mean something.
    assert 0.8 < current(rate, "xread")[first].max() / values["threshold"] < 1
    assert rate["spike"][first].max() < 0.05
    assert intervals(rate)[1][0] == np.inf


def test_the_model_spikes_as_often_as_the_circuit(vectors, spiking):
    """Parameters are from another bench; what is left is 0.1 %."""
    for i_in, interval in zip(*(found[1:] for found in intervals(vectors["rate"])), strict=True):
        stimulus = Stimulus([], 1e-3, 0.2, start_weight=0, reset_until=1e-3)
        model = LearningNeuron(spiking.model_copy(update={"i_in": float(i_in)})).run(stimulus)
        expected = [interval] * (len(model.output_spikes) - 1)
        assert len(expected) > 2
        assert np.diff(model.output_spikes) == pytest.approx(expected, rel=5e-3)


def test_the_model_is_silent_where_the_circuit_is(vectors, spiking):
    i_in = float(intervals(vectors["rate"])[0][0])
    stimulus = Stimulus([], 1e-3, 0.3, start_weight=0, reset_until=1e-3)
    model = LearningNeuron(spiking.model_copy(update={"i_in": i_in})).run(stimulus)
    assert model.output_spikes.size == 0


@pytest.fixture(scope="module")
def attached(biases):
    """Stimulus and results of a spiking neuron with input pulses, in both circuit views."""
    stimulus = Stimulus(
        np.array([40e-3, 45e-3, 50e-3]), 1e-3, 60e-3, start_weight=20, reset_until=2e-3
    )
    strong = biases.model_copy(update={"i_in": STRONG * biases.i_in})
    circuits = [kind(strong, spiking=True) for kind in (TransistorCircuit, MixedCircuit)]
    jobs = [circuit.job(stimulus, "spiking") for circuit in circuits]
    results = dict(run_jobs(jobs))
    return stimulus, [circuit.result(stimulus, results[k]) for k, circuit in enumerate(circuits)]


def test_a_learning_neuron_spikes_when_its_model_does(attached, spiking):
    stimulus, results = attached
    strong = spiking.model_copy(update={"i_in": STRONG * spiking.i_in})
    model = LearningNeuron(strong).run(stimulus)
    assert len(model.output_spikes) > 1
    for result in results:
        assert result.output_spikes == pytest.approx(model.output_spikes, abs=0.3e-3)
        assert result.spikes.weight_after.tolist() == model.spikes.weight_after.tolist()


def test_the_generator_is_attached_on_request_only(biases):
    stimulus = Stimulus([], 1e-3, 5e-3, start_weight=0)
    for kind in (TransistorCircuit, MixedCircuit):
        plain, spiking = (kind(biases, spiking=on).job(stimulus, "x") for on in (False, True))
        assert "spike_generator" not in plain.deck.text.split(".ends learning_neuron")[1]
        assert set(spiking.vectors) - set(plain.vectors) == {"v(spike)"}

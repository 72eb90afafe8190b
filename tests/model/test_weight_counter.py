"""The weight counter against plain arithmetic, and the model that counts with it."""

import numpy as np
import pytest
from synthetic import neuron_parameters, stimulus

from cosim.circuits.mixed_neuron import MixedCircuit
from cosim.comparison.spikes import compare, one_step
from cosim.engine.worker import run_jobs
from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.stimulus import regular_spikes
from ebn_model.weight_counter import WeightCounter

SEED = 20


def arithmetic(start, decisions, sub_lsbs):
    """Weights after each decision, and the one before the first, in integers and floor."""
    units = 2**sub_lsbs
    accumulator = start * units + units // 2
    weights = [start]
    for decision in decisions:
        accumulator = max(-32 * units, min(32 * units - 1, accumulator + decision))
        weights.append(int(np.floor(accumulator / units)))
    return weights


@pytest.mark.parametrize("sub_lsbs", range(5))
@pytest.mark.parametrize("drift", [-0.3, 0.0, 0.3])
def test_the_counter_is_integer_arithmetic(sub_lsbs, drift):
    generator = np.random.default_rng(SEED)
    decisions = generator.choice([-1, 0, 1], size=3000, p=[0.4 - drift, 0.2, 0.4 + drift])
    start = int(generator.integers(-32, 32))
    counter = WeightCounter(start, sub_lsbs)
    weights = [counter.weight]
    for decision in decisions:
        counter.step(int(decision))
        weights.append(counter.weight)
    assert weights == arithmetic(start, decisions, sub_lsbs)
    if drift:
        assert weights[-1] == (31 if drift > 0 else -32)


def always(decision, sub_lsbs):
    """A neuron whose window is so far off, or so wide, that every decision is the same."""
    lower, upper = {1: (1e-6, 2e-6), 0: (1e-15, 1e-6), -1: (1e-16, 1e-15)}[decision]
    parameters = neuron_parameters()
    window = parameters.decision.model_copy(update={"i_lower": lower, "i_upper": upper})
    return LearningNeuron(parameters.model_copy(update={"decision": window}), sub_lsbs)


@pytest.mark.parametrize("sub_lsbs", [0, 1, 2, 4])
@pytest.mark.parametrize(
    ("decision", "start"), [(1, 30), (1, 31), (-1, -31), (-1, -32), (1, -1), (-1, 0), (0, 8)]
)
def test_the_model_counts_and_saturates_as_the_counter(decision, start, sub_lsbs):
    pulses = regular_spikes(4e-3, 1.5e-3, 40)
    given = stimulus(pulses, pulse_width=1e-3, duration=65e-3, start_weight=start)
    result = always(decision, sub_lsbs).run(given)
    expected = arithmetic(start, [decision] * 40, sub_lsbs)
    assert result.spikes.weight_before.tolist() == expected[:-1]
    assert result.spikes.weight_after.tolist() == expected[1:]
    assert set(result.weight.tolist()) == set(expected)


def test_a_cut_pulse_counts_no_fraction_of_an_lsb():
    given = stimulus([4e-3, 5.5e-3], pulse_width=1e-3, duration=6e-3, start_weight=8)
    assert always(1, 1).run(given).spikes.weight_after.tolist() == [9, 9]


@pytest.mark.parametrize("sub_lsbs", [-1, 5, 1.5, "1", True, None])
def test_the_model_refuses_other_numbers_of_bits(sub_lsbs):
    with pytest.raises(InputError, match=r"^sub_lsbs = .* is not an integer in 0 \.\. 4"):
        LearningNeuron(neuron_parameters(), sub_lsbs)


@pytest.mark.ngspice
def test_model_and_circuit_count_alike(biases, measured):
    """A rising weight, then the extra synapse drives I_mem through the window."""
    given = stimulus(
        regular_spikes(4e-3, 1.5e-3, 20), pulse_width=1e-3, duration=35e-3, extra_synapse=True
    )
    circuit = MixedCircuit(biases, sub_lsbs=2)
    [(_, vectors)] = run_jobs([circuit.job(given, "sub-LSBs")])
    reference = circuit.result(given, vectors)
    neuron = LearningNeuron(measured, sub_lsbs=2)
    comparison = compare(neuron.run(given), reference)
    assert comparison.equal_weights == comparison.spikes == 20
    assert one_step(reference.spikes, neuron, 10e-12).agreement == 1
    assert set(reference.spikes.decision) >= {-1, 1}
    assert len(set(reference.spikes.weight_after)) > 1

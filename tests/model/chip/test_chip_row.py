import numpy as np
import pytest

from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.parameters import ChipParameters
from ebn_model.chip.row import ChipRow
from ebn_model.chip.row_stimulus import row_input, row_stimulus
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.measured import measured_parameters
from ebn_model.network.inputs import sine_command
from ebn_model.row import RowStimulus
from ebn_model.stimulus import Stimulus

NEURON = measured_parameters("network")
WIDTH, SLOT = 1e-3, 1e-4


def row(rises, pre, codes, duration=40e-3, **changes):
    return RowStimulus(
        rise_times=rises,
        pre=pre,
        synapses=np.arange(len(codes)),
        start_codes=codes,
        pulse_width=WIDTH,
        slot=SLOT,
        duration=duration,
        **changes,
    )


@pytest.mark.parametrize("code", [-20, -1, 1, 17])
@pytest.mark.parametrize("sub_lsbs", [0, 2])
def test_with_one_synapse_it_is_the_learning_neuron(code, sub_lsbs):
    """Against the adaptive integration of the model of a single synapse, spikes included."""
    rises = 3e-3 + 4e-3 * np.arange(9)
    alone = Stimulus(rises, WIDTH, 40e-3, code)
    expected = LearningNeuron(NEURON, sub_lsbs).run(alone)
    found = ChipRow(NEURON).run(row(rises, [0] * 9, [code], sub_lsbs=sub_lsbs))
    assert found.events.decision.tolist() == expected.spikes.decision.tolist()
    assert found.events.weight_after.tolist() == expected.spikes.weight_after.tolist()
    assert found.output_spikes == pytest.approx(expected.output_spikes, abs=10e-6)
    error = found.events.i_mem_rise - expected.spikes.i_mem_rise
    assert np.abs(error).max() < 5e-12
    error = found.events.i_mem_fall - expected.spikes.i_mem_fall
    assert np.abs(error).max() < 15e-12


def test_overlapping_pulses_add_up_at_the_integrators():
    """Two half weights at the same time are one weight, up to the slot between them."""
    half = ChipRow(NEURON).run(row([3e-3, 3.1e-3], [0, 1], [4, 4], 10e-3))
    whole = ChipRow(NEURON).run(row([3.05e-3], [0], [8], 10e-3))
    kicks = [run.i_mem[-1] - run.i_mem[0] for run in (half, whole)]
    assert kicks[0] == pytest.approx(kicks[1], rel=0.01)


def test_counters_saturate():
    """Far below the window every pulse says INC, far above DEC: 31 and -32 stay."""
    low, high = (
        row(
            70e-3 + 4e-3 * np.arange(count),
            [0] * count,
            [code],
            95e-3,
            input_times=[0, 1e-6],
            input_current=[0, current],
        )
        for count, code, current in ((1, 31, -540e-12), (3, -31, 1.5e-9))
    )
    falling = ChipRow(NEURON).run(low)
    rising = ChipRow(NEURON.model_copy(update={"spike": _never()})).run(high)
    assert falling.events.decision.tolist() == [1]
    assert falling.events.weight_after.tolist() == [31]
    assert rising.events.decision.tolist() == [-1, -1, -1]
    assert rising.events.weight_after.tolist() == [-32, -32, -32]


def _never():
    return NEURON.spike.model_copy(update={"i_spike": 1e-6})


def test_a_forced_spike_holds_the_membrane():
    spikes = np.array([5e-3, 5.5e-3])
    result = ChipRow(NEURON).run(row([3e-3], [0], [20], 12e-3, forced_spikes=spikes))
    held = (result.time > 5.6e-3) & (result.time < 5.5e-3 + NEURON.spike.refractory)
    assert result.output_spikes.tolist() == spikes.tolist()
    assert result.i_mem[held] == pytest.approx(NEURON.spike.i_held)
    assert result.i_mem[result.time > 8e-3] != pytest.approx(NEURON.spike.i_held)


def test_where_spikes_are_forced_it_has_none_of_its_own():
    rises = 3e-3 + 3e-3 * np.arange(8)
    free = row(rises, np.arange(8) % 2, [31, 31])
    forced = row(rises, np.arange(8) % 2, [31, 31], forced_spikes=[])
    assert len(ChipRow(NEURON).run(free).output_spikes) > 1
    assert len(ChipRow(NEURON).run(forced).output_spikes) == 0


def test_a_pulse_in_the_refractory_period_is_decided_on_the_held_current():
    result = ChipRow(NEURON).run(row([6e-3], [0], [0], 12e-3, forced_spikes=[5e-3]))
    assert result.events.i_mem_rise[0] == pytest.approx(NEURON.spike.i_held)
    assert result.events.decision.tolist() == [0]


def test_a_pulse_that_the_end_cuts_off_changes_nothing():
    result = ChipRow(NEURON).run(row([3e-3, 9.5e-3], [0, 0], [-20], 10e-3))
    assert np.isnan(result.events.t_fall).tolist() == [False, True]
    assert result.events.weight_after[1] == result.events.weight_before[1]
    assert result.final_codes[0] == result.events.weight_after[0]


def test_no_pulses():
    result = ChipRow(NEURON).run(row([], [], [3], 5e-3))
    assert len(result.events) == 0
    assert result.final_codes.tolist() == [3]


@pytest.mark.parametrize("sub_lsbs", [0, 2])
def test_all_rows_of_a_network_make_the_network(sub_lsbs):
    """Given its spikes, each row takes the same decisions, and frees itself at the same times."""
    parameters = ChipParameters(neurons=6, sub_lsbs=sub_lsbs, initial="random")
    network = ChipNetwork.build(parameters, 3)
    command = sine_command(
        np.full(2, 250.0), np.array([6.0, 9.0]), np.array([0.0, 1.0]), 0.15, 1e-4
    )
    result = network.run(command, learn=True, record_membrane=True)
    assert len(result.updates.time) > 10
    for number in range(6):
        spikes = result.spike_times, result.spike_neurons
        model = ChipRow(parameters.neuron)
        forced = model.run(row_stimulus(network, command, *spikes, number))
        free = model.run(row_stimulus(network, command, *spikes, number, forced=False))
        others = np.delete(np.arange(6), number)
        own = result.spike_times[result.spike_neurons == number]
        assert np.array_equal(forced.final_codes, result.state.weights[number, others])
        assert np.array_equal(forced.final_fractions, result.state.fraction[number, others])
        assert np.array_equal(forced.output_spikes, own)
        assert free.output_spikes == pytest.approx(own, abs=50e-6)
        assert np.abs(forced.i_mem[1:] - result.membrane[:, number]).max() < 10e-12


def test_the_input_is_that_of_the_network():
    network = ChipNetwork.build(ChipParameters(neurons=3), 1)
    command = np.tile([10.0, -4.0], (55, 1))
    times, current = row_input(network, command, 1)
    assert times[-1] == pytest.approx(5.4e-3)
    volts = command[0] @ network.decoder[:, 1]
    assert current == pytest.approx(volts * 8.368e-12, rel=1e-3)

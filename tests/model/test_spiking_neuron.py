"""Spiking of the model, against closed forms."""

import numpy as np
import pytest
from synthetic import neuron_parameters

from ebn_model.errors import InputError
from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import NeuronParameters, SpikeParameters
from ebn_model.stimulus import Stimulus, regular_spikes
from ebn_model.validation import validated

SPIKE = SpikeParameters(i_spike=13.7e-9, i_held=9.3e-9, i_reset=9e-9, refractory=2e-3)
TEXTBOOK = {"exponent": 1.0, "i_spec_pair": 1e6, "i_spec_readout": 1e6}
"""What turns an integrator's law into the DPI's textbook equation."""


def neuron(i_in=2e-9, spike=SPIKE):
    """A neuron with a textbook membrane; rests at 18.3 nA if it can't fire."""
    parameters = neuron_parameters()
    membrane = parameters.membrane.model_copy(update=TEXTBOOK)
    return LearningNeuron(
        parameters.model_copy(update={"i_in": i_in, "spike": spike, "membrane": membrane})
    )


def stimulus(spikes=(), duration=0.2, **changes):
    values = {"pulse_width": 1e-3, "start_weight": 20, "reset_until": 1e-3}
    return Stimulus(spikes, duration=duration, **(values | changes))


def charging_time(start, end, i_in, membrane):
    """Solution of tau*(1 + i_th/I)*dI/dt + I = I_rest for the time from start to end, s."""
    rest = membrane.i_th * (i_in / membrane.i_tau - 1)
    to_rest = np.log((rest - start) / (rest - end))
    return membrane.tau * (to_rest + membrane.i_th / rest * (to_rest + np.log(end / start)))


@pytest.mark.parametrize("i_in", [1.51e-9, 1.6e-9, 2e-9, 4e-9, 10e-9, 50e-9])
def test_intervals_are_charging_time_plus_refractory_period(i_in):
    model = neuron(i_in)
    charging = charging_time(9e-9, 13.7e-9, i_in, model.parameters.membrane)
    spikes = model.run(stimulus(duration=0.5)).output_spikes
    assert len(spikes) > 3
    assert np.diff(spikes) == pytest.approx([charging + 2e-3] * (len(spikes) - 1), rel=1e-5)


def test_the_first_spike_comes_when_the_membrane_has_charged():
    model = neuron()
    membrane = model.parameters.membrane
    expected = 1e-3 + charging_time(membrane.i_floor, 13.7e-9, 2e-9, membrane)
    assert model.run(stimulus()).output_spikes[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("i_in", [1e-9, 1.49e-9])
def test_an_input_that_does_not_reach_the_threshold_makes_no_spike(i_in):
    result = neuron(i_in).run(stimulus(duration=1.0))
    assert result.output_spikes.shape == (0,)
    assert result.i_mem[-1] < 13.7e-9


def test_without_a_generator_there_is_no_spike():
    result = neuron(spike=None).run(stimulus())
    assert result.output_spikes.shape == (0,)
    assert result.i_mem[-1] > 13.7e-9


def test_a_generator_out_of_reach_changes_nothing():
    far = SPIKE.model_copy(update={"i_spike": 1e-6})
    made = stimulus([20e-3, 30e-3], duration=50e-3)
    off, on = (neuron(spike=spike).run(made).i_mem for spike in (None, far))
    np.testing.assert_allclose(on, off, rtol=1e-6)


def test_the_membrane_is_held_for_the_refractory_period_and_released():
    result = neuron().run(stimulus())
    for spike in result.output_spikes[:-1]:
        since = result.time - spike
        held = (since > 1e-9) & (since < 2e-3 + 1e-9)
        assert held.sum() >= 20
        assert result.i_mem[held] == pytest.approx(9.3e-9, rel=1e-9)
        charging = result.i_mem[(since > 2e-3 + 1e-9) & (since < 5e-3)]
        assert 9e-9 < charging[0] < 9.1e-9
        assert (np.diff(charging) > 0).all()


def test_the_membrane_never_exceeds_the_threshold():
    result = neuron().run(stimulus(regular_spikes(5e-3, 7e-3, 25), extra_synapse=True))
    assert len(result.output_spikes) > 10
    assert result.i_mem.max() == pytest.approx(13.7e-9, rel=1e-9)
    assert (np.diff(result.time) > 0).all()
    assert np.diff(result.output_spikes).min() > 2e-3


def test_every_spike_is_a_point_of_the_waveform():
    result = neuron().run(stimulus())
    at_spike = result.i_mem[np.searchsorted(result.time, result.output_spikes)]
    assert at_spike == pytest.approx(13.7e-9, rel=1e-9)


def test_a_decision_in_the_refractory_period_sees_the_level_that_is_held():
    fired = neuron().run(stimulus()).output_spikes[0]
    table = neuron().run(stimulus([fired + 0.5e-3], duration=fired + 10e-3)).spikes
    assert table.i_mem_rise[0] == pytest.approx(9.3e-9, rel=1e-9)
    # The window of this neuron is 8.6 to 9.4 nA.
    assert table.decision.tolist() == [0]


def test_synapses_go_on_in_the_refractory_period():
    fired = neuron().run(stimulus()).output_spikes[0]
    released = fired + SPIKE.refractory
    # The pulse ends before the release; what is left of its current decays with 0.5 ms.
    made = stimulus([fired + 0.9e-3], duration=fired + 10e-3)
    quiet, kicked = neuron().run(stimulus()), neuron().run(made)
    at = released + 1e-3
    after = [np.interp(at, result.time, result.i_mem) for result in (quiet, kicked)]
    assert after[1] > 1.02 * after[0]
    held = [np.interp(released, result.time, result.i_mem) for result in (quiet, kicked)]
    assert held[1] == pytest.approx(held[0], rel=1e-9)


def test_after_a_refractory_period_of_no_length_charging_begins_at_once():
    model = neuron(spike=SPIKE.model_copy(update={"refractory": 1e-9}))
    charging = charging_time(9e-9, 13.7e-9, 2e-9, model.parameters.membrane)
    spikes = model.run(stimulus()).output_spikes
    assert np.diff(spikes) == pytest.approx([charging] * (len(spikes) - 1), rel=1e-5)


def test_a_neuron_that_rests_above_its_threshold_fires_at_the_start():
    result = neuron().run(stimulus(reset_until=0))
    assert result.output_spikes[0] == 0
    assert np.interp(1e-3, result.time, result.i_mem) == pytest.approx(9.3e-9, rel=1e-6)


def test_the_same_run_gives_the_same_spikes():
    model, made = neuron(), stimulus([20e-3, 30e-3], extra_synapse=True)
    one, other = (model.run(made).output_spikes for _ in range(2))
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"i_reset": 14e-9}, "i_reset"),
        ({"i_held": 13.7e-9}, "i_held"),
        ({"refractory": 0}, "refractory"),
        ({"x": 1}, "x"),
    ],
)
def test_an_impossible_generator_is_refused(change, key):
    values = neuron_parameters().model_dump() | {"spike": SPIKE.model_dump() | change}
    with pytest.raises(InputError, match=key):
        validated(NeuronParameters, values, "parameters")

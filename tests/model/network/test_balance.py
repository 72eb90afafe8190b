import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.network.balance import InputCurrents, balance, input_currents
from ebn_model.network.parameters import NetworkParameters

PARAMETERS = NetworkParameters(neurons=2, inputs=2)


def test_currents_by_hand():
    """tau_mem = 50 ms: the drive of neuron 0 is 10*.05*.6 = .3 and -20*.05*.8 = -.8."""
    decoder = np.array([[0.6, -1.0], [0.8, 0.0]])
    command = np.tile([10.0, -20.0], (4, 1))
    weights = np.array([[0.0, 30.0], [-40.0, 0.0]])
    times, neurons = np.array([0.95e-4, 1.95e-4]), np.array([1, 0])
    found = input_currents(command, times, neurons, weights, decoder, PARAMETERS)
    a = np.exp(-0.1)
    assert found.excitatory[:, 0] == pytest.approx([0.3, 30.3, 30 * a + 0.3, 30 * a**2 + 0.3])
    assert found.excitatory[:, 1] == pytest.approx([0, 0, 0, 0])
    assert found.inhibitory[:, 0] == pytest.approx([-0.8] * 4)
    assert found.inhibitory[:, 1] == pytest.approx([-0.5, -0.5, -40.5, -40 * a - 0.5])


def test_both_currents_add_up_to_what_the_neuron_receives():
    generator = np.random.default_rng(1)
    command = generator.standard_normal((100, 2))
    decoder, weights = generator.standard_normal((2, 5)), generator.standard_normal((5, 5))
    times, neurons = np.sort(generator.uniform(0, 0.02, 40)), generator.integers(0, 5, 40)
    found = input_currents(command, times, neurons, weights, decoder, PARAMETERS)
    assert (found.excitatory >= 0).all()
    assert (found.inhibitory <= 0).all()
    age = np.arange(100) - np.ceil(times / 1e-4)[:, None]
    traces = np.where(age >= 0, np.exp(-np.maximum(age, 0) * 0.1), 0).T
    expected = 50e-3 * command @ decoder + traces @ weights[:, neurons].T
    assert found.excitatory + found.inhibitory == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"spike_times": np.array([-1e-3])}, "spike_times"),
        ({"spike_times": np.array([np.inf])}, "spike_times"),
        ({"spike_times": np.array([1e-3, 2e-3])}, r"\(2,\) and \(1,\)"),
        ({"spike_neurons": np.array([2])}, "2 neurons"),
        ({"command": np.zeros((5, 3))}, r"\(5, 3\)"),
        ({"weights": np.zeros((3, 3))}, r"weights of shape \(3, 3\)"),
        ({"weights": np.full((2, 2), np.nan)}, "weights must be finite"),
    ],
)
def test_currents_of_what_cannot_be_are_refused(changes, named):
    possible = {
        "command": np.zeros((5, 2)),
        "spike_times": np.array([1e-4]),
        "spike_neurons": np.array([1]),
        "weights": np.zeros((2, 2)),
    }
    with pytest.raises(InputError, match=named):
        input_currents(**possible | changes, decoder=np.eye(2), parameters=PARAMETERS)


def test_a_silent_network_without_input_has_no_currents():
    none = np.empty(0)
    found = input_currents(np.zeros((5, 2)), none, none, np.ones((2, 2)), np.eye(2), PARAMETERS)
    assert not found.excitatory.any()
    assert not found.inhibitory.any()


def currents(lag, mirrored=1.0, points=3000):
    source = np.random.default_rng(1).uniform(0, 1, (points + 400, 2))
    start = 200
    return InputCurrents(
        excitatory=source[start : start + points],
        inhibitory=-mirrored * source[start - lag : start - lag + points],
    )


@pytest.mark.parametrize("lag", [-30, 0, 1, 45])
def test_the_lag_is_found(lag):
    found = balance(currents(lag), PARAMETERS)
    assert found.lag == pytest.approx([lag * 1e-4] * 2, abs=1e-9)


@pytest.mark.parametrize("degrees", [-60, 0, 36, 90])
def test_sines_by_hand(degrees):
    """15 periods of 20 ms, unsmoothed: correlation cos(phase), lag its share of the period."""
    time, phase = np.arange(3000) * 1e-4, np.radians(degrees)
    excitation = 1 + np.sin(2 * np.pi * 50 * time)
    inhibition = -3 - np.sin(2 * np.pi * 50 * time - phase)
    both = InputCurrents(excitation[:, None], inhibition[:, None])
    found = balance(both, PARAMETERS, smoothing=1e-9, max_lag=8e-3)
    assert found.correlation == pytest.approx(np.cos(phase), abs=1e-9)
    assert found.lag == pytest.approx(20e-3 * degrees / 360, abs=1.01e-4)


def test_without_room_there_is_no_lag():
    found = balance(currents(30), PARAMETERS, max_lag=0.0)
    assert found.lag.tolist() == [0, 0]


@pytest.mark.parametrize("gain", [0.3, 1.0, 20.0])
def test_inhibition_that_mirrors_excitation_correlates_fully(gain):
    found = balance(currents(0, gain), PARAMETERS)
    assert found.correlation == pytest.approx([1, 1])


def test_the_correlation_is_that_at_the_same_time():
    late = balance(currents(100), PARAMETERS)
    assert (late.correlation < 0.97).all()


@pytest.mark.parametrize("constant", [0.0, -0.1])
def test_a_neuron_with_constant_inhibition_has_no_balance(constant):
    lonely = currents(0)
    lonely.inhibitory[:, 1] = constant
    found = balance(lonely, PARAMETERS)
    assert found.correlation[0] == pytest.approx(1)
    assert np.isnan([found.correlation[1], found.lag[1]]).all()


@pytest.mark.parametrize("max_lag", [-1e-3, 0.3, 1.0])
def test_lags_must_fit_the_run(max_lag):
    with pytest.raises(InputError, match="max_lag"):
        balance(currents(0), PARAMETERS, max_lag=max_lag)


@pytest.mark.parametrize("smoothing", [-1e-3, 0.0, np.nan])
def test_smoothing_takes_time(smoothing):
    with pytest.raises(InputError, match="smoothing"):
        balance(currents(0), PARAMETERS, smoothing)

import re

import numpy as np
import pytest

from cosim.speed import network as speed
from cosim.speed.numpy_network import floor, train, train_bare


@pytest.fixture
def short(monkeypatch):
    """The bench itself, with as little to simulate as possible."""
    monkeypatch.setattr(speed, "ROUNDS", 1)
    monkeypatch.setattr(speed, "LEAST_TIME", 0.0)
    monkeypatch.setattr(speed, "INFERENCE_NEURONS", 30)
    monkeypatch.setattr(speed, "TRAINING_DURATION", 0.05)
    monkeypatch.setattr(speed, "INFERENCE_DURATION", 0.05)
    monkeypatch.setattr(speed.importlib.util, "find_spec", lambda name: None)


def test_ratios_are_those_of_the_times(short, capsys):
    assert speed.main() == 0
    lines = capsys.readouterr().out.splitlines()
    row = r"  (.*\S) +(\d+\.\d+) ms per simulated s"
    titles = [line for line in lines if line.endswith("neurons")]
    assert titles == ["training, 20 neurons", "inference, 30 neurons"]
    matches = [re.fullmatch(row, line) for line in lines]
    rows = [(match[1], float(match[2])) for match in matches if match]
    names = [
        "strict kernel",
        "strict kernel, noise",
        "numpy loop",
        "numpy loop, bare",
        "strict kernel",
        "fast kernel",
        "two divisions",
    ]
    assert [name for name, _ in rows] == names
    trained, _, loop, bare, strict, fast, least = (time for _, time in rows)
    for text, ratio in (
        ("numpy loop / strict kernel", loop / trained),
        ("numpy loop, bare / strict kernel", bare / trained),
        ("strict kernel / two divisions", strict / least),
        ("fast kernel / two divisions", fast / least),
    ):
        [line] = [line for line in lines if line.startswith(text)]
        assert float(re.search(r": ([\d.]+)", line)[1]) == pytest.approx(ratio, rel=0.05, abs=0.5)
    assert lines[-1] == "Brian2 isn't installed: not compared"


def test_the_numpy_loops_learn_as_the_network_does():
    network, trial = speed._network_and_trial(20, 0.3)
    drive = speed.static_input(network, trial.command)
    result = network.run(trial.command, learn=True)
    spikes, updates, weights = train(network, drive)
    assert len(spikes) > 20
    times, neurons = zip(*spikes, strict=True)
    assert list(neurons) == result.spike_neurons.tolist()
    # numpy sums the inputs in another order.
    np.testing.assert_allclose(times, result.spike_times, rtol=1e-9)
    own = result.updates
    for column, expected in zip(
        zip(*updates, strict=True), (own.time, own.post, own.pre, own.delta), strict=True
    ):
        np.testing.assert_allclose(column, expected, rtol=1e-9)
    np.testing.assert_array_equal(weights, result.state.weights)
    bare_spikes, bare_weights = train_bare(network, drive)
    assert bare_spikes == spikes
    np.testing.assert_array_equal(bare_weights, weights)


def test_the_floor_integrates_both_equations():
    v, current = np.zeros(3), np.zeros(3)
    floor(v, current, 50e-3, 1e-3, 1e-4, 2000)
    np.testing.assert_allclose(current, 1, atol=1e-12)
    np.testing.assert_allclose(v, 1 - np.exp(-4), atol=5e-3)

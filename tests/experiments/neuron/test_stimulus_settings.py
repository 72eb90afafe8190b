import numpy as np
import pytest
from experiment_calls import read_experiment

from cosim.experiments.neuron.stimulus_settings import StimulusSettings
from ebn_model.errors import InputError
from ebn_model.stimulus import poisson_spikes
from ebn_model.validation import validated


def settings(**values):
    return validated(StimulusSettings, values, "stimulus")


def stimulus(**values):
    return settings(**values).stimulus()


def test_a_list_is_all_that_a_file_needs(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text('[stimulus]\nspikes = ["4 ms", 0.009]\n')
    experiment = read_experiment(path)
    run = experiment.stimulus.stimulus()
    assert run.spike_times.tolist() == [4e-3, 9e-3]
    assert run.duration == pytest.approx(14e-3)
    assert (run.pulse_width, run.start_weight, run.reset_until) == (1e-3, 0, 0)
    assert (experiment.biases, experiment.technology) == ("published", "generic180")
    assert experiment.stimulus.used_seed is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"spikes": [1, 4, 9]}, r'spikes\.1: 4 without a unit is in s, .*"4 ms" .* by "4 s"'),
        ({"spikes": ["4 ms"], "duration": 500}, "duration: 500 without a unit"),
        ({"spikes": ["4 ms"], "duration": "500"}, "duration: 500 without a unit"),
        ({"period": 5}, "period: 5 without a unit"),
    ],
)
def test_seconds_have_to_be_stated_as_such(values, message):
    with pytest.raises(InputError, match=message):
        stimulus(**values)


def test_seconds_that_are_stated_are_taken():
    run = stimulus(spikes=["1 s", "4s"], duration="5 s")
    assert (run.spike_times.tolist(), run.duration) == ([1.0, 4.0], 5.0)
    assert stimulus(spikes=[0.5], duration=1.5).duration == 1.5


def test_regular_spikes_as_many_as_stated_or_as_fit():
    counted = stimulus(period="5 ms", count=3, reset_until="2 ms")
    assert counted.spike_times == pytest.approx([7e-3, 12e-3, 17e-3])
    assert counted.duration == pytest.approx(22e-3)
    fitting = stimulus(period="5 ms", first_spike="4 ms", duration="24 ms")
    assert fitting.spike_times == pytest.approx([4e-3, 9e-3, 14e-3])
    endless = stimulus(period="5 ms")
    assert (len(endless.spike_times), endless.duration) == (98, 0.5)


def test_a_poisson_train_is_that_of_its_seed():
    drawn = stimulus(rate="200 Hz", seed=3, start="10 ms", stop="80 ms", pause="2 ms")
    expected = poisson_spikes(200, 10e-3, 80e-3, 2e-3, 3)
    np.testing.assert_array_equal(drawn.spike_times, expected)
    assert drawn.duration == pytest.approx(expected[-1] + 5e-3)


def test_a_poisson_train_needs_no_more_than_its_rate():
    train = settings(rate="200 Hz", reset_until="20 ms")
    run = train.stimulus()
    assert run.spike_times.min() > 20e-3
    assert run.fall_times.max() < 0.5 - 4e-3
    assert run.duration == 0.5
    assert np.diff(run.spike_times).min() >= 1.2e-3
    assert (train.used_seed, settings(rate=200, seed=4).used_seed) == (0, 4)


def test_other_seeds_draw_other_trains():
    trains = [stimulus(rate=200, seed=seed).spike_times.tolist() for seed in (1, 1, 2)]
    assert trains[0] == trains[1] != trains[2]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "states no spikes; give one of spikes, period, rate"),
        ({"count": 3}, "states no spikes"),
        ({"period": 5e-3, "rate": 100}, "states period and rate; give one of"),
        ({"rate": 100, "count": 3}, "count belongs to a train with period, not rate"),
        ({"spikes": [4e-3], "seed": 1}, "seed belongs to a train with rate, not spikes"),
        ({"rate": "1 kHz"}, r"rate = 1000 Hz can't be reached with pauses of 0\.0012 s"),
        ({"rate": 300, "pause": "5 ms"}, r"rate = 300 Hz can't be reached with pauses of 0\.005"),
        ({"rate": "5 ms"}, "rate: '5 ms' has the unit ms, expected Hz"),
        ({"rate": 10, "seed": -1}, "seed: .*greater than or equal to 0"),
        ({"rate": 10, "seed": 1.5}, "seed: .*integer"),
        ({"rate": 1e-3, "duration": 0.1}, "no spike before the end of the run"),
        ({"period": 1.0}, "no spike before the end of the run"),
        ({"spikes": []}, "no spike before the end of the run"),
        ({"spikes": [4e-3, 4.5e-3]}, r"spike_times\[1\] = 0\.0045 s overlaps the pulse before"),
        ({"spikes": [9e-3, 4e-3]}, r"spike_times\[1\] .*unsorted"),
        ({"spikes": [-1e-3]}, r"spike_times\[0\] .*negative"),
        ({"spikes": ["4 mV"]}, r"spikes\.0: '4 mV' has the unit mV, expected s"),
        ({"spikes": [4e-3], "input_current": 1e-9, "input_factor": 2}, "give one of them"),
    ],
)
def test_what_cannot_be_meant_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        stimulus(**values)

import re

import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.stimulus import Stimulus, check_weight, poisson_spikes, regular_spikes

WIDTH = 2.0**-10
"""A pulse width in s that sums without rounding."""


def stimulus(spikes=(4e-3, 9e-3), **changes):
    values = {"pulse_width": 1e-3, "duration": 12e-3, "start_weight": 8, "reset_until": 2e-3}
    return Stimulus(spikes, **(values | changes))


def refusal(**arguments):
    with pytest.raises(InputError) as error:
        stimulus(**arguments)
    return str(error.value)


def test_falling_edges_follow_by_the_pulse_width():
    made = stimulus([4e-3, 9e-3])
    assert isinstance(made.spike_times, np.ndarray)
    assert made.fall_times == pytest.approx([5e-3, 10e-3])


def test_a_run_without_spikes_is_possible():
    made = stimulus([])
    assert made.spike_times.shape == made.fall_times.shape == (0,)


@pytest.mark.parametrize(
    ("spikes", "index", "reason"),
    [
        ([1e-3, 4e-3, 3e-3], 2, "unsorted"),
        ([1e-3, np.nan, 5e-3], 1, "not finite"),
        ([1e-3, 5e-3, np.inf], 2, "not finite"),
        ([-1e-3, 4e-3], 0, "negative"),
        ([1e-3, 4e-3, 4.5e-3], 2, "overlaps"),
        ([1e-3, 4e-3, 4e-3], 2, "overlaps"),
        ([1e-3, 12e-3], 1, "end of the run"),
        ([13e-3], 0, "end of the run"),
    ],
)
def test_a_bad_spike_is_named(spikes, index, reason):
    message = refusal(spikes=spikes)
    assert f"spike_times[{index}]" in message
    assert reason in message


def test_only_the_first_bad_spike_is_named():
    message = refusal(spikes=[1e-3, 1.1e-3, 5e-3, 5.1e-3])
    assert re.findall(r"spike_times\[(\d)\]", message) == ["1"]


def test_pulses_that_touch_exactly_are_refused():
    assert "spike_times[1]" in refusal(spikes=[0, WIDTH], pulse_width=WIDTH)


def test_the_shortest_pause_between_pulses_is_allowed():
    spikes = [0, np.nextafter(WIDTH, 1)]
    assert stimulus(spikes, pulse_width=WIDTH, reset_until=0).spike_times.tolist() == spikes


def test_the_last_pulse_may_outlast_the_run():
    made = stimulus([4e-3, 11.5e-3])
    assert made.fall_times[-1] > made.duration


@pytest.mark.parametrize("spikes", [4e-3, [[4e-3, 9e-3]]])
def test_spike_times_must_be_one_dimensional(spikes):
    assert "one-dimensional" in refusal(spikes=spikes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, bad) for name in ("pulse_width", "duration") for bad in (0, -1e-3)),
        *(
            (name, bad)
            for name in ("pulse_width", "duration", "reset_until")
            for bad in (np.nan, np.inf, -np.inf)
        ),
        ("reset_until", -1e-6),
        ("reset_until", 12e-3),
        ("reset_until", 13e-3),
    ],
)
def test_an_impossible_duration_is_named(name, value):
    assert refusal(**{name: value}).startswith(f"{name} = ")


@pytest.mark.parametrize("weight", [-32, -1, 0, 31, np.int64(5)])
def test_every_6_bit_weight_is_allowed(weight):
    check_weight(weight)
    assert stimulus(start_weight=weight).start_weight == weight


@pytest.mark.parametrize("weight", [-33, 32, 1000, np.int64(-33)])
def test_a_weight_out_of_range_is_refused(weight):
    message = refusal(start_weight=weight)
    assert f"start_weight = {weight} is outside -32 .. 31" in message


@pytest.mark.parametrize("weight", [1.0, 1.5, "8", None, True, np.float64(3)])
def test_a_weight_that_is_no_integer_is_refused(weight):
    message = refusal(start_weight=weight)
    assert message.startswith("start_weight = ")
    assert "not an integer" in message


def test_check_weight_uses_the_name_that_it_is_given():
    with pytest.raises(InputError, match=r"^weight_before = 40 is outside"):
        check_weight(40, "weight_before")


def test_regular_spikes_repeat_from_the_first():
    assert regular_spikes(4e-3, 5e-3, 3) == pytest.approx([4e-3, 9e-3, 14e-3])


def test_regular_spikes_do_not_accumulate_rounding():
    assert regular_spikes(4.005e-3, 5e-3, 100)[99] == pytest.approx(499.005e-3, rel=1e-15)


def test_no_regular_spikes_is_an_empty_array():
    assert regular_spikes(1e-3, 1e-3, 0).shape == (0,)


def test_a_negative_number_of_spikes_is_refused():
    with pytest.raises(InputError, match="count = -1"):
        regular_spikes(1e-3, 1e-3, -1)


def test_a_spike_during_reset_is_refused():
    message = refusal(spikes=[1e-3, 4e-3], reset_until=2e-3)
    assert message == "spike_times[0] = 0.001 s is before reset_until = 0.002 s"


@pytest.mark.parametrize("first", [0.0637, 0.0104, 0.3])
@pytest.mark.parametrize("width", [0.00142, 0.00101])
def test_a_pulse_that_begins_when_the_one_before_ends_overlaps(first, width):
    assert "overlaps" in refusal(spikes=[first, first + width], pulse_width=width, duration=1)


def test_numbers_of_numpy_become_plain_floats():
    made = stimulus(duration=np.float64(12e-3), pulse_width=np.float64(1e-3))
    assert type(made.duration) is type(made.pulse_width) is type(made.reset_until) is float


def test_a_poisson_train_has_its_rate_and_its_pauses():
    spikes = poisson_spikes(200, start=1.0, stop=101.0, pause=1e-3, seed=3)
    intervals = np.diff(spikes)
    assert len(spikes) == pytest.approx(20_000, rel=0.02)
    assert intervals.min() >= 1e-3
    # Beyond the pause, intervals are exponential: standard deviation equals mean.
    assert intervals.std() == pytest.approx(intervals.mean() - 1e-3, rel=0.03)
    assert spikes.min() >= 1 and spikes.max() < 101


def test_the_same_seed_gives_the_same_train():
    trains = [poisson_spikes(200, 0, 1, 1e-3, seed).tolist() for seed in (1, 1, 2)]
    assert trains[0] == trains[1] != trains[2]


@pytest.mark.parametrize("rate", [-1, 0, 1000])
def test_a_rate_that_the_pauses_forbid_is_refused(rate):
    with pytest.raises(InputError, match="rate"):
        poisson_spikes(rate, 0, 1, 1e-3, 1)

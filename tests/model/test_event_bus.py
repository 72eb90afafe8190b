import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.event_bus import EventBus, delivered

SLOT, WIDTH = 1e-4, 1e-3


def rises(*spikes):
    times, neurons = zip(*spikes, strict=True)
    return delivered(np.array(times), np.array(neurons), SLOT, WIDTH)


def test_a_free_bus_takes_one_slot():
    assert rises((0.01, 0), (0.02, 1)) == pytest.approx([0.0101, 0.0201])


def test_spikes_within_a_slot_wait_for_each_other():
    """Three at once and one in the last one's slot: one after the other."""
    found = rises((0.01, 2), (0.01, 0), (0.01005, 1), (0.01025, 3))
    assert found == pytest.approx([0.0101, 0.0102, 0.0103, 0.0104])


def test_a_busy_line_keeps_the_bus_waiting():
    """Neuron 0 again 0.5 ms after its pulse began: it waits for its end, and 1 waits behind it."""
    found = rises((0.01, 0), (0.0106, 0), (0.0107, 1))
    assert found == pytest.approx([0.0101, 0.0112, 0.0113])


def test_a_spike_before_its_request_was_served_is_lost():
    found = rises((0.01, 0), (0.0106, 0), (0.0107, 0), (0.0113, 0))
    assert np.isnan(found).tolist() == [False, False, True, False]
    assert found[3] == pytest.approx(0.0112 + WIDTH + SLOT)


def test_no_spikes():
    assert delivered(np.array([]), np.array([]), SLOT, WIDTH).shape == (0,)


def test_what_holds_for_any_spikes():
    generator = np.random.default_rng(5)
    times = np.sort(generator.uniform(0, 0.3, 3000))
    neurons = generator.integers(0, 12, 3000)
    found = delivered(times, neurons, SLOT, WIDTH)
    sent = np.isfinite(found)
    assert 0 < np.count_nonzero(~sent) < 2000
    assert (found[sent] >= times[sent] + SLOT * (1 - 1e-9)).all()
    assert (np.diff(found[sent]) >= SLOT * (1 - 1e-9)).all()
    for neuron in range(12):
        own = found[sent & (neurons == neuron)]
        assert (np.diff(own) >= (WIDTH + SLOT) * (1 - 1e-9)).all()


@pytest.mark.parametrize(
    ("times", "neurons", "reason"),
    [
        ([0.2, 0.1], [0, 1], "must ascend"),
        ([0.1, np.nan], [0, 1], "must be finite"),
        ([0.1, 0.2], [0], r"shapes \(2,\) and \(1,\)"),
    ],
)
def test_bad_spikes_are_refused(times, neurons, reason):
    with pytest.raises(InputError, match=reason):
        delivered(np.array(times), np.array(neurons), SLOT, WIDTH)


@pytest.mark.parametrize(("slot", "width"), [(0.0, WIDTH), (SLOT, np.nan)])
def test_bad_times_are_refused(slot, width):
    with pytest.raises(InputError, match="must be positive"):
        EventBus(slot, width)

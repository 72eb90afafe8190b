import numpy as np
import pytest

from ebn_model.errors import InputError
from ebn_model.row import RowEvents, RowStimulus


def stimulus(**changes):
    values = {
        "rise_times": [1e-3, 1.2e-3, 4e-3],
        "pre": [3, 1, 3],
        "synapses": [1, 3, 4],
        "start_codes": [-32, 0, 31],
        "pulse_width": 1e-3,
        "slot": 1e-4,
        "duration": 10e-3,
    }
    return RowStimulus(**values | changes)


def test_arrays_are_made_of_what_is_given():
    row = stimulus(sub_lsbs=2)
    assert row.fall_times == pytest.approx([2e-3, 2.2e-3, 5e-3])
    assert row.start_codes.tolist() == [-32, 0, 31]
    assert row.start_fractions.tolist() == [2, 2, 2]
    assert row.pre.dtype.kind == "i"
    assert stimulus().start_fractions.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rise_times": [1e-3, np.nan, 4e-3]}, r"rise_times\[1\] = nan s is not finite"),
        ({"rise_times": [2e-3, 1e-3, 4e-3]}, r"rise_times\[1\].*not a slot, 0.0001 s, after"),
        ({"rise_times": [1e-3, 1e-3, 4e-3]}, r"rise_times\[1\].*not a slot"),
        ({"rise_times": [1e-3, 1.05e-3, 4e-3]}, r"rise_times\[1\].*not a slot"),
        ({"rise_times": [1e-3, 1.2e-3, 1.9e-3]}, r"rise_times\[2\].*overlaps.*of neuron 3"),
        ({"rise_times": [-1e-3, 1.2e-3, 4e-3]}, r"rise_times\[0\].*before the end of a slot"),
        ({"rise_times": [1e-3, 1.2e-3, 4e-2]}, r"rise_times\[2\].*end of the run"),
        ({"rise_times": [1e-3, 1.2e-3]}, r"pre of shape \(3,\) must be of shape \(2,\)"),
        ({"pre": [3, 2, 3]}, r"pre\[1\] = 2 has no synapse"),
        ({"pre": [3, 1.5, 3]}, "pre must be integers"),
        ({"synapses": [1, 1, 3]}, "synapses must be different"),
        ({"start_codes": [-33, 0, 31]}, r"start_codes\[0\] = -33 is outside -32 .. 31"),
        ({"start_codes": [0, 0]}, "start_codes of shape"),
        ({"start_fractions": [0, 0, 1]}, r"start_fractions\[2\] = 1 is outside 0 .. 0"),
        ({"sub_lsbs": 5}, "sub_lsbs"),
        ({"duration": 0}, "duration = 0.0 s must be positive"),
        ({"slot": np.inf}, "slot"),
        ({"input_times": [0, 0], "input_current": [0, 1e-9]}, r"input_times\[1\]"),
        ({"input_times": [0, 1], "input_current": [0]}, "input_current of shape"),
        ({"input_times": [0], "input_current": [np.inf]}, r"input_current\[0\] = inf"),
        ({"input_times": [0], "input_current": [1e-3]}, r"input_current\[0\] = 0.001 A is more"),
        ({"input_times": [], "input_current": []}, "input_times is empty"),
        ({"forced_spikes": [1e-3, 1e-3]}, r"forced_spikes\[1\].*not a slot"),
        ({"forced_spikes": [11e-3]}, r"forced_spikes\[0\].*not within the run"),
    ],
)
def test_what_cannot_be_is_refused(changes, reason):
    with pytest.raises(InputError, match=reason):
        stimulus(**changes)


def events():
    return RowEvents.from_rows(
        [
            (1e-3, 2e-3, 9.1e-9, 9.3e-9, 1, 5, 6, 3),
            (1.2e-3, 2.2e-3, 9.2e-9, 9.4e-9, -1, -3, -4, 1),
            (9e-3, np.nan, 9.5e-9, np.nan, 0, 6, 6, 3),
        ]
    )


def test_events_of_one_synapse():
    table = events().of(3)
    assert table.t_rise == pytest.approx([1e-3, 9e-3])
    assert table.decision.tolist() == [1, 0]
    assert table.weight_after.tolist() == [6, 6]

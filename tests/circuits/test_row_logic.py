"""A row's events and its digital part, against what a row is meant to do; without ngspice."""

from functools import reduce
from operator import add

import numpy as np
import pytest

from cosim.circuits.levels import LogicLevels
from cosim.circuits.row_logic import BUS_PINS, DigitalRow, digital_edges
from cosim.circuits.row_timeline import FORCE, TICK, on_tick
from cosim.workbench.errors import SimulationError
from ebn_model.row import RowStimulus

LEVELS = LogicLevels(supply=1.8, latch_threshold=0.8)
INC, STOP, DEC = (1.8, 0.0), (0.0, 1.8), (0.0, 0.0)
"""v(win_inc) and v(win_sl) of each outcome."""


def stimulus(rises=(2e-3, 2.3e-3, 6e-3), pre=(4, 9, 4), **changes):
    values = {
        "synapses": [4, 9, 11],
        "start_codes": [5, -32, 31],
        "pulse_width": 1e-3,
        "slot": 1e-4,
        "duration": 10e-3,
    }
    return RowStimulus(rise_times=rises, pre=pre, **values | changes)


def play(row, duration=10e-3, outcome=INC):
    """Times of the events within the run, and all sources' levels after each."""
    levels, times, seen = dict(row.levels), [], []
    event = row.first_event
    while event is not None and event < duration:
        action = row.act(event, dict(zip(row.probes, outcome, strict=True)))
        levels |= action.levels
        times.append(event)
        seen.append(dict(levels))
        event = action.next_event
    return np.array(times), seen


def weight_on(levels, pin, negative):
    """Weight of a magnitude and its sign's line."""
    magnitude = sum((levels[pin.format(bit)] > 0) << bit for bit in range(5))
    return -magnitude - 1 if levels[negative] > 0 else magnitude


def on_bus(levels):
    assert (levels["vsign"] > 0) != (levels["vsign_b"] > 0)
    return weight_on(levels, "vb{}", "vsign")


def in_dac(levels, dac):
    return weight_on(levels, f"vm{{}}_{dac}", f"vsign_{dac}")


def pulse_of(levels, dac):
    """-1 or 1 for a pulse into inhibition or excitation, 0 for none."""
    exc, inh, rest = (levels[f"vpulse_{name}_{dac}"] > 0 for name in ("exc", "inh", "b"))
    assert rest != (exc or inh)
    return int(exc) - int(inh)


# The order of things.


def test_events_are_select_rise_and_fall_of_each_pulse():
    times, _ = play(DigitalRow(stimulus(), 3, LEVELS))
    expected = [1.92, 2.0, 2.22, 2.3, 3.0, 3.3, 5.92, 6.0, 7.0]
    np.testing.assert_allclose(times, np.array(expected) * 1e-3, atol=TICK / 2)


def test_events_at_nearly_the_same_time_are_one():
    """The fall of the first pulse, and the rise of another 20 ns later."""
    row = DigitalRow(stimulus([2e-3, 3e-3 + 0.2 * TICK], [4, 9]), 3, LEVELS)
    times, seen = play(row)
    assert len(times) == 5
    assert (pulse_of(seen[2], 0), pulse_of(seen[2], 1)) == (1, 0)
    assert (pulse_of(seen[3], 0), pulse_of(seen[3], 1)) == (0, -1)


def test_a_sum_of_slots_is_on_the_tick_of_its_product():
    time = reduce(add, [1e-4] * 37)
    assert time != 37e-4
    assert on_tick(time) == on_tick(37e-4)


def test_a_forced_spike_is_a_pulse_of_its_line():
    times, seen = play(DigitalRow(stimulus([], [], forced_spikes=[3e-3]), 3, LEVELS))
    np.testing.assert_allclose(times, [3e-3, 3e-3 + FORCE], atol=TICK / 2)
    assert [levels["vforce_b"] for levels in seen] == [0.0, 1.8]


def test_a_spike_at_the_very_beginning_comes_a_tick_later():
    times, seen = play(DigitalRow(stimulus([], [], forced_spikes=[0.0]), 3, LEVELS))
    np.testing.assert_allclose(times, [TICK, FORCE])
    assert seen[0]["vforce_b"] == 0.0


def test_a_neuron_that_spikes_by_itself_is_not_forced():
    assert "vforce_b" not in DigitalRow(stimulus(), 3, LEVELS).levels
    assert DigitalRow(stimulus([], []), 3, LEVELS).first_event is None


def test_the_edges_of_pulses_have_a_beginning_and_an_end():
    edges = digital_edges(stimulus([2e-3, 9.5e-3], [4, 9]))
    expected = [2e-3, 3e-3, 9.5e-3]
    middles = np.ravel(np.add.outer(expected, [0, DigitalRow.edge]))
    np.testing.assert_allclose(edges, middles, atol=1e-15)


# Weights, pulses and counters.


def test_the_weight_is_on_the_bus_before_its_pulse_and_until_the_next():
    row = DigitalRow(stimulus(), 3, LEVELS)
    assert on_bus(row.levels) == 5
    _, seen = play(row)
    # Select and rise of 4, of 9, both falls, then 4 again, one LSB up.
    assert [on_bus(levels) for levels in seen] == [5, 5, -32, -32, -32, -32, 6, 6, 6]


def test_pulses_go_where_the_weight_says_and_may_overlap():
    _, seen = play(DigitalRow(stimulus(), 3, LEVELS))
    assert [pulse_of(levels, 0) for levels in seen] == [0, 1, 1, 1, 0, 0, 0, 1, 0]
    assert [pulse_of(levels, 1) for levels in seen] == [0, 0, 0, -1, -1, 0, 0, 0, 0]
    assert all(pulse_of(levels, 2) == 0 for levels in seen)
    assert [in_dac(levels, 0) for levels in seen] == [5] * 4 + [6] * 4 + [7]


def test_only_what_concerns_a_synapse_is_touched():
    row = DigitalRow(stimulus(), 3, LEVELS)
    touched = [set(row.act(row.first_event, dict.fromkeys(row.probes, 0.0)).levels)]
    touched.append(set(row.act(row.first_event, dict.fromkeys(row.probes, 0.0)).levels))
    assert touched[0] == {f"v{node}" for node in BUS_PINS.values()}
    assert all(source.endswith("_0") for source in touched[1])


def test_a_decision_holds_until_the_fall_whatever_comes_between():
    """Outcomes of the rising edges: 4 INC, 9 DEC at its lower end, 4 stop."""
    row = DigitalRow(stimulus(), 3, LEVELS)
    outcomes = iter([DEC, INC, INC, DEC, STOP, STOP, DEC, STOP, INC])
    while row.first_event is not None:
        row.act(row.first_event, dict(zip(row.probes, next(outcomes), strict=True)))
    record = row.record()
    assert record["decision"].tolist() == [1, -1, 0]
    assert record["weight_before"].tolist() == [5, -32, 6]
    assert record["weight_after"].tolist() == [6, -32, 6]
    assert record["final_codes"].tolist() == [6, -32, 31]


def test_counters_have_bits_below_the_weight():
    row = DigitalRow(stimulus(sub_lsbs=2, start_fractions=[3, 0, 1]), 3, LEVELS)
    play(row)
    record = row.record()
    assert record["weight_before"].tolist() == [5, -32, 6]
    assert record["weight_after"].tolist() == [6, -32, 6]
    assert record["final_codes"].tolist() == [6, -32, 31]
    assert record["final_fractions"].tolist() == [1, 1, 1]


def test_a_pulse_that_outlasts_the_run_does_not_count():
    row = DigitalRow(stimulus([9.5e-3], [11]), 3, LEVELS)
    play(row, outcome=DEC)
    record = row.record()
    assert (record["decision"][0], record["weight_before"][0], record["weight_after"][0]) == (
        -1,
        31,
        31,
    )


# Fewer DACs than synapses.


def test_a_spike_takes_the_first_free_dac_with_its_weight_on_the_bus():
    rises, pre = [2e-3, 2.3e-3, 3.2e-3, 6e-3], [4, 9, 11, 9]
    _, seen = play(DigitalRow(stimulus(rises, pre), 2, LEVELS), outcome=STOP)
    # select 4, rise, select 9, rise, fall 4, select 11, rise, fall 9, fall 11, select 9, rise ...
    assert [in_dac(levels, 0) for levels in seen] == [5] * 5 + [31] * 4 + [-32] * 3
    assert [in_dac(levels, 1) for levels in seen] == [5] * 2 + [-32] * 10
    assert [pulse_of(levels, 0) for levels in seen] == [0, 1, 1, 1, 0, 0, 1, 1, 0, 0, -1, 0]
    assert [pulse_of(levels, 1) for levels in seen] == [0, 0, 0, -1, -1, -1, -1, 0, 0, 0, 0, 0]


def test_a_spike_that_finds_no_dac_is_an_error():
    row = DigitalRow(stimulus([2e-3, 2.3e-3, 2.6e-3], [4, 9, 11]), 2, LEVELS)
    with pytest.raises(
        SimulationError, match=r"neuron 11 finds none of the 2 DACs free at 0\.0025"
    ):
        play(row)


def test_as_many_dacs_as_synapses_record_the_same():
    records = []
    for dacs in (2, 3):
        row = DigitalRow(stimulus(sub_lsbs=1), dacs, LEVELS)
        play(row, outcome=DEC)
        records.append(row.record())
    for name in records[0]:
        np.testing.assert_array_equal(records[0][name], records[1][name])

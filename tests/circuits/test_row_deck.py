"""Decks of rows and how their vectors are read; without ngspice but for the input current."""

import re

import numpy as np
import pytest

from cosim.circuits.row import RowCircuit
from cosim.circuits.row_deck import with_input
from cosim.circuits.row_readout import I_MEM, transistor_result
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import SimulationError
from ebn_model.errors import InputError
from ebn_model.row import RowStimulus


def stimulus(rises=(2e-3, 2.3e-3, 6e-3), pre=(4, 9, 4), **changes):
    values = {
        "synapses": [4, 9],
        "start_codes": [5, -3],
        "pulse_width": 1e-3,
        "slot": 1e-4,
        "duration": 10e-3,
    }
    return RowStimulus(rise_times=rises, pre=pre, **values | changes)


def deck_of(view, given, **choices):
    return RowCircuit(view, **choices).job(given, "run").deck.text


def corners(text, source):
    """Times in s and levels in V of a source of the deck."""
    card = re.search(rf"^{source} \S+ 0 pwl\((.*?)\)", text, re.M | re.S)[1]
    numbers = [float(word) for word in card.replace("+", " ").split()]
    return np.array(numbers[::2]), np.array(numbers[1::2])


# What is in a deck.


@pytest.mark.parametrize("choices", [{"view": "digital"}, {"dacs": 0}])
def test_what_there_is_not_is_refused(choices):
    with pytest.raises(InputError, match=r"unknown view 'digital'|dacs = 0"):
        RowCircuit(**choices)


@pytest.mark.parametrize(
    ("view", "dacs", "built", "idle"),
    [("mixed", 4, 3, None), ("multiplexed", 2, 2, 1), ("multiplexed", 4, 3, None)],
)
def test_digital_views_have_their_dacs_and_the_load_of_the_missing_ones(view, dacs, built, idle):
    given = stimulus(synapses=[4, 9, 11], start_codes=[0, 0, 0])
    text = deck_of(view, given, dacs=dacs)
    assert len(re.findall(r"^xdac_\d", text, re.M)) == built
    loads = re.findall(r"^xidle_in_(exc|inh) in_\1 0 vdda 0 nfet .* m=(\d+)", text, re.M)
    assert loads == ([("exc", str(idle)), ("inh", str(idle))] if idle else [])


def test_the_transistor_view_has_whole_synapses_with_their_presets():
    text = deck_of("transistor", stimulus(sub_lsbs=2))
    assert len(re.findall(r"^xsynapse_\d", text, re.M)) == 2
    for number, code in enumerate((5, -3)):
        levels = re.findall(rf"^vp\d_{number} p\d_{number} 0 (\S+)", text, re.M)
        assert [float(level) / 1.8 for level in levels] == [code >> bit & 1 for bit in range(6)]
    assert re.search(r"^\.param sub_lsbs=2$", text, re.M)


def test_a_row_without_synapses_is_a_neuron():
    given = stimulus([], [], synapses=[], start_codes=[])
    for view in ("transistor", "mixed", "multiplexed"):
        assert "xneuron" in deck_of(view, given)


@pytest.mark.parametrize(("forced", "include"), [(None, "spiking"), ([3e-3], "forcing")])
def test_a_neuron_spikes_by_itself_or_is_forced(forced, include):
    text = deck_of("mixed", stimulus(forced_spikes=forced))
    assert ("\nxgenerator " in text) == (include == "spiking")
    assert ("vforce_b" in text) == (include == "forcing")


def test_selects_of_two_synapses_never_meet():
    """At a distance of one slot, the least there is; the edges are those of the sources."""
    text = deck_of("transistor", stimulus([2e-3, 2.1e-3, 2.2e-3], [4, 9, 11], synapses=[4, 9, 11],
                                          start_codes=[0, 0, 0]))  # fmt: skip
    time = np.unique(np.concatenate([corners(text, f"vselect_{k}")[0] for k in range(3)]))
    levels = [np.interp(time, *corners(text, f"vselect_{k}")) for k in range(3)]
    assert (np.sum(levels, axis=0) <= 1.8 + 1e-9).all()
    for k, rise in enumerate((2e-3, 2.1e-3, 2.2e-3)):
        during = np.linspace(rise - 0.79e-4, rise + 1e-6, 50)
        assert np.interp(during, *corners(text, f"vselect_{k}")).min() == pytest.approx(1.8)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"start_fractions": [1, 2], "sub_lsbs": 2}, "middle of their weight"),
        ({"pulse_width": 9e-6}, "pulse_width = 9e-06 s is below"),
        ({"slot": 9e-6}, "slot = 9e-06 s is below 1.0005e-05 s: two synapses would meet"),
        ({"rises": [5e-5], "pre": [4], "slot": 5e-5}, r"rise_times\[0\].*before the weights"),
        ({"rises": [2e-3, 3.005e-3], "pre": [4, 4]}, r"rise_times\[1\].*less than .*pulse before"),
    ],
)
def test_the_transistor_view_refuses_what_its_logic_cannot_follow(changes, reason):
    with pytest.raises(InputError, match=reason):
        deck_of("transistor", stimulus(**changes))


# The input current.


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("times", "current"),
    [([0.0], [-40.0]), ([0.5, 1.0, 2.0], [10.0, -20.0, 30.0]), ([0.0, 2.0, 9.0], [5.0, 0.0, 1.0])],
)
def test_the_input_current_is_constant_before_and_after_its_points(times, current):
    """Times in ms, currents in pA; the run goes on for 5 ms."""
    given = stimulus(input_times=np.array(times) * 1e-3, input_current=np.array(current) * 1e-12)
    deck = with_input(Deck("input"), given).append("vin i_in 0 0\n.tran 1m 5m 0 50u", "test")
    [(_, vectors)] = run_jobs([Job("input", deck, ("i(vin)",), 5e-3)])
    time = vectors["time"]
    came = np.interp(time, given.input_times, given.input_current)
    on = time > 1e-6
    np.testing.assert_allclose(vectors["i(vin)"][on], came[on], atol=1e-15)
    assert vectors["i(vin)"][0] == 0


def test_no_input_current_needs_no_source():
    assert "binput" not in deck_of("mixed", stimulus())


# Reading.


def waveforms(given, weights, latches):
    """Vectors of the transistor view; weights and latches by synapse: (times, values)."""
    time = np.unique(np.concatenate([np.arange(0, given.duration, 1e-5), [given.duration]]))
    vectors = {"time": time, "v(spike)": 0 * time, I_MEM: 1e-9 + time * 1e-6}
    for number in range(len(given.synapses)):
        code = step(time, *weights[number]).astype(int)
        for bit in range(6):
            vectors[f"v(q{bit}_{number})"] = 1.8 * (code >> bit & 1)
        for name, values in zip(("inc", "sl"), step(time, *latches[number]).T, strict=True):
            vectors[f"v({name}_{number})"] = 1.8 * values
    return vectors


def step(time, starts, values):
    return np.array(values)[np.searchsorted(starts, time + 1e-9, side="right") - 1]


def read(weights=((0, 3.005e-3, 7.005e-3), (5, 6, 5)), **changes):
    given = stimulus(**changes)
    first = ((0, 2.005e-3, 6.005e-3), ([0, 0], [1, 0], [0, 0]))
    second = ((0, 2.305e-3), ([0, 0], [0, 1]))
    vectors = waveforms(given, [weights, ((0,), (-3,))], [first, second])
    return vectors, lambda: transistor_result(given, vectors, 1.8)


def test_decisions_and_weights_are_read_pulse_by_pulse():
    result = read()[1]()
    events = result.events
    assert events.pre.tolist() == [4, 9, 4]
    assert events.decision.tolist() == [1, 0, -1]
    assert events.weight_before.tolist() == [5, -3, 6]
    assert events.weight_after.tolist() == [6, -3, 5]
    assert events.i_mem_rise == pytest.approx([3e-9, 3.3e-9, 7e-9])
    assert events.i_mem_fall == pytest.approx([4e-9, 4.3e-9, 8e-9])
    assert result.final_codes.tolist() == [5, -3]
    assert result.final_fractions.tolist() == [-1, -1]
    assert len(result.output_spikes) == 0


def test_a_pulse_that_outlasts_the_run_has_no_fall_and_no_step():
    events = read(duration=6.5e-3)[1]().events
    assert np.isnan(events.t_fall).tolist() == [False, False, True]
    assert np.isnan(events.i_mem_fall).tolist() == [False, False, True]
    assert events.decision.tolist() == [1, 0, -1]
    assert events.weight_after.tolist() == [6, -3, 6]


def test_forced_spikes_are_the_neurons_own():
    assert read(forced_spikes=[1e-3, 5e-3])[1]().output_spikes.tolist() == [1e-3, 5e-3]


def test_a_weight_that_changes_out_of_turn_is_an_error():
    _, result = read(((0, 3.005e-3, 5e-3), (5, 6, 7)))
    with pytest.raises(SimulationError, match=r"synapse 4 is 7 at 0\.006 s, but was 6 after"):
        result()


def test_a_bit_between_levels_is_an_error():
    vectors, result = read()
    vectors["v(q3_1)"][:] = 0.9
    with pytest.raises(SimulationError, match=r"v\(q3_1\) is 0\.90 V .* neither logic 0 nor 1"):
        result()


def test_a_weight_that_is_not_preset_is_an_error():
    _, result = read(((0, 1e-5, 3.005e-3, 7.005e-3), (4, 5, 6, 5)))
    with pytest.raises(SimulationError, match="synapse 4 is 4 at the operating point, but its"):
        result()

"""A row's input node, of which inhibition takes more charge than the inputs bring."""

import numpy as np
import pytest

from ebn_model.chip.row import ChipRow
from ebn_model.learning_neuron import (
    integrator_slope,
    output_current,
    settled_state,
    state_of,
)
from ebn_model.measured import measured_parameters
from ebn_model.parameters import InputNodeParameters
from ebn_model.row import RowStimulus

IDEAL = measured_parameters("network_row")


def with_node(**constants):
    return IDEAL.model_copy(update={"input_node": InputNodeParameters(**constants)})


NEURON = with_node(charge=40e-15, coupling=9e-3)
LONG_TIME = 0.2e-3
"""In which the constant input brings the charge of LONG, s: two steps of the input's grid."""
LONG = with_node(charge=IDEAL.i_in * LONG_TIME, coupling=9e-3)
EULER = 0.4e-6
"""Step of the independent integration, s."""


def row(duration=20e-3, rises=(), codes=(), times=(0.0,), currents=(0.0,), spikes=()):
    """A row of as many synapses as codes; the pulses go to them in turn."""
    lines = np.arange(len(codes))
    return RowStimulus(
        rise_times=np.array(rises),
        pre=np.arange(len(rises)) % max(len(codes), 1),
        synapses=lines,
        start_codes=np.array(codes, dtype=int),
        pulse_width=1e-3,
        slot=1e-4,
        duration=duration,
        input_times=np.array(times),
        input_current=np.array(currents),
        forced_spikes=np.array(spikes),
    )


def cut_off(start, stop, depth=-2 * IDEAL.i_in):
    """An input that takes twice the constant one, from start to stop in s."""
    return {"times": [start, start + 1e-9, stop, stop + 1e-9], "currents": [0, depth, depth, 0]}


def log_states(result, times):
    i_mem = np.interp(times, result.time, result.i_mem)
    return np.log(state_of(i_mem, IDEAL.membrane))


def test_without_input_the_membrane_lies_lower_by_the_coupling():
    stimulus = row(**cut_off(2e-3, 6e-3))
    down = np.array([2.5e-3, 4e-3, 5.9e-3])
    found, ideal = (log_states(ChipRow(n).run(stimulus), down) for n in (NEURON, IDEAL))
    assert ideal - found == pytest.approx(NEURON.input_node.coupling, abs=1e-9)


def test_the_input_comes_back_when_it_has_brought_the_charge():
    """Nothing is left of the coupling then; the membrane has gone without input for that time."""
    found = ChipRow(LONG).run(row(**cut_off(2e-3, 6e-3)))
    expected = ChipRow(IDEAL).run(row(**cut_off(2e-3, 6e-3 + LONG_TIME)))
    after = np.array([7e-3, 10e-3, 19e-3])
    assert log_states(found, after) == pytest.approx(log_states(expected, after), abs=2e-5)


def test_with_enough_input_it_is_no_other_than_an_ideal_node():
    stimulus = row(rises=[3e-3, 5e-3, 7e-3], codes=[20, 3])
    found, ideal = (ChipRow(neuron).run(stimulus) for neuron in (NEURON, IDEAL))
    assert np.array_equal(found.i_mem, ideal.i_mem)


def test_a_held_membrane_does_not_follow_its_node_but_later_rises_with_it():
    """The node falls while a spike's reset holds the membrane, and comes back after the release."""
    release = 4e-3 + IDEAL.spike.refractory
    back = release + 1e-3
    found = ChipRow(LONG).run(row(spikes=[4e-3], **cut_off(4.2e-3, back)))
    held = (found.time > 4e-3) & (found.time < release - 1e-4)
    assert found.i_mem[held] == pytest.approx(IDEAL.spike.i_held)
    # It starts at the level of the reset, which no coupling has lowered.
    expected = ChipRow(IDEAL).run(row(spikes=[4e-3], **cut_off(4.2e-3, back + LONG_TIME)))
    times = np.array([release + 5e-4, back + LONG_TIME])
    rise = log_states(found, times) - log_states(expected, times)
    assert rise == pytest.approx([0, NEURON.input_node.coupling], abs=1e-4)


def test_it_is_the_law_in_small_steps():
    """Pulses of both signs, some of them while there is no input, in steps of 0.4 us."""
    rises = np.array([3e-3, 6e-3, 7.5e-3, 9.1e-3, 13e-3, 14.7e-3])
    stimulus = row(
        rises=rises,
        # A line for each pulse, as a weight may step at the end of one.
        codes=[-25, 12, 31, -25, 12, 31],
        times=[0, 8e-3, 9e-3, 16e-3],
        currents=[0, 0, -0.9e-9, 0.3e-9],
    )
    times = np.arange(2e-3, 20e-3, 0.25e-3)
    found, ideal = (log_states(ChipRow(n).run(stimulus), times) for n in (NEURON, IDEAL))
    expected, expected_ideal = (small_steps(n, stimulus, times) for n in (NEURON, IDEAL))
    # Of both the same is left out, which is not the node's: what Euler's method makes of onsets.
    error = (found - ideal) - (expected - expected_ideal)
    assert np.abs(expected - expected_ideal).max() > 10e-3
    assert np.abs(error).max() < 2e-4


def small_steps(neuron, stimulus, times):
    """Ln u of the membrane at times in s, by Euler's method."""
    grid = np.arange(0, stimulus.duration, EULER)
    on = (grid[:, None] >= stimulus.rise_times) & (grid[:, None] < stimulus.fall_times)
    codes = stimulus.start_codes
    drive_exc = neuron.excitatory.i_w * on @ np.maximum(codes, 0)
    drive_inh = neuron.inhibitory.i_w * on @ np.maximum(-codes, 0)
    added = np.interp(grid, stimulus.input_times, stimulus.input_current)
    i_in = neuron.i_in + added
    i_in += synapse(neuron.excitatory, drive_exc) - synapse(neuron.inhibitory, drive_inh)
    node, m = neuron.input_node, neuron.membrane
    log_u, missing, states = np.log(settled_state(neuron)), 0.0, np.empty(len(grid))
    for number, current in enumerate(i_in.tolist()):
        states[number] = log_u
        carried = current if missing == 0 and current > 0 else 0.0
        rate = float(integrator_slope(log_u, carried, m.tau, m.i_tau, m.i_spec_pair))
        before = missing
        if node.charge:
            missing = min(max(missing - current * EULER / node.charge, 0.0), 1.0)
        log_u += rate * EULER - node.coupling * (missing - before)
    return np.interp(times, grid, states)


def synapse(dpi, drive):
    """Output in A of a synapse's DPI for its input in A in each step, shape (steps,)."""
    log_u, output = np.log(state_of(dpi.i_floor, dpi)), np.empty(len(drive))
    floor = log_u
    for number, i_w in enumerate(drive.tolist()):
        output[number] = log_u
        log_u += synapse_rate(log_u, i_w, dpi) * EULER
        log_u = max(log_u, floor)
    return output_current(np.exp(output), dpi)


def synapse_rate(log_u, i_w, dpi):
    """The law's slope, no faster than a step of Euler's method takes at the onset of a pulse."""
    rate = float(integrator_slope(log_u, i_w, dpi.tau, dpi.i_tau, dpi.i_spec_pair))
    return min(rate, 0.2 / EULER)

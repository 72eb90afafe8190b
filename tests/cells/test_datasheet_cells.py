"""Measurements of analog cells on vectors with a known answer."""

import numpy as np
import pytest
from bench_checks import check_drawing, drain

from cosim.cells.benches import (
    bias_block,
    bus_keeper,
    current_dac,
    decision,
    decision_weight,
    dpi_membrane,
    dpi_synapse,
    leakage,
    membrane_response,
    wta_cell,
)
from cosim.cells.waveforms import charge, decay_time, edges, linear_span, pulses, weights
from cosim.workbench.errors import SimulationError


def test_edges_lie_between_the_points():
    time = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    signal = np.array([0.0, 0.0, 1.8, 1.8, 0.6])
    np.testing.assert_allclose(edges(time, signal, 0.9), [1.5, 3.75])


def test_pulses_begin_low_and_end():
    time = np.arange(8.0)
    pulse = 1.8 * np.array([0, 1, 1, 0, 0, 1, 0, 0])
    starts, ends = pulses({"time": time, "in": pulse, "vdd": 1.8 + 0 * time}, "in")
    np.testing.assert_allclose((starts, ends), [[0.5, 4.5], [2.5, 5.5]])
    for signal in ([1, 0], [0, 1], [0, 0]):
        with pytest.raises(SimulationError, match="edges of pulses"):
            vectors = {"time": time[:2], "in": 1.8 * np.array(signal), "vdd": np.full(2, 1.8)}
            pulses(vectors, "in")


def test_a_decay_is_measured_from_the_peak_on():
    time = np.linspace(0, 10e-3, 2001)
    values = np.where(time < 1e-3, time / 1e-3, np.exp(-(time - 1e-3) / 0.7e-3))
    assert decay_time(time, values, 0.8, 0.05) == pytest.approx(0.7e-3, rel=1e-3)
    with pytest.raises(SimulationError, match="falls to"):
        decay_time(time[:400], values[:400], 0.8, 0.05)


def test_a_linear_span_ends_where_the_ratio_leaves_its_tolerance():
    x = np.arange(1.0, 11.0)
    ratio = np.array([2, 1.2, 1.04, 1, 1, 0.97, 1.03, 1.04, 1.06, 1])
    assert linear_span(x, ratio, 5, 0.05) == (3, 8)
    assert linear_span(x, np.ones(10), 5, 0.05) == (1, 10)


def test_the_weight_is_read_from_magnitude_and_sign():
    time = np.arange(4.0)
    bits = {"m0": [0, 1, 0, 1], "m1": [0] * 4, "m2": [0, 1, 0, 1], "m3": [0] * 4}
    vectors = {name: 1.8 * np.array(levels) for name, levels in bits.items()}
    vectors |= {"time": time, "m4": np.array([0, 0, 0, 1.8]), "sign": np.array([0, 0, 1.8, 1.8])}
    vectors["vdda"] = np.full(4, 1.8)
    np.testing.assert_array_equal(weights(vectors, time), [0, 5, -1, -22])


def test_charge_is_the_integral_between_points():
    time = np.linspace(0, 1, 11)
    assert charge(time, 2 * time, 0.25, 0.85) == pytest.approx(0.85**2 - 0.25**2)


@pytest.fixture
def settled_membrane():
    i_in = np.arange(0.1e-9, 3e-9, 10e-12)
    return {
        "i-sweep": i_in,
        drain("xread"): 90e-12 * (i_in / 10e-12 - 1),
        drain("xmembrane.xtau"): np.full(len(i_in), 9.7e-12),
        drain("xmembrane.xreset"): np.full(len(i_in), 0.3e-12),
        drain("xbias.xin"): np.full(len(i_in), 1e-9),
    }


def test_the_membranes_law(settled_membrane):
    values = dpi_membrane.measure(settled_membrane)
    assert values["i_tau"] == pytest.approx(10e-12)
    assert values["gain"] == pytest.approx(9)
    assert values["exponent"] == pytest.approx(1)
    assert values["i_mem_rest"] == pytest.approx(90e-12 * 99)
    assert values["linear_from"] == pytest.approx(90e-12 * 9)
    check_drawing(dpi_membrane, settled_membrane)


def test_the_membranes_linear_range_ends_where_its_slope_bends(settled_membrane):
    i_mem = settled_membrane[drain("xread")]
    bent = np.where(i_mem > 15e-9, 15e-9 + 0.5 * (i_mem - 15e-9), i_mem)
    values = dpi_membrane.measure(settled_membrane | {drain("xread"): bent})
    assert values["linear_to"] == pytest.approx(15e-9, rel=0.02)


def membrane_in_time(tau=30e-3, rest=9e-9, kick=1e-9):
    time = np.linspace(0, 0.25, 25001)
    i_mem = rest * (1 - np.exp(-(time - 1e-3).clip(0) / tau))
    i_mem += np.where(time > 151e-3, kick * np.exp(-(time - 151e-3) / tau), 0)
    v_mem = 0.25 + np.log(i_mem.clip(1e-12) / rest) / 25
    i_in = np.where((time > 150e-3) & (time < 151e-3), 5.5e-9, 1.5e-9)
    share = 1 / (1 + np.exp(30 * (v_mem - 0.1)))
    full = np.ones(len(time))
    return {
        "time": time,
        "vdda": np.full(len(time), 1.8),
        "reset": np.where(time < 1e-3, 1.8, 0.0),
        "v_mem": v_mem,
        drain("xread"): i_mem,
        drain("xmembrane.xin"): i_in * share,
        drain("xmembrane.xth"): i_in * (1 - share),
        drain("xmembrane.xtau"): 9.7e-12 * full,
        drain("xmembrane.xreset"): 0.3e-12 * full,
        "@c.xmembrane.cmem[capacitance]": 10e-12 * full,
    }


def test_the_membranes_response():
    values = membrane_response.measure(membrane_in_time())
    assert values["tau"] == pytest.approx(30e-3, rel=1e-3)
    assert values["pair_slope"] == pytest.approx(30, rel=1e-3)
    assert values["tau_law"] == pytest.approx(10e-12 / (30 * 10e-12), rel=1e-3)
    assert values["i_mem_rest"] == pytest.approx(9e-9, rel=1e-3)
    assert values["i_constant"] == pytest.approx(1.5e-9)
    assert values["settling"] == pytest.approx(30e-3 * np.log(100), rel=0.01)
    check_drawing(membrane_response, membrane_in_time())


def test_the_membranes_stimulus_is_read_from_its_input():
    steps = membrane_response.input_steps(membrane_in_time())
    np.testing.assert_allclose([start for start, _ in steps], [1e-3, 150e-3, 151e-3], atol=20e-6)
    np.testing.assert_allclose([i_in for _, i_in in steps], [1.5e-9, 5.5e-9, 1.5e-9])
    still = membrane_in_time()
    with pytest.raises(SimulationError, match="0 ends of reset"):
        membrane_response.input_steps(still | {"reset": 0 * still["time"]})


def test_the_synapses_gain_and_linear_range():
    i_w = np.linspace(1e-9, 70e-9, 691)
    bent = np.where(i_w > 50e-9, 0.2 * (0.9 * i_w - 50e-12), 0.2 * (i_w - 50e-12))
    vectors = {drain("xbias.xlsb"): np.full(len(i_w), 1.2e-9)}
    for name, output in dpi_synapse.OUTPUTS.items():
        vectors[drain(f"xw_{name}")] = i_w
        vectors[drain(f"x{name}.xtau")] = np.full(len(i_w), 50e-12)
        vectors[drain(output)] = bent
    values = dpi_synapse.measure(vectors)
    for name in dpi_synapse.OUTPUTS:
        assert values[f"i_tau_{name}"] == pytest.approx(50e-12)
        assert values[f"gain_{name}"] == pytest.approx(0.2)
        assert values[f"linear_from_{name}"] == pytest.approx(1e-9)
        assert values[f"linear_to_{name}"] == pytest.approx(50e-9, abs=0.2e-9)
    check_drawing(dpi_synapse, vectors)
    with pytest.raises(SimulationError, match=r"gain stated at 9\.6e-08 A"):
        dpi_synapse.measure(vectors | {drain("xbias.xlsb"): np.full(len(i_w), 3e-9)})


def converter(error=0.0, at=16):
    weight, volts = np.arange(-32.0, 32.0), np.arange(0.05, 1.825, 0.05)
    units = np.abs(weight) + error * (weight == at) + 0.01
    i_out = 2e-9 * units * (1 + 0.01 * (volts[:, None] - 0.9)) * np.tanh(volts[:, None] / 0.05)
    return {
        "weight": np.tile(weight, len(volts)),
        "out": np.repeat(volts, len(weight)),
        "vdda": np.array([1.8]),
        "vout#branch": -i_out.ravel(),
    }


def test_an_ideal_converter_is_linear():
    values = current_dac.measure(converter())
    assert values["i_unit"] == pytest.approx(2e-9)
    assert values["offset"] == pytest.approx(0.02e-9)
    assert (values["inl"], values["dnl"]) == pytest.approx((0, 0), abs=1e-9)
    assert values["smallest_step"] == pytest.approx(1)
    assert values["r_out"] == pytest.approx(1 / (0.01 * 31.01 * 2e-9), rel=1e-3)
    assert values["compliance"] == pytest.approx(0.1)
    check_drawing(current_dac, converter())


@pytest.mark.parametrize("at", [16, -9])
def test_one_wrong_code_is_found_at_either_sign(at):
    values = current_dac.measure(converter(1.2, at))
    assert values["inl"] == pytest.approx(1.2)
    assert values["dnl"] == pytest.approx(1.2)
    assert values["smallest_step"] == pytest.approx(-0.2)


def outcomes(i_omega=25e-12, offset=3e-12, sign_step=5e-12):
    i_mem = np.arange(7e-9, 11e-9, 1e-12)
    vectors = {name: [] for name in ("weight", "inc", "sl", "dec", drain("xdecision.xmem"))}
    for weight in range(-32, 32, 8):
        centre = 9e-9 + offset - weight * i_omega + sign_step * (weight < 0)
        below, above = i_mem < centre - 0.4e-9, i_mem > centre + 0.4e-9
        for name, on in (("inc", below), ("dec", above), ("sl", ~below & ~above)):
            vectors[name].append(1.8 * on)
        vectors["weight"].append(np.full(len(i_mem), float(weight)))
        vectors[drain("xdecision.xmem")].append(i_mem)
    vectors = {name: np.concatenate(parts) for name, parts in vectors.items()}
    vectors["vdda"] = np.full(len(vectors["weight"]), 1.8)
    for diode, current in (("xrest", 9e-9), ("xsl", 0.4e-9), ("xomega", i_omega)):
        vectors[drain(f"xbias.{diode}")] = np.full(len(vectors["weight"]), current)
    return vectors


def test_the_window_and_its_dependence_on_the_weight():
    values = decision.measure(outcomes())
    assert values["centre"] == pytest.approx(9.003e-9, abs=1e-12)
    assert values["rest_error"] == pytest.approx(100 * 3 / 9000, abs=0.02)
    assert values["half_width"] == pytest.approx(0.4e-9, abs=1e-12)
    assert values["i_omega"] == pytest.approx(25e-12, abs=0.1e-12)
    assert values["i_sign"] == pytest.approx(5e-12, abs=1e-12)
    assert values["threshold_error"] == pytest.approx(8e-12, abs=1e-12)
    assert values["dead_band"] == pytest.approx(1e-12, abs=0.1e-12)
    check_drawing(decision, outcomes())


def test_a_gap_between_outcomes_is_a_dead_band():
    vectors = outcomes()
    gap = (vectors["weight"] == 8) & (np.abs(vectors[drain("xdecision.xmem")] - 9.203e-9) < 20e-12)
    silent = vectors | {name: np.where(gap, 0, vectors[name]) for name in ("sl", "dec")}
    assert decision.measure(silent)["dead_band"] == pytest.approx(40e-12, abs=2e-12)


def test_an_outcome_that_flickers_is_an_error():
    vectors = outcomes()
    rows = (vectors["weight"] == -8) & (vectors[drain("xdecision.xmem")] > 10.5e-9)
    with pytest.raises(SimulationError, match="weight -8: as I_mem rises, dec flips 2 times"):
        decision.measure(vectors | {"dec": np.where(rows, 0, vectors["dec"])})


def window(i_eq):
    """The centre of the window in A for all weights, with units of 90 pA."""
    weight = np.arange(-32.0, 32.0)
    return {
        "weight": weight,
        drain("xdecision.xp_eq"): i_eq(weight),
        drain("xunit"): np.full(64, 90e-12),
    }


def test_a_window_that_falls_by_the_same_with_each_weight():
    vectors = window(lambda weight: 9e-9 - 99e-12 * weight)
    values = decision_weight.measure(vectors)
    assert values["shift"] == pytest.approx(110)
    assert values["smallest_step"] == pytest.approx(1)
    assert values["inl"] == pytest.approx(0, abs=1e-9)
    check_drawing(decision_weight, vectors)


def test_a_window_without_a_step_at_the_change_of_sign_is_found():
    vectors = window(lambda weight: 9e-9 - 90e-12 * (weight + (weight < 0)))
    assert decision_weight.measure(vectors)["smallest_step"] == pytest.approx(0, abs=1e-9)


def winner(at):
    """A cell that wins from a share of the common current on."""
    share = np.linspace(1, 0, 101)
    return {
        "vdda": np.full(101, 1.8),
        "win": 1.8 * (share > at),
        drain("xcell.xfollow"): 10e-9 * share,
        drain("xcommon"): np.full(101, 10e-9),
    }


def test_the_share_from_which_a_cell_wins():
    values = wta_cell.measure(winner(0.305))
    assert values == {"share": pytest.approx(30.5), "low": 0.0, "high": 1.8}
    check_drawing(wta_cell, winner(0.305))
    with pytest.raises(SimulationError, match="win changes 0 times"):
        wta_cell.measure(winner(2))


def kept(threshold, strength=20e-6):
    line = np.linspace(0, 1.8, 181)
    return {
        "line": line,
        "vdd": np.full(181, 1.8),
        "ekept#branch": strength * np.sign(line - threshold) * (line > 0) * (line < 1.8),
        "elow#branch": -3e-10 * line / 1.8,
        "ehigh#branch": 4e-10 * (1 - line / 1.8),
    }


def test_a_kept_line_is_drawn_to_the_nearer_level():
    values = bus_keeper.measure(kept(0.805))
    assert values["threshold"] == pytest.approx(0.805)
    assert (values["kept_low"], values["kept_high"]) == pytest.approx((20e-6, 20e-6))
    assert values["leakage"] == pytest.approx(4e-10)
    check_drawing(bus_keeper, kept(0.805))


@pytest.mark.parametrize("strength", [0, -20e-6])
def test_a_line_that_is_not_kept_is_an_error(strength):
    with pytest.raises(SimulationError, match="doesn't pull towards 0 below a threshold"):
        bus_keeper.measure(kept(0.805, strength))


def test_copies_against_their_diodes():
    volts = np.arange(0.02, 1.61, 0.02)
    copy = 1.03e-9 * (1 + 0.05 * (volts - 0.9)) * (1 - np.exp(-volts / 0.03))
    vectors = {"drain_n": volts, drain("xsl"): copy, drain("xbias.xsl"): 1e-9 + 0 * volts}
    vectors["vdda"] = 1.8 + 0 * volts
    values = bias_block.measure(vectors)
    assert values["i_sl"] == pytest.approx(3, abs=0.01)
    assert values["flatness"] == pytest.approx(103 * 0.05 * 1.2, abs=0.1)
    assert values["compliance"] == pytest.approx(0.12, abs=0.021)
    check_drawing(bias_block, vectors)


def test_biases_against_their_leakage():
    celsius = np.arange(27.0, 86.0)
    growth = 2 ** ((celsius - 27) / 8)
    full = np.ones(len(celsius))
    vectors = {
        "temp-sweep": celsius,
        "vmem#branch": -0.5e-12 * growth,
        drain("xsl"): 0.1e-12 * full,
        "@i.xbias.itau_mem[current]": 10e-12 * full,
        "@i.xbias.isl[current]": 0.3e-9 * full,
        "vomega#branch": -12e-12 * full,
        "@i.xbias.iomega[current]": 0.1e-12 * full,
    }
    values = leakage.measure(vectors)
    assert values["i_tau_mem"] == pytest.approx(20)
    assert values["i_tau_mem_hot"] == pytest.approx(20 / 2 ** (58 / 8))
    assert values["i_sl"] == values["i_sl_hot"] == pytest.approx(3000)
    nearest, off = leakage.notes(values)
    assert "at 27 °C i_tau_mem (20 times)" in nearest
    assert off == "off, below its leakage: i_omega"
    check_drawing(leakage, vectors)

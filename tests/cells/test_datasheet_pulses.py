"""Measurements of benches with pulses, on vectors with a known answer."""

import numpy as np
import pytest
from bench_checks import check_drawing, drain

from cosim.cells.benches import decision_speed, plastic_synapse, weight_gain
from cosim.cells.benches.outcomes import threshold
from cosim.workbench.errors import SimulationError

PERIOD = 40e-3
"""Time in s from pulse to pulse of weight_gain."""


def levels(codes, shape):
    """Magnitude bits and sign over time, for one code at each point."""
    negative = codes < 0
    magnitude = np.where(negative, -codes - 1, codes)
    bits = {f"m{bit}": 1.8 * (magnitude >> bit & 1) for bit in range(5)}
    return {name: np.broadcast_to(volts, shape) for name, volts in bits.items()} | {
        "sign": 1.8 * negative,
        "vdda": np.full(shape, 1.8),
    }


def all_weights(gain, slope=25e-12, sign_step=0.0):
    """One pulse per weight, each changing I_mem by gain(weight), in A, for as long as 1 ms.

    The window falls by `slope` in A per LSB, and is `sign_step` in A higher below weight 0.
    """
    codes = np.array([*range(32), *range(-1, -33, -1)])
    phase = np.tile(np.linspace(0, PERIOD, 400, False), 64)
    code, time = np.repeat(codes, 400), phase + PERIOD * np.repeat(np.arange(64), 400)
    changed = (phase > 11e-3) & (phase < 19.15e-3)
    effect = np.array([gain(weight) for weight in code.tolist()])
    during = (phase >= 10e-3) & (phase <= 11e-3)
    return {
        "time": time,
        **levels(code, code.shape),
        "pulse": 1.8 * during,
        "restore": 1.8 * ((phase > 19e-3) & (phase < 29e-3)),
        drain("xdecision.xmem"): 9e-9 + np.where(changed, effect, 0) - 2e-12 * changed,
        drain("xdecision.xp_eq"): 9e-9 - slope * code + sign_step * (code < 0),
        drain("xplastic.xpair.xexc.xout"): np.where(during, effect.clip(0), 0),
        drain("xplastic.xpair.xmirror_out"): np.where(during, -effect.clip(max=0), 0),
    }


def test_a_linear_weight():
    vectors = all_weights(lambda weight: 50e-12 * weight)
    values = weight_gain.measure(vectors)
    assert values["smallest_step"] == pytest.approx(50e-12)
    assert (values["gain_exc"], values["gain_inh"]) == pytest.approx((50e-12, 50e-12))
    assert values["charge_exc"] == pytest.approx(50e-12 * 1.1e-3, rel=0.02)
    relative = [
        value for name, value in values.items() if "linearity" in name or "symmetry" in name
    ]
    assert relative == pytest.approx([100] * 10)
    assert values["saturation"] == -33
    assert (values["kick_exc"], values["kick_inh"]) == pytest.approx((48e-12, 52e-12))
    assert values["slope"] == pytest.approx(25e-12)
    assert values["slope_over_kick"] == pytest.approx(50)
    assert values["threshold_error"] == pytest.approx(0, abs=1e-6)
    assert values["sign_step"] == pytest.approx(1)
    check_drawing(weight_gain, vectors)


def test_a_threshold_that_jumps_with_the_sign_is_found():
    values = weight_gain.measure(all_weights(lambda weight: 50e-12 * weight, sign_step=20e-12))
    # The straight line takes its share: half the jump is left between the signs.
    assert values["slope"] == pytest.approx(25.47e-12, rel=1e-3)
    assert values["sign_step"] == pytest.approx(45 / 25.47, rel=1e-3)
    assert values["threshold_error"] == pytest.approx(0.39, abs=0.02)


def test_inhibition_that_is_weaker_and_saturates():
    values = weight_gain.measure(
        all_weights(lambda weight: 50e-12 * weight if weight > 0 else 40e-12 * max(weight, -10))
    )
    assert values["gain_symmetry_4"] == pytest.approx(80)
    assert values["gain_symmetry_16"] == pytest.approx(50)
    assert values["gain_linearity_inh"] == pytest.approx(160)
    assert values["saturation"] == -12
    assert values["smallest_step"] == pytest.approx(0, abs=1e-15)


def test_a_weight_that_steps_back_is_found():
    values = weight_gain.measure(all_weights(lambda weight: 50e-12 * (weight - 2 * (weight == 16))))
    assert values["smallest_step"] == pytest.approx(-50e-12)


def synapse_pulses(time_constant):
    time = np.linspace(0, 75e-3, 75001)
    starts, codes = np.array([1e-3, 21e-3, 41e-3, 61e-3]), np.array([4, 24, -4, -24])
    code = codes[np.searchsorted(starts - 5e-3, time, side="right").clip(1) - 1]
    during = np.zeros(len(time), bool)
    vectors = {"time": time, **levels(code, time.shape)}
    outputs = {name: np.full(len(time), 1e-15) for name in plastic_synapse.SYNAPSES}
    for start, weight in zip(starts, codes, strict=True):
        during |= (time > start) & (time < start + 1e-3)
        for name in ("ext", "exc" if weight > 0 else "inh"):
            rise = np.where(time > start, 1 - np.exp(-(time - start) / time_constant), 0)
            fall = np.exp(-(time - start - 1e-3).clip(0) / time_constant)
            end = 1 - np.exp(-1e-3 / time_constant)
            shape = np.where(time < start + 1e-3, rise, end * fall)
            outputs[name] += 0.2e-9 * abs(weight) * shape * (time > start)
    vectors["input"] = 1.8 * during
    vectors["@c.xplastic.xpair.xexc.csyn[capacitance]"] = np.full(len(time), 1e-12)
    for name, synapse in plastic_synapse.SYNAPSES.items():
        vectors[drain(synapse.output)] = outputs[name]
        vectors[drain(synapse.source)] = 2e-9 * np.abs(code) * during
        vectors[drain(f"{synapse.dpi}.xtau")] = np.full(len(time), 40e-12)
        vectors[f"{synapse.dpi}.v_syn"] = 1.4 - np.log(outputs[name] / 1e-9) / 28
    for level, node in enumerate(plastic_synapse.SOURCES.values()):
        vectors[node] = np.where(during, 1.0 - 0.1 * level, 1.2)
    return vectors


def test_single_pulses_of_the_synapses():
    vectors = synapse_pulses(0.9e-3)
    values = plastic_synapse.measure(vectors)
    for name in ("exc", "inh"):
        assert values[f"tau_{name}"] == pytest.approx(0.9e-3, rel=1e-3)
        assert values[f"tau_law_{name}"] == pytest.approx(1e-12 / (28 * 40e-12), rel=1e-3)
        assert values[f"i_w_{name}"] == pytest.approx(2e-9)
        assert values[f"charge_{name}"] == pytest.approx(0.2e-9 * 1e-3, rel=2e-3)
        assert values[f"exponent_{name}"] == pytest.approx(1, abs=1e-3)
        assert values[f"duration_{name}"] == pytest.approx(1e-3, rel=1e-3)
        peak = 1 - np.exp(-1 / 0.9)
        assert values[f"onset_{name}"] == pytest.approx(-0.9e-3 * np.log(1 - 0.1 * peak), rel=0.05)
    assert (values["v_source_plastic"], values["v_source_ext"]) == pytest.approx((1, 0.9))
    check_drawing(plastic_synapse, vectors)


def test_the_pulses_of_each_synapse_are_read_from_the_sources():
    vectors = synapse_pulses(0.9e-3)
    found = {name: plastic_synapse.pulses_of(vectors, name) for name in ("exc", "inh", "ext")}
    assert [weight for weight, *_ in found["exc"]] == [4, 24]
    assert [weight for weight, *_ in found["inh"]] == [-4, -24]
    assert [weight for weight, *_ in found["ext"]] == [1]
    np.testing.assert_allclose(found["inh"][1][1:], [61e-3, 62e-3], atol=2e-6)


def steps_of_i_mem(constant=2.5e-15):
    """Delays of constant/overdrive; thresholds at 9 nA +- 407 pA."""
    time = np.concatenate([np.linspace(0, 66e-3, 660001), np.linspace(66.1e-3, 270e-3, 20401)])
    number = (time / 2e-3).astype(int)
    since = time - 2e-3 * number - 1e-3
    gate = (since >= 0) & (since < 0.9e-3) & (time < 66e-3)
    over = np.where(number < 25, 5e-12 * number - 60e-12, 60e-12 * 1.5 ** (number - 24))
    ramping = time > 68e-3
    excess = gate * (0.4e-9 + over)
    excess[ramping] = 0.4e-9 + np.interp(time[ramping], [70e-3, 270e-3], [-1e-10, 1e-10])
    beyond = excess - 0.407e-9
    with np.errstate(divide="ignore"):
        settled = (beyond > 0) & (since > constant / beyond)
    on = np.where(ramping, beyond > 0, gate & settled)
    vectors = {"time": time, "gate": 1.0 * gate, "ramping": 1.0 * ramping}
    vectors["vdda"] = np.full(len(time), 1.8)
    for circuit, sign, outcome in (("up", 1, "dec"), ("down", -1, "inc")):
        vectors[drain(f"x{circuit}.xmem")] = 9e-9 + sign * excess
        for name in ("inc", "sl", "dec"):
            vectors[f"{circuit}_{name}"] = 1.8 * (on if name == outcome else np.zeros(len(time)))
        vectors[f"{circuit}_sl"] = 1.8 * ~on
    return vectors


def test_the_outcomes_delay_falls_with_overdrive():
    vectors = steps_of_i_mem()
    values = decision_speed.measure(vectors)
    assert values["delay_10p"] == pytest.approx(250e-6, rel=0.02)
    assert values["delay_100p"] == pytest.approx(25e-6, rel=0.02)
    assert values["delay_1000p"] == pytest.approx(2.5e-6, rel=0.05)
    check_drawing(decision_speed, vectors)


def test_an_outcome_too_slow_for_the_steps_is_an_error():
    with pytest.raises(SimulationError, match="no step has an overdrive of 1e-11 A or less"):
        decision_speed.measure(steps_of_i_mem(constant=2e-14))


def test_a_decision_without_a_threshold_is_an_error():
    vectors = steps_of_i_mem()
    with pytest.raises(SimulationError, match="up: dec flips 0 times on the slow ramp"):
        decision_speed.measure(vectors | {"up_dec": np.zeros(len(vectors["time"]))})


def dec_while(vectors, start, end):
    """The vectors with up_dec high between two times in s, too."""
    inside = (vectors["time"] > start) & (vectors["time"] < end)
    return vectors | {"up_dec": np.where(inside, 1.8, vectors["up_dec"])}


def test_an_outcome_that_still_settles_before_the_slow_ramp_rises_is_no_threshold():
    vectors = steps_of_i_mem()
    at = threshold(vectors, "up", "dec")
    assert threshold(dec_while(vectors, 67.5e-3, 68.2e-3), "up", "dec") == at


def test_an_outcome_that_flips_back_on_the_slow_ramp_is_an_error():
    vectors = dec_while(steps_of_i_mem(), 80e-3, 81e-3)
    with pytest.raises(SimulationError, match="up: dec flips 3 times on the slow ramp"):
        threshold(vectors, "up", "dec")

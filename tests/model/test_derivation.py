"""The algebra of docs/derivation.md, step by step in sympy, and what the code makes of it."""

import numpy as np
import pytest
import sympy as sp
from mirror_cost import after, mirror

from ebn_model.lif.construction import optimal_reset, optimal_weights, thresholds
from ebn_model.network.decoder import random_decoder
from ebn_model.network.parameters import NetworkParameters

DIMENSIONS, NEURONS = 3, 4
NU, MU, DECAY = sp.symbols("nu mu lambda", positive=True)
DECODER = sp.Matrix(DIMENSIONS, NEURONS, lambda i, n: sp.Symbol(f"D_{i}{n}", real=True))
VARIABLE = sp.Matrix(DIMENSIONS, 1, lambda i, _: sp.Symbol(f"x_{i}", real=True))
TRACE = sp.Matrix(NEURONS, 1, lambda n, _: sp.Symbol(f"r_{n}", nonnegative=True))

V, KICK, V_RESET = sp.symbols("v K v_reset", real=True)
STEP, V_TH = sp.symbols("k v_th", positive=True)


def unit(index):
    return sp.eye(NEURONS)[:, index]


def objective(trace):
    error = VARIABLE - DECODER * trace
    return error.dot(error) + NU * DECAY * sum(trace) + MU * DECAY**2 * trace.dot(trace)


def potentials(variable, trace):
    return DECODER.T * (variable - DECODER * trace) - MU * DECAY**2 * trace


def spike_effects():
    return DECODER.T * DECODER + MU * DECAY**2 * sp.eye(NEURONS)


def threshold(n):
    own = DECODER[:, n]
    return (NU * DECAY + MU * DECAY**2 + own.dot(own)) / 2


def is_zero(expression):
    return all(sp.simplify(sp.expand(entry)) == 0 for entry in sp.Matrix([expression]))


def substituted(expression, decoder, parameters):
    """The expression's value for a decoder of numbers and the constants of a network."""
    values = dict(zip(DECODER, decoder.ravel(), strict=True))
    values |= {NU: parameters.nu, MU: parameters.mu, DECAY: 1 / parameters.tau_out}
    return np.array(sp.Matrix([expression]).subs(values).tolist(), dtype=float)


def drawn(**changes):
    """Parameters of the size of the symbols, and a decoder whose columns aren't of unit length."""
    parameters = NetworkParameters(inputs=DIMENSIONS, neurons=NEURONS, threshold="l2", **changes)
    generator = np.random.default_rng(1)
    return parameters, random_decoder(parameters, generator) * generator.uniform(0.5, 1.5, NEURONS)


# From the objective to potentials, thresholds, kicks and resets


def test_a_spike_lowers_the_objective_where_the_potential_is_above_the_threshold():
    for n in range(NEURONS):
        gain = objective(TRACE + unit(n)) - objective(TRACE)
        above = potentials(VARIABLE, TRACE)[n] - threshold(n)
        assert is_zero(gain + 2 * above)


def test_the_thresholds_of_the_code_are_the_derived_ones():
    parameters, decoder = drawn()
    derived = [substituted(threshold(n), decoder, parameters).item() for n in range(NEURONS)]
    assert thresholds(decoder, parameters) == pytest.approx(derived)
    in_code = thresholds(decoder, parameters.model_copy(update={"threshold": "l1"}))
    assert (in_code > np.array(derived)).all()


def test_between_spikes_potentials_leak_with_the_decoder_and_take_the_command():
    time = sp.Symbol("t", real=True)
    command = sp.Matrix(DIMENSIONS, 1, lambda i, _: sp.Symbol(f"c_{i}", real=True))
    paths = {old: sp.Function(old.name)(time) for old in (*VARIABLE, *TRACE)}
    slopes = {
        sp.Derivative(paths[x], time): command[i] - DECAY * paths[x] for i, x in enumerate(VARIABLE)
    } | {sp.Derivative(paths[r], time): -DECAY * paths[r] for r in TRACE}
    moving = potentials(VARIABLE, TRACE).subs(paths)
    found = moving.diff(time).subs(slopes)
    assert is_zero(found - (DECODER.T * command - DECAY * moving))


def test_a_spike_moves_all_potentials_by_what_the_optimal_weights_do():
    indices = range(NEURONS)
    jumps = sp.Matrix.hstack(
        *(potentials(VARIABLE, TRACE + unit(k)) - potentials(VARIABLE, TRACE) for k in indices)
    )
    assert is_zero(jumps + spike_effects())
    parameters, decoder = drawn()
    kick = parameters.tau_fast / parameters.tau_mem
    found = optimal_weights(decoder, parameters) * kick
    derived = substituted(jumps, decoder, parameters)
    off = ~np.eye(NEURONS, dtype=bool)
    assert found[off] == pytest.approx(derived[off])
    own = thresholds(decoder, parameters) + np.diag(derived)
    assert optimal_reset(decoder, parameters) == pytest.approx(own)


def test_the_optimal_reset_mirrors_the_threshold_but_for_the_linear_cost():
    for n in range(NEURONS):
        reset = threshold(n) - spike_effects()[n, n]
        assert is_zero(reset - (-threshold(n) + NU * DECAY))


def test_the_kick_of_an_exponential_synapse():
    """W in I_f, which decays with tau_fast, moves a membrane without leak by W*tau_fast/tau_mem."""
    time, weight, fast, mem = sp.symbols("t W tau_fast tau_mem", positive=True)
    assert is_zero(
        sp.integrate(weight * sp.exp(-time / fast) / mem, (time, 0, sp.oo)) - weight * fast / mem
    )
    path = weight * fast / (mem - fast) * (sp.exp(-time / mem) - sp.exp(-time / fast))
    assert is_zero(mem * path.diff(time) + path - weight * sp.exp(-time / fast))
    paper = {fast: 1, mem: 50, weight: 1}
    peak = sp.Rational(50, 49) * sp.log(50)
    assert float(path.diff(time).subs(paper).subs(time, peak)) == pytest.approx(0, abs=1e-12)
    assert float(path.subs(paper).subs(time, peak)) == pytest.approx(50 ** (-1 / 49) / 50)


# The mirror condition and its step


def test_a_spike_that_costs_nothing_to_fire_or_not_mirrors_all_potentials_together():
    """Tight frame of 6 directions, no costs: the sum of v**2 stays where k is at its threshold."""
    angles = [n * sp.pi / 3 for n in range(6)]
    frame = sp.Matrix([[sp.cos(a) for a in angles], [sp.sin(a) for a in angles]])
    assert frame * frame.T == 3 * sp.eye(2)
    error = sp.Matrix(sp.symbols("e_0 e_1", real=True))
    v, kick = frame.T * error, -frame.T * frame[:, 0]
    change = sum(after(a, b) - a**2 for a, b in zip(v, kick, strict=True))
    assert is_zero(change - 6 * (sp.Rational(1, 2) - v[0]))


def test_a_flight_between_two_spikes_has_the_mirrors_square_and_that_of_its_height():
    s = sp.Symbol("s")
    flight = (V + KICK) - KICK * s
    assert is_zero(sp.integrate(flight**2, (s, 0, 1)) - mirror(V, KICK) - KICK**2 / 12)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("cost", "seen"), [(mirror, 2 * V + KICK), (after, 2 * V + 2 * KICK)])
def test_a_step_lowers_the_cost_beyond_the_dead_zone(cost, seen, sign):
    """INC where seen < -zone, DEC where seen > zone: one root, on the side of the step."""
    change = sp.expand(cost(V, KICK + sign * STEP) - cost(V, KICK))
    half_step = (seen.subs(KICK, KICK + STEP) - seen) / 2
    factor = sp.cancel(change / (sign * STEP))
    root = sp.solve(sp.Eq(factor, 0), V)
    assert len(root) == 1
    assert is_zero(seen.subs(V, root[0]) + sign * half_step)
    beyond = {V: root[0] - sign}
    assert change.subs(beyond).subs({STEP: 1, KICK: 7}) < 0


def test_the_mirror_condition_holds_on_average_for_the_derived_weights():
    """Without costs, if errors at the spikes of k scatter evenly around its direction."""
    own, other = DECODER[:, 0], DECODER[:, 1]
    error = (own.dot(own) / 2) / own.dot(own) * own
    v, kick = other.dot(error), -other.dot(own)
    assert is_zero(2 * v + kick)


def test_costs_make_the_mirrors_weights_larger_than_the_derived_ones():
    own, other = DECODER[:, 0], DECODER[:, 1]
    error = threshold(0) / own.dot(own) * own
    learned = -2 * other.dot(error)
    derived = -other.dot(own)
    factor = 1 + (NU * DECAY + MU * DECAY**2) / own.dot(own)
    assert is_zero(learned - factor * derived)


@pytest.mark.parametrize(("gain", "volts"), [("kick", 2.0), ("tau_mem", 0.8)])
def test_what_the_gain_aims_at(gain, volts):
    """The kick is -2*v with the true gain, -0.8*v with the code's, between mirror and after."""
    weight, mem, fast = sp.symbols("W tau_mem tau_fast")
    seen = weight * {"kick": fast / mem, "tau_mem": mem}[gain]
    fixed = sp.solve(2 * V + seen, weight)[0] * fast / mem
    paper = NetworkParameters()
    found = fixed.subs({mem: paper.tau_mem, fast: paper.tau_fast}) / V
    assert float(found) == pytest.approx(-volts)


# The second condition: the reset


def test_the_reset_has_the_same_condition():
    kick = V_RESET - V_TH
    assert is_zero(2 * V_TH + kick - (V_TH + V_RESET))
    change = mirror(V_TH, kick + STEP) - mirror(V_TH, kick)
    assert is_zero(change - STEP / 2 * ((V_TH + V_RESET) + STEP / 2))


@pytest.mark.parametrize(("read", "limit"), [(V_RESET, -V_TH / 3), (V_TH, -3 * V_TH)])
def test_the_codes_reset_rule_rests_elsewhere(read, limit):
    """2*v_k + (v_reset + v_th), whichever potential of k is read, isn't the mirror at -v_th."""
    assert is_zero(sp.solve(2 * read + V_RESET + V_TH, V_RESET)[0] - limit)


# Currents


def test_the_circuits_window_is_the_rule():
    """v = (I_mem - I_rest)/alpha, a slope of half a kick per LSB, I_sl = alpha*d/2."""
    i_rest, alpha, i_mem, weight, i_kick, zone = sp.symbols(
        "I_rest alpha I_mem w I_kick d", positive=True
    )
    seen = 2 * (i_mem - i_rest) / alpha + weight * i_kick / alpha
    lower = i_rest - weight * i_kick / 2 - alpha * zone / 2
    assert is_zero(sp.solve(seen + zone, i_mem)[0] - lower)
    upper = i_rest - weight * i_kick / 2 + alpha * zone / 2
    assert is_zero(sp.solve(seen - zone, i_mem)[0] - upper)

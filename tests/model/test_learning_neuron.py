import numpy as np
import pytest
from scipy.integrate import solve_ivp
from synthetic import MEMBRANE, readout_correction

from ebn_model.learning_neuron import LearningNeuron
from ebn_model.parameters import NeuronParameters
from ebn_model.stimulus import Stimulus, regular_spikes

WIDTH = 1.01e-3
RESET_UNTIL = 2.55e-3
I_IN = 1.4926e-9

SYNAPSE = {"exponent": 0.88, "i_spec_pair": 0.6e-6, "i_spec_readout": 60e-9, "i_floor": 0.3e-12}
NEURON = {
    "i_in": I_IN,
    "membrane": MEMBRANE,
    "excitatory": SYNAPSE | {"tau": 0.65e-3, "i_tau": 48e-12, "i_th": 11e-12, "i_w": 2.06e-9},
    "inhibitory": SYNAPSE | {"tau": 1e-3, "i_tau": 31e-12, "i_th": 6.6e-12, "i_w": 1.9e-9},
    "extra": SYNAPSE | {"tau": 0.46e-3, "i_tau": 70e-12, "i_th": 11e-12, "i_w": 67e-9},
    "decision": {"i_lower": 8.573e-9, "i_upper": 9.349e-9, "i_omega": 0.36e-12},
}
TEXTBOOK = {"exponent": 1, "i_spec_pair": 1e6, "i_spec_readout": 1e6}
"""Changes that turn an integrator's law into the DPI's textbook equation."""

ALWAYS = {
    +1: {"i_lower": 1e-6, "i_upper": 2e-6, "i_omega": 0},
    0: {"i_lower": 1e-15, "i_upper": 1e-6, "i_omega": 0},
    -1: {"i_lower": 1e-16, "i_upper": 1e-15, "i_omega": 0},
}
"""Windows so far off, or so wide, that every decision is the same."""


def neuron(**changes):
    """A neuron with some constants of its groups changed."""
    merged = {
        name: value | changes.get(name, {}) if isinstance(value, dict) else value
        for name, value in NEURON.items()
    }
    return LearningNeuron(NeuronParameters(**merged))


def textbook_neuron(**changes):
    groups = ("membrane", "excitatory", "inhibitory", "extra")
    return neuron(**changes | {name: TEXTBOOK | changes.get(name, {}) for name in groups})


def stimulus(spikes=(4.005e-3, 9.005e-3), duration=12e-3, **changes):
    values = {"pulse_width": WIDTH, "start_weight": 8, "reset_until": RESET_UNTIL}
    return Stimulus(spikes, duration=duration, **(values | changes))


def textbook_slope(current, i_w, dpi):
    """dI/dt of tau*(1 + i_th/I)*dI/dt + I = i_th*(I_w/i_tau - 1)."""
    drive = dpi["i_th"] * (i_w / dpi["i_tau"] - 1)
    return (drive - current) / (dpi["tau"] * (1 + dpi["i_th"] / current))


def textbook_run(stretches):
    """I_mem of the textbook neuron at the ends of stretches (start, end, exc. and inh. input)."""
    dpis = MEMBRANE, NEURON["excitatory"], NEURON["inhibitory"]
    floors = np.array([dpi["i_floor"] for dpi in dpis])
    currents, ends = floors, []

    def slope(_, i, exc_input, inh_input):
        inputs = I_IN + i[1] - i[2], exc_input, inh_input
        return [textbook_slope(*arguments) for arguments in zip(i, inputs, dpis, strict=True)]

    for start, end, *inputs in stretches:
        span, tolerances = (start, end), {"rtol": 1e-8, "atol": 1e-18}
        solution = solve_ivp(slope, span, currents, "Radau", args=inputs, **tolerances)
        currents = np.maximum(solution.y[:, -1], floors)
        ends.append(currents[0])
    return ends


def test_the_membrane_settles_where_its_law_says():
    i_mem = neuron().run(stimulus([], duration=1.0)).i_mem[-1]
    u = readout_correction(I_IN, MEMBRANE["i_spec_pair"]) * (I_IN / MEMBRANE["i_tau"] - 1)
    expected = MEMBRANE["i_th"] * u ** MEMBRANE["exponent"]
    assert i_mem * readout_correction(i_mem, MEMBRANE["i_spec_readout"]) == pytest.approx(
        expected, rel=1e-6
    )


def test_the_textbook_membrane_settles_at_its_gain_times_the_input():
    i_mem = textbook_neuron().run(stimulus([], duration=1.0)).i_mem[-1]
    assert i_mem == pytest.approx(100e-12 * (1492.6 / 10.8 - 1), rel=1e-6)


def test_the_step_response_is_the_textbook_dpis():
    result = textbook_neuron().run(stimulus([], duration=0.1))
    moving = result.time >= RESET_UNTIL
    reference = solve_ivp(
        lambda _, i: textbook_slope(i, I_IN, MEMBRANE),
        (RESET_UNTIL, 0.1),
        [MEMBRANE["i_floor"]],
        "Radau",
        t_eval=result.time[moving],
        rtol=1e-9,
        atol=1e-20,
    )
    assert result.i_mem[moving] == pytest.approx(reference.y[0], rel=1e-4)


@pytest.mark.parametrize("weight", [20, 1, 0, -1])
def test_pulses_act_as_on_textbook_dpis(weight):
    pulse = (weight * 2.06e-9, 0) if weight > 0 else (0, -weight * 1.9e-9)
    made = textbook_neuron(decision=ALWAYS[0]).run(stimulus(start_weight=weight))
    rises, falls = made.spikes.t_rise, made.spikes.t_fall
    ends = textbook_run(
        [
            (RESET_UNTIL, rises[0], 0, 0),
            (rises[0], falls[0], *pulse),
            (falls[0], rises[1], 0, 0),
            (rises[1], falls[1], *pulse),
        ]
    )
    assert made.spikes.i_mem_rise == pytest.approx(ends[::2], rel=5e-4)
    assert made.spikes.i_mem_fall == pytest.approx(ends[1::2], rel=5e-4)


@pytest.mark.parametrize("exponent", [1, 0.9])
def test_a_membrane_whose_input_is_cut_off_decays_exponentially(exponent):
    dead = textbook_neuron(
        membrane={"exponent": exponent}, inhibitory={"i_w": 1e-6}, decision=ALWAYS[0]
    )
    result = dead.run(stimulus([50e-3], 80e-3, pulse_width=25e-3, start_weight=-32))
    inside = (result.time > 52e-3) & (result.time < 74e-3)
    slope = np.diff(np.log(result.i_mem[inside])) / np.diff(result.time[inside])
    assert slope == pytest.approx(np.full(len(slope), -exponent / 29.6e-3), rel=1e-3)


LOWER, UPPER = 8.573e-9, 9.349e-9


@pytest.mark.parametrize(
    ("i_mem", "weight", "decision"),
    [
        (0.0, 0, 1),
        (np.nextafter(LOWER, 0), 0, 1),
        (LOWER, 0, 0),
        (np.nextafter(LOWER, 1), 0, 0),
        (9e-9, 0, 0),
        (np.nextafter(UPPER, 0), 0, 0),
        (UPPER, 0, 0),
        (np.nextafter(UPPER, 1), 0, -1),
        (1e-6, 0, -1),
        # i_omega*w is +11.16 pA at w = 31 and -11.52 pA at w = -32.
        (8.5618e-9, 31, 1),
        (8.5619e-9, 31, 0),
        (9.3378e-9, 31, 0),
        (9.3379e-9, 31, -1),
        (8.5845e-9, -32, 1),
        (8.5846e-9, -32, 0),
        (9.3605e-9, -32, 0),
        (9.3606e-9, -32, -1),
    ],
)
def test_decisions_around_the_thresholds(i_mem, weight, decision):
    assert neuron().decide(i_mem, weight) == decision


def test_decisions_of_arrays_are_those_of_their_elements():
    decisions = neuron().decide(np.array([8e-9, 9e-9, 10e-9]), np.array([31, 0, -32]))
    assert decisions.tolist() == [1, 0, -1]


def test_thresholds_fall_with_the_weight():
    lower, upper = neuron().thresholds(np.array([-32, 0, 10]))
    assert lower == pytest.approx([8.58452e-9, 8.573e-9, 8.5694e-9], rel=1e-9)
    assert upper - lower == pytest.approx(0.776e-9, rel=1e-9)


@pytest.mark.parametrize("i_sign", [2e-12, -2e-12])
def test_thresholds_step_where_the_weight_changes_its_sign(i_sign):
    steps = neuron(decision={"i_sign": i_sign}).thresholds(np.array([-32, -1, 0, 31]))
    plain = neuron().thresholds(np.array([-32, -1, 0, 31]))
    for edge, plain_edge in zip(steps, plain, strict=True):
        assert edge - plain_edge == pytest.approx([i_sign, i_sign, 0, 0], abs=1e-20)


@pytest.mark.parametrize(
    ("decision", "start", "expected"),
    [
        (+1, 29, [30, 31, 31, 31, 31]),
        (+1, 31, [31] * 5),
        (-1, -30, [-31, -32, -32, -32, -32]),
        (-1, -32, [-32] * 5),
        (+1, -2, [-1, 0, 1, 2, 3]),
        (-1, 2, [1, 0, -1, -2, -3]),
        (0, 8, [8] * 5),
        (0, -32, [-32] * 5),
    ],
)
def test_the_weight_follows_the_decisions_and_saturates(decision, start, expected):
    spikes = regular_spikes(4e-3, 5e-3, 5)
    result = neuron(decision=ALWAYS[decision]).run(stimulus(spikes, 30e-3, start_weight=start))
    assert result.spikes.decision.tolist() == [decision] * 5
    assert result.spikes.weight_before.tolist() == [start, *expected[:-1]]
    assert result.spikes.weight_after.tolist() == expected
    assert set(result.weight.tolist()) == {start, *expected}


def test_the_weight_steps_at_the_falling_edge_only():
    result = neuron().run(stimulus([4.005e-3]))
    fall = 4.005e-3 + WIDTH
    assert set(result.weight[result.time < fall]) == {8}
    assert set(result.weight[result.time >= fall]) == {9}


def test_the_rising_edge_decides():
    between = {"i_lower": 0.5e-9, "i_upper": 0.6e-9, "i_omega": 0}
    spikes = neuron(decision=between).run(stimulus([4.005e-3], start_weight=31)).spikes
    assert spikes.i_mem_rise[0] < 0.5e-9
    assert spikes.i_mem_fall[0] > 0.6e-9
    assert spikes.decision.tolist() == [1]


@pytest.mark.parametrize(("weight", "decision"), [(10, -1), (0, 0), (-10, 1)])
def test_the_weight_shifts_the_decisions_of_a_run(weight, decision):
    around = {"i_lower": 0.1e-9, "i_upper": 0.5e-9, "i_omega": 40e-12}
    spikes = neuron(decision=around).run(stimulus([4e-3], start_weight=weight)).spikes
    assert 0.2e-9 < spikes.i_mem_rise[0] < 0.3e-9
    assert spikes.decision.tolist() == [decision]


def test_the_step_at_a_falling_edge_counts_from_the_next_pulse_on():
    runs = [neuron(decision=ALWAYS[d]).run(stimulus(start_weight=20)).spikes for d in (0, 1)]
    assert runs[0].i_mem_fall[0] == runs[1].i_mem_fall[0]
    assert runs[0].i_mem_fall[1] < runs[1].i_mem_fall[1]


def test_a_pulse_that_outlasts_the_run_decides_without_a_step():
    result = neuron().run(stimulus([4e-3, 11.5e-3]))
    spikes = result.spikes
    assert spikes.decision.tolist() == [1, 1]
    assert np.isnan(spikes.t_fall).tolist() == np.isnan(spikes.i_mem_fall).tolist() == [False, True]
    assert spikes.weight_before.tolist() == [8, 9]
    assert spikes.weight_after.tolist() == [9, 9]
    assert result.weight[-1] == 9
    assert result.time[-1] == 12e-3


def test_strong_inhibition_stops_the_membrane_but_never_makes_it_negative():
    strong = neuron(inhibitory={"i_w": 1e-6}, decision=ALWAYS[0])
    result = strong.run(stimulus([20e-3], 40e-3, pulse_width=15e-3, start_weight=-32))
    pulse = (result.time >= 21e-3) & (result.time <= 35e-3)
    assert (np.diff(result.i_mem[pulse]) < 0).all()
    assert (result.i_mem > 0).all()
    assert result.spikes.i_mem_fall[0] < 0.8 * result.spikes.i_mem_rise[0]


@pytest.mark.parametrize(("weights", "sign"), [((0, 10, 31), 1), ((0, -10, -32), -1)])
def test_a_larger_weight_moves_the_membrane_further(weights, sign):
    falls = [
        neuron().run(stimulus([20e-3], 25e-3, start_weight=weight)).spikes.i_mem_fall[0]
        for weight in weights
    ]
    assert (sign * np.diff(falls) > 1e-11).all()


def test_the_extra_synapse_raises_the_membrane_current():
    without, with_extra = (
        neuron().run(stimulus(extra_synapse=extra)).spikes for extra in (False, True)
    )
    assert without.i_mem_rise[0] == with_extra.i_mem_rise[0]
    assert (with_extra.i_mem_fall > 1.2 * without.i_mem_fall).all()


def test_the_membrane_is_held_at_its_floor_during_reset():
    result = neuron().run(stimulus())
    held = result.time <= RESET_UNTIL
    assert result.i_mem[held] == pytest.approx(4.5e-12, rel=1e-6)
    assert (np.diff(result.i_mem[~held & (result.time < 4e-3)]) > 0).all()


def test_the_result_has_one_value_per_ascending_time():
    result = neuron().run(stimulus())
    assert result.time.shape == result.i_mem.shape == result.weight.shape
    assert (np.diff(result.time) > 0).all()
    assert result.time[[0, -1]].tolist() == [0, 12e-3]
    assert result.time.dtype == result.i_mem.dtype == float
    assert result.weight.dtype.kind == "i"
    assert len(result.spikes) == 2


def test_every_edge_is_a_point_of_the_waveform():
    result = neuron().run(stimulus())
    for edge in ("rise", "fall"):
        times = getattr(result.spikes, f"t_{edge}")
        points = np.searchsorted(result.time, times)
        assert result.time[points].tolist() == times.tolist()
        assert result.i_mem[points] == pytest.approx(getattr(result.spikes, f"i_mem_{edge}"))


def test_a_run_without_spikes_only_charges_the_membrane():
    result = neuron().run(stimulus([]))
    assert len(result.spikes) == 0
    assert set(result.weight) == {8}
    assert result.i_mem[-1] > result.i_mem[0]


def test_progress_is_the_simulated_time():
    times = []
    neuron().run(stimulus([4e-3, 11.5e-3]), times.append)
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] == pytest.approx(12e-3)


def test_the_same_run_gives_the_same_bytes():
    made = stimulus(extra_synapse=True)
    one, other = (neuron().run(made) for _ in range(2))
    for name in ("time", "i_mem", "weight"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    for name, column in vars(one.spikes).items():
        assert column.tobytes() == getattr(other.spikes, name).tobytes()


def test_runs_leave_the_model_unchanged():
    model = neuron()
    first = model.run(stimulus()).i_mem
    model.run(stimulus(start_weight=-20, extra_synapse=True))
    assert model.run(stimulus()).i_mem.tobytes() == first.tobytes()


def test_without_a_reset_the_run_starts_settled():
    result = neuron().run(stimulus([], duration=0.3, reset_until=0))
    # The synapses' last 0.3 pA fade in the first milliseconds.
    np.testing.assert_allclose(result.i_mem, result.i_mem[0], rtol=1e-5)
    long_after_reset = neuron().run(stimulus([], duration=1.0)).i_mem[-1]
    assert result.i_mem[0] == pytest.approx(long_after_reset, rel=1e-6)
    assert result.time[0] == 0 and (np.diff(result.time) > 0).all()


def test_the_membrane_never_falls_below_its_floor():
    strong = neuron(inhibitory={"i_th": 1e-9})
    result = strong.run(stimulus([4e-3], pulse_width=0.5, duration=0.4, start_weight=-32))
    assert result.i_mem.min() == pytest.approx(MEMBRANE["i_floor"])

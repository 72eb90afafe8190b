import pytest
from synthetic_rows import DURATION, OMEGA_RULE, RISES, case, run, same_case, stimulus

from cosim.comparison.deviations import Deviation, WeightDeviation, find_deviations
from cosim.comparison.reasons import REASONS
from cosim.comparison.tolerances import ReplayTolerances

QUIET = (9.0, 9.0, 9.0, 9.0)
STILL = (0, 0, 0, 0)


def deviations(circuit, model, given=None, changes=None, **settings):
    tolerances = ReplayTolerances(**(changes or {}))
    return find_deviations(3, case(circuit, model, given, **settings), tolerances)


def reasons(*arguments, **settings):
    return [one.reason for one in deviations(*arguments, **settings)]


def stepped(before, after, at):
    """A waveform in nA that jumps at a time in s."""
    return [0.0, at, at + 1e-9, DURATION], [before, before, after, after]


def test_equal_runs_do_not_deviate():
    assert find_deviations(0, same_case(), ReplayTolerances()) == []


def test_a_deviation_says_where_it_is_and_by_how_much():
    # 9.5 nA is above the window by 100 pA; the circuit stood still, the model was elsewhere.
    circuit = run((9.0, 9.5, 9.0, 9.0), STILL, waveform=([0, DURATION], [9.5, 9.5]))
    [found] = deviations(circuit, run((9.0, 9.3, 9.0, 9.0), STILL))
    assert (found.row, found.pulse, found.pre) == (3, 1, 5)
    assert found.time == RISES[1]
    assert (found.circuit, found.one_step, found.trajectory) == (0, -1, 0)
    assert (found.i_circuit, found.i_model) == pytest.approx((9.5e-9, 9.3e-9))
    assert found.miss == pytest.approx(0.1e-9)
    assert found.overlapping == 0
    assert found.reason == "unexplained"


@pytest.mark.parametrize(
    ("i_mem", "decision", "miss"),
    [(9.0, 1, 0.4), (9.0, -1, 0.4), (8.0, 0, 0.6), (10.0, 0, 0.6), (10.0, 1, 1.4), (8.0, -1, 1.4)],
)
def test_how_far_a_decision_is_off_its_region(i_mem, decision, miss):
    circuit = run((i_mem,), (decision,))
    [found] = deviations(circuit, run((9.0,), (0,)))
    assert found.miss == pytest.approx(miss * 1e-9)


def test_pulses_that_were_on_are_counted():
    given = stimulus(rises=(5e-3, 5.5e-3, 15e-3, 20e-3))
    circuit, model = run((9, 9.5, 9, 9), STILL, given), run(QUIET, STILL, given)
    assert [one.overlapping for one in deviations(circuit, model, given)] == [1]


def test_within_the_dead_band_it_is_resolution():
    circuit = run((9.0, 9.405, 9.0, 9.0), STILL)
    assert reasons(circuit, run(QUIET, STILL)) == ["resolution"]
    assert "resolution" not in reasons(circuit, run(QUIET, STILL), changes={"dead_band": 4e-12})


@pytest.mark.parametrize(("before", "reason"), [(0.3e-3, "delay"), (0.5e-3, "unexplained")])
def test_a_crossing_just_before_is_delay(before, reason):
    waveform = stepped(9.0, 9.5, RISES[1] - before)
    circuit = run((9.0, 9.5, 9.0, 9.0), STILL, waveform=waveform)
    assert reasons(circuit, run(QUIET, STILL)) == [reason]


def test_delay_is_seen_between_the_points_of_a_decimated_waveform():
    # 9.2 nA at 5 ms, 9.5 nA at 10 ms: 9.476 nA 0.4 ms before the edge, 9.398 nA 1.7 ms before it.
    circuit = run((9.0, 9.5, 9.0, 9.0), STILL, waveform=([0, 5e-3, 10e-3], [9.2, 9.2, 9.5]))
    model = run(QUIET, STILL)
    assert reasons(circuit, model) == ["unexplained"]
    assert reasons(circuit, model, changes={"delay": 1.7e-3}) == ["delay"]


def test_without_a_waveform_delay_is_no_excuse():
    circuit = run((9.0, 9.5, 9.0, 9.0), STILL, waveform=([], []))
    assert reasons(circuit, run(QUIET, STILL)) == ["unexplained"]


def omega_case(miss, slot=1e-4):
    """Weight 5 at 10 LSB: its window is at 7.6 to 8.4 nA; SL above is right for weight 2 only.

    miss: of the upper threshold, nA.
    """
    given = stimulus(rises=RISES[:2], pre=(2, 5), start_codes=(0, 10), slot=slot)
    i_mem = 8.4 + miss
    circuit = run((9.0, i_mem), (0, 0), given, waveform=([0, DURATION], [i_mem, i_mem]))
    return circuit, run((9.0, 8.0), (0, 0), given), given


def test_a_decision_for_the_weight_before_on_the_bus():
    # At weight 0 the window begins at 8.6 nA: SL is right there at 8.65 nA.
    circuit, model, given = omega_case(miss=0.25)
    assert reasons(circuit, model, given, {"bus": 0.3e-9}, rule=OMEGA_RULE) == ["bus"]


def test_the_bus_is_no_excuse_far_from_a_threshold():
    circuit, model, given = omega_case(miss=0.25)
    assert reasons(circuit, model, given, rule=OMEGA_RULE) == ["unexplained"]


def test_an_outcome_on_the_way_from_the_weight_before():
    # 8.45 nA is INC at weight 0, DEC at 10: SL lies between.
    circuit, model, given = omega_case(miss=0.05)
    assert reasons(circuit, model, given, {"bus": 0.3e-9}, rule=OMEGA_RULE) == ["bus"]


def test_the_bus_is_no_excuse_where_both_weights_decide_the_same():
    # 9.45 nA is DEC at weight 0, too.
    circuit, model, given = omega_case(miss=1.05)
    assert reasons(circuit, model, given, {"bus": 2e-9}, rule=OMEGA_RULE) == ["unexplained"]


def test_the_bus_is_no_excuse_where_the_slot_was_long():
    circuit, model, given = omega_case(slot=0.5e-3, miss=0.25)
    assert reasons(circuit, model, given, {"bus": 0.3e-9}, rule=OMEGA_RULE) == ["unexplained"]


def test_the_first_pulse_has_no_weight_before_it():
    circuit = run((9.5,), (0,))
    assert reasons(circuit, run((9.0,), (0,))) == ["unexplained"]


@pytest.mark.parametrize(("i_model", "reason"), [(9.45, "membrane"), (9.55, "unexplained")])
def test_a_first_difference_is_the_membranes_if_it_is_small(i_model, reason):
    # The circuit is 50 pA below the threshold, and right; 150 pA are allowed.
    circuit = run((9.35, 9.0, 9.0, 9.0), STILL)
    assert reasons(circuit, run((i_model, 9.0, 9.0, 9.0), (-1, 0, 0, 0))) == [reason]


def test_later_differences_follow_from_other_weights():
    # Synapse 2 has another weight at its second pulse, at 15 ms; synapse 5 sees it at 20 ms.
    circuit = run((9.35, 9.0, 9.0, 9.0), STILL)
    model = run((9.45, 9.0, 9.0, 9.9), (-1, 0, 0, -1))
    assert reasons(circuit, model) == ["membrane", "trajectory"]


def test_a_membrane_forgets():
    circuit = run((9.35, 9.0, 9.0, 9.0), STILL)
    model = run((9.45, 9.0, 9.0, 9.9), (-1, 0, 0, -1))
    assert reasons(circuit, model, changes={"memory": 4e-3}) == ["membrane", "unexplained"]


@pytest.mark.parametrize(
    ("spikes", "reason"),
    [((), "trajectory"), ((6.2e-3,), "trajectory"), ((6.05e-3,), "unexplained")],
)
def test_other_own_spikes_explain_another_membrane(spikes, reason):
    circuit = run((9.0, 9.0, 9.0, 9.0), STILL, spikes=(6e-3,))
    model = run((9.0, 9.9, 9.0, 9.0), (0, -1, 0, 0), spikes=spikes)
    assert reasons(circuit, model)[:1] == [reason]


@pytest.mark.parametrize(
    ("spike", "i_circuit", "reason"),
    [
        (9.9e-3, 9.3, "reset"),
        (9.7e-3, 9.3, "unexplained"),
        (10.1e-3, 9.3, "unexplained"),
        (9.9e-3, 8.7, "unexplained"),
    ],
)
def test_a_membrane_that_still_falls_after_an_own_spike(spike, i_circuit, reason):
    # The model is 100 pA or more away, beyond a threshold; only one that is below is there already.
    i_model, decision = (8.5, 1) if i_circuit > 9 else (9.5, -1)
    circuit = run((9.0, i_circuit, 9.0, 9.0), STILL, spikes=(spike,))
    model = run((9.0, i_model, 9.0, 9.0), (0, decision, 0, 0), spikes=(spike,))
    assert reasons(circuit, model)[:1] == [reason]


def test_a_trajectory_does_not_excuse_the_circuits_own_decision():
    flat = [0, DURATION], [9.9, 9.9]
    circuit = run((9.35, 9.0, 9.0, 9.9), STILL, waveform=flat)
    model = run((9.45, 9.0, 9.0, 9.0), (-1, 0, 0, 0))
    assert reasons(circuit, model) == ["membrane", "unexplained"]


def deviation(reason, miss=0.0, i_circuit=9e-9):
    values = dict.fromkeys(Deviation.__annotations__, 0)
    return Deviation(
        **values | {"reason": reason, "miss": miss, "i_circuit": i_circuit, "i_model": 9e-9}
    )


def test_the_worst_come_last():
    order = [
        deviation("resolution", miss=9e-12),
        deviation("membrane", i_circuit=9.1e-9),
        deviation("trajectory", i_circuit=9.4e-9),
        deviation("delay", miss=20e-12),
        deviation("unexplained", miss=1e-12),
    ]
    mixed = [order[index] for index in (3, 0, 4, 2, 1)]
    assert sorted(mixed, key=lambda one: one.severity) == order
    assert {one.reason for one in order} < set(REASONS)


def test_a_weight_has_the_reason_of_its_first_decision():
    found = WeightDeviation(0, 1, greatest=2, mean_abs=0.5, first=deviation("delay"))
    assert found.reason == "delay"
    alone = WeightDeviation(0, 1, greatest=1, mean_abs=0.1, first=None)
    assert alone.reason == "unexplained"
    assert alone.severity > found.severity

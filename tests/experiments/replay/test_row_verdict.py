import pytest
from synthetic_rows import case, run, same_case, score, stimulus

from cosim.comparison.row_case import RowComparisonInput
from cosim.comparison.rows import compare_rows
from cosim.comparison.tolerances import ReplayTolerances
from cosim.experiments.replay.verdict import verdict_checks
from cosim.workbench.checks import overall

ONE_STEP, TRAJECTORY = "one-step decisions beyond ± 10 pA", "decisions along the trajectory"
REASONLESS, CORRELATION = "deviations without a reason", "correlation of final weights"
ALIKE = "I_mem until the first different decision, RMS, worst row"
I_MEM, F1 = "I_mem over time, RMS, worst row", "F1 of own spikes within 2 ms"
RATIO = "unscaled decoding error, circuit over model"
MISSING = RowComparisonInput(None, run((9,), (0,)), stimulus(), same_case().rule)


def verdict(cases, network=None, **changes):
    """The verdict's rows by quantity."""
    tolerances = ReplayTolerances(**changes)
    rows = verdict_checks(compare_rows(cases, tolerances), network or {}, "mixed", tolerances)
    return {row.quantity: row for row in rows}


def verdict_of(*arguments, **changes):
    """The whole verdict."""
    return overall(verdict(*arguments, **changes).values())


def failed(*arguments, **changes):
    rows = verdict(*arguments, **changes).values()
    return [row.quantity for row in rows if row.passed is False]


def test_equal_runs_pass():
    rows = verdict({0: same_case(), 1: same_case()})
    assert failed({0: same_case()}) == []
    assert rows["rows"].measured == rows["rows"].required == "2"
    assert rows[ONE_STEP].measured == "100.0% (8 of 8, 0 within)"
    assert rows[I_MEM].passed is None
    assert rows[F1].passed is None
    assert (rows[ALIKE].required, rows[ALIKE].measured) == ("≤ 0.200 nA", "0.000 nA")
    assert overall(rows.values()) is True
    assert {row.comparison for row in rows.values()} == {"mixed", "model against mixed"}


def test_a_membrane_that_is_off_before_any_difference_fails():
    """Though all decisions are the same."""
    circuit = run((9, 9), (0, 0), waveform=([0, 50e-3], [9.21, 9.21]))
    model = run((9, 9), (0, 0), waveform=([0, 50e-3], [9.0, 9.0]))
    assert failed({0: same_case(), 1: case(circuit, model)}) == [ALIKE]
    assert failed({1: case(circuit, model)}, i_mem_alike_rms=0.22e-9) == []


def test_after_a_different_decision_the_membrane_is_unjudged():
    """The first of two ends 6 ms after the start."""
    times = [0, 6e-3, 6.001e-3, 50e-3]
    circuit = run((9.35, 9.35), (0, 0), waveform=(times, [9.1, 9.1, 12, 12]))
    model = run((9.45, 9.45), (-1, -1), waveform=(times, [9, 9, 9, 9]))
    rows = verdict({0: case(circuit, model)})
    assert (rows[ALIKE].measured, rows[ALIKE].passed) == ("0.100 nA", True)
    assert rows[I_MEM].passed is None


def test_where_nothing_happens_nothing_is_judged():
    quiet = run((), (), waveform=([], []))
    cases = {0: case(quiet, quiet)}
    assert verdict_of(cases, spike_f1=0.9) is None
    assert verdict(cases)["rows"].passed is True
    waveform = run((), (), waveform=([0, 50e-3], [9, 9]))
    assert verdict_of({0: case(waveform, waveform)}) is True


def test_decisions_that_are_all_within_the_dead_band_are_not_judged():
    near = {0: case(run((8.6,), (1,)), run((8.6,), (1,)))}
    assert verdict(near)[ONE_STEP].passed is None
    assert verdict(near)[TRAJECTORY].passed is True


def test_a_missing_row_fails_whatever_the_others_do():
    rows = verdict({0: same_case(), 3: MISSING, 5: MISSING})
    assert rows["rows"].measured == "1, missing: 3, 5"
    assert failed({0: same_case(), 3: MISSING}) == ["rows"]


@pytest.mark.parametrize("cases", [{}, {0: MISSING}])
def test_no_rows_at_all_fail(cases):
    assert failed(cases) == ["rows"]


def test_a_wrong_decision_of_the_circuit_fails_one_step_ahead():
    circuit = run((8.0, 9, 9, 9), (0, 0, 0, 0))
    wrong = {0: case(circuit, circuit)}
    assert failed(wrong) == [ONE_STEP, REASONLESS]
    assert failed(wrong, one_step=0.75, unexplained=1) == []
    assert verdict(wrong)[ONE_STEP].measured == "75.0% (3 of 4, 0 within)"


def test_another_trajectory_fails_though_it_is_explained():
    circuit = run((9.35, 9, 9, 9), (0, 0, 0, 0))
    other = {0: case(circuit, run((9.45, 9, 9, 9), (-1, 0, 0, 0)))}
    assert failed(other) == [TRAJECTORY, CORRELATION]
    assert failed(other, trajectory=0.75, final_weight_correlation=0) == []


def test_what_is_required_of_the_membrane_is_judged():
    circuit = run((9, 9), (0, 0), waveform=([0, 50e-3], [9.1, 9.1]), spikes=(10e-3,))
    model = run((9, 9), (0, 0), waveform=([0, 50e-3], [9.0, 9.0]))
    both = {0: case(circuit, model)}
    assert verdict(both)[I_MEM].measured == "0.100 nA"
    assert failed(both, i_mem_rms=0.09e-9, spike_f1=0.9) == [I_MEM, F1]
    assert failed(both, i_mem_rms=0.11e-9, spike_f1=0) == []


def test_own_spikes_are_judged_over_all_rows():
    many = run((9, 9), (0, 0), spikes=(10e-3, 20e-3, 30e-3))
    few = run((9, 9), (0, 0), spikes=(10e-3,))
    late = run((9, 9), (0, 0), spikes=(14e-3,))
    cases = {0: case(many, many), 1: case(few, late)}
    assert verdict(cases)[F1].measured == "0.750 (worst row 0.000)"
    assert failed(cases, spike_f1=0.76) == [F1]
    assert failed(cases, spike_f1=0.75) == []


def test_a_required_waveform_must_be_there():
    dropped = run((9, 9), (0, 0), waveform=([], []))
    assert failed({0: case(dropped, dropped)}, i_mem_rms=1e-9) == [I_MEM]
    assert failed({0: case(dropped, dropped)}) == []


def test_the_circuits_network_must_code_as_well_as_the_models():
    network = {"model": score(unscaled=0.10), "circuit": score(unscaled=0.111)}
    assert failed({0: same_case()}, network, network_error_ratio=1.1) == [RATIO]
    assert failed({0: same_case()}, network, network_error_ratio=1.2) == []
    rows = verdict({0: same_case()}, network)
    assert rows[RATIO].measured == "1.110"
    assert rows[RATIO].passed is None
    shown = rows["decoding error with circuit codes"].measured
    assert shown == "0.2000 (unscaled 0.1110, 12.0 Hz)"


def test_the_circuits_network_must_code_better_than_the_untrained():
    network = {"untrained": score(unscaled=4.0), "circuit": score(unscaled=1.0)}
    quantity = "unscaled decoding error, circuit over untrained"
    assert failed({0: same_case()}, network, untrained_error_ratio=0.2) == [quantity]
    assert failed({0: same_case()}, network, untrained_error_ratio=0.3) == []


@pytest.mark.parametrize("network", [{}, {"model": score(unscaled=0.1)}])
def test_a_network_that_was_not_scored_fails_only_if_it_is_required(network):
    assert failed({0: same_case()}, network, network_error_ratio=1.1) == [RATIO]
    assert failed({0: same_case()}, network) == []

import numpy as np
import pytest
from synthetic_rows import DURATION, OMEGA_RULE, RISES, case, run, same_case, stimulus

from cosim.comparison.rows import compare_rows
from cosim.comparison.tolerances import ReplayTolerances
from cosim.experiments.replay.error_figure import errors_over_time
from cosim.experiments.replay.figures import (
    busiest_synapses,
    decisions_by_distance,
    final_weights,
    trajectories,
)
from cosim.experiments.replay.stretch_figure import stretch

LIMITS = ReplayTolerances()


@pytest.fixture
def cases():
    """Row 4 differs: the model's DEC at the first pulse, so that synapse 2 is 1 LSB lower."""
    circuit = run((9.35, 9.0, 8.0, 9.0), (0, 0, 1, 0))
    model = run((9.45, 9.0, 8.0, 9.0), (-1, 0, 1, 0))
    return {1: same_case(), 4: case(circuit, model)}


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_busiest_synapses_come_first(cases):
    # Synapse 2 (index 0) changes twice in row 1 and in row 4's model; synapse 5 never.
    found = busiest_synapses(cases, 3)
    assert found[:2] == [(1, 0), (4, 0)]
    assert len(found) == 3
    assert len(busiest_synapses(cases, 99)) == 4


def test_trajectories_are_in_lsb_over_ms(cases):
    figure = trajectories(cases, [(4, 0), (1, 0), (1, 1), (4, 1)])
    first = figure.axes[0]
    circuit, model = (line.get_ydata() for line in first.lines)
    assert first.get_title() == "2 → 4"
    assert (circuit[-1], model[-1]) == (1, 0)
    assert (circuit.min(), model.min()) == (0, -1)
    assert first.lines[0].get_xdata()[-1] == pytest.approx(DURATION * 1e3)
    assert first.get_ylabel() == "weight (LSB)"
    assert [axes.axison for axes in figure.axes] == [True] * 4 + [False] * 2
    # Below each column that ends there.
    assert [axes.get_xlabel() for axes in figure.axes[:4]] == ["", *["time (ms)"] * 3]


def test_final_weights_have_an_area_for_their_number(cases):
    comparison = compare_rows(cases, LIMITS)
    plane, histogram = final_weights(comparison).axes
    points = plane.collections[0]
    # Model, circuit: three times 0, 0 and once 0, 1.
    assert points.get_offsets().tolist() == [[0, 0], [0, 1]]
    assert points.get_sizes().tolist() == [15, 5]
    assert [bar.get_height() for bar in histogram.patches] == [3, 1]
    assert "4 synapses" in plane.get_title()


def test_distances_of_all_and_of_differing_decisions(cases):
    axes = decisions_by_distance(compare_rows(cases, LIMITS), LIMITS.dead_band).axes[0]
    every, differing = axes.containers
    assert sum(bar.get_height() for bar in every) == 8
    assert sum(bar.get_height() for bar in differing) == 1
    [bar] = [bar for bar in differing if bar.get_height()]
    # 9.35 nA is 0.05 nA below the threshold.
    assert bar.get_x() <= 0.05 <= bar.get_x() + bar.get_width()
    assert labels(axes) == ["all decisions", "differ: membrane", "dead band"]


def test_distances_where_nothing_differs(cases):
    axes = decisions_by_distance(compare_rows({1: cases[1]}, LIMITS), 0.0).axes[0]
    assert labels(axes) == ["all decisions"]


def test_errors_grow_where_the_runs_part(cases):
    current, weight, decisions = errors_over_time(cases, compare_rows(cases, LIMITS)).axes
    mean, greatest = (line.get_ydata() for line in weight.lines)
    assert mean[0] == 0
    assert mean[-1] == pytest.approx(1 / 4)
    assert greatest[-1] == 1
    one_step, trajectory = (line.get_ydata()[-1] for line in decisions.lines)
    assert (one_step, trajectory) == (0, 1)
    # RMS over two rows, of which one differs by 0.1 nA at 5 ms.
    assert current.patches[0].get_data().values.max() == pytest.approx(0.1 / np.sqrt(2), rel=0.05)


def test_differing_decisions_of_all_rows_are_counted_up_to_each_time(cases):
    late = case(run((9, 9, 9.35, 9), (0, 0, 0, 0)), run((9, 9, 9.45, 9), (0, 0, -1, 0)))
    rows = {0: late, **cases}
    decisions = errors_over_time(rows, compare_rows(rows, LIMITS)).axes[2]
    _, trajectory = decisions.lines
    counts = np.interp([10, 20], *trajectory.get_data())
    assert counts.tolist() == [1, 2]


def test_errors_without_waveforms_say_so():
    dropped = run((9, 9), (0, 0), waveform=([], []))
    rows = {0: case(dropped, dropped)}
    current = errors_over_time(rows, compare_rows(rows, LIMITS)).axes[0]
    assert [text.get_text() for text in current.texts] == ["no waveforms"]


def test_a_stretch_shows_waveforms_windows_decisions_and_pulses(cases):
    figure = stretch(cases[4], 4e-3, 16e-3, pulse=0)
    current, pulses = figure.axes
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["circuit", "model", "window for the synapse's weight", "INC", "SL", "DEC"]
    circuit = current.lines[0]
    assert circuit.get_xdata() == pytest.approx([5, 10, 15])
    assert circuit.get_ydata() == pytest.approx([9.35, 9.0, 8.0])
    marks = [
        (line.get_marker(), round(line.get_ydata()[0], 2))
        for line in current.lines
        if len(line.get_xdata()) == 1
    ]
    of_circuit = [("o", 9.35), ("o", 9.0), ("^", 8.0)]
    assert marks[:6] == [*of_circuit, ("v", 9.45), ("o", 9.0), ("^", 8.0)]
    assert [bar.get_x() for bar in pulses.patches] == pytest.approx([t * 1e3 for t in RISES[:3]])
    # The weight during the third pulse: 0 in the circuit, -1 in the model.
    assert [text.get_text() for text in pulses.texts] == ["0", "0", "0 / -1"]
    assert [tick.get_text() for tick in pulses.get_yticklabels()] == ["2", "5"]


def test_the_window_in_a_stretch_is_that_of_the_circuits_weight():
    given = stimulus(start_codes=(-10, 0))
    circuit = run((9.0, 9.0, 9.0, 9.0), (0, 0, 0, 0), given)
    current = stretch(case(circuit, circuit, given, OMEGA_RULE), 0, 12e-3).axes[0]
    bars = [path.vertices[:, 1] for path in current.collections[0].get_paths()]
    np.testing.assert_allclose(bars, [[9.6, 10.4], [8.6, 9.4]])


def test_a_stretch_without_pulses(cases):
    current, pulses = stretch(cases[1], 30e-3, 40e-3).axes
    assert len(pulses.patches) == 0
    assert current.get_xlim() == pytest.approx((30, 40))

"""Digital waveforms: levels by thresholds, edges, forbidden levels, and the file read back."""

import numpy as np
import pytest
from synthetic import BITS, spike_table
from vcd_files import read_vcd

from cosim.circuits.neuron_readout import OUTPUT_SPIKE
from cosim.cli import main
from cosim.experiments.neuron.circuit_view import LOGIC, CircuitView
from cosim.experiments.neuron.logic_waves import LogicWave, logic_waves, node_wave, write_vcd
from cosim.experiments.neuron.simulation import read_simulation
from cosim.workbench.experiment_files import read_file
from ebn_model.results import LearningResult

SUPPLY = 1.8


def wave(points):
    """The signal of a voltage through points of time in s and shares of the supply."""
    time, shares = np.array(points, dtype=float).T
    return node_wave(time, shares * SUPPLY, SUPPLY)


def changes(one):
    return list(zip(one.times.tolist(), one.levels, strict=True))


def test_a_fast_way_between_levels_is_an_edge_in_its_middle():
    found = wave([(0, 0), (1e-6, 0), (1.01e-6, 1), (2e-6, 1), (2.1e-6, 0), (3e-6, 0)])
    assert found.levels == ["0", "1", "0"]
    np.testing.assert_allclose(found.times, [0, 1.005e-6, 2.05e-6], rtol=1e-12)


def test_a_slow_way_is_forbidden_as_long_as_it_lasts():
    found = wave([(0, 0), (1, 0), (2, 1), (3, 1)])
    assert found.levels == ["0", "x", "1"]
    np.testing.assert_allclose(found.times, [0, 1.2, 1.8])


def test_a_step_over_both_thresholds_in_one_time_step_is_found():
    assert wave([(0, 0), (1e-9, 1)]).levels == ["0", "1"]


def test_a_short_return_from_forbidden_levels_is_forbidden():
    found = wave([(0, 0), (1e-6, 0), (1.001e-6, 0.5), (1.002e-6, 0), (2e-6, 0)])
    assert found.levels == ["0", "x", "0"]


@pytest.mark.parametrize(("share", "level"), [(0.19, "0"), (0.21, "x"), (0.79, "x"), (0.81, "1")])
def test_levels_are_those_of_the_readout(share, level):
    assert changes(wave([(0, share), (1, share)])) == [(0.0, level)]


def run(**voltages):
    """Waves of a run with three spikes from weight 8, INC, SL, DEC, and nodes in shares."""
    spikes = spike_table([1e-9] * 3, [1, 0, -1])
    time = np.linspace(0, 20e-3, 2001)
    result = LearningResult(time, 0 * time, 0 * time, spikes)
    vectors = {name: np.broadcast_to(SUPPLY * v, time.shape) for name, v in voltages.items()}
    return logic_waves({"time": time, **vectors}, result, 8, SUPPLY), time


def test_the_logic_in_python_has_its_own_levels():
    waves, _ = run()
    assert changes(waves["weight"]) == [(0, "001000"), (6e-3, "001001"), (16e-3, "001000")]
    assert waves["inc"].levels == ["x", "1", "0"]
    assert waves["sl"].levels == ["x", "0", "1", "0"]
    assert waves["pulse"].levels == ["0", "1"] * 3 + ["0"]
    np.testing.assert_allclose(waves["pulse"].times, np.array([0, 5, 6, 10, 11, 15, 16]) * 1e-3)


def test_a_negative_weight_is_in_twos_complement_and_a_cut_pulse_does_not_end():
    spikes = spike_table([1e-9], [-1], start_weight=0)
    cut = spike_table([1e-9], [-1], start_weight=0)
    cut.t_fall[:] = np.nan
    time = np.linspace(0, 10e-3, 11)
    for table, expected in ((spikes, ["000000", "111111"]), (cut, ["000000"])):
        result = LearningResult(time, time, time, table)
        waves = logic_waves({"time": time}, result, 0, SUPPLY)
        assert waves["weight"].levels == expected
    assert waves["pulse"].levels == ["0", "1"]


def test_a_bit_between_levels_is_x_in_the_weight():
    bits = dict.fromkeys(BITS, 0.0) | {"v(q5)": 1.0, "v(q1)": 0.5}
    waves, _ = run(**bits, **{"v(inc)": 1.0, "v(sl)": 0.0, OUTPUT_SPIKE: 0.0})
    assert waves["weight"].levels == ["1000x0"]
    assert (waves["inc"].levels, waves["sl"].levels, waves["spike"].levels) == (["1"], ["0"], ["0"])


def read_back(path):
    """Times in ps and levels of each signal, by its own name."""
    return {name.split(".")[-1]: changes for name, changes in read_vcd(path).items()}


def test_a_file_reads_back_as_it_was(tmp_path):
    waves = {
        "pulse": LogicWave(np.array([0, 1e-3, 2e-3]), ["0", "1", "0"]),
        "weight": LogicWave(np.array([0, 2.000000001e-3]), ["1000x0", "100001"]),
    }
    write_vcd({"logic": waves}, 3e-3, tmp_path / "logic.vcd")
    found = read_back(tmp_path / "logic.vcd")
    assert found["pulse"] == [(0, "0"), (10**9, "1"), (2 * 10**9, "0")]
    assert [(time, level.zfill(6)) for time, level in found["weight"]] == [
        (0, "1000x0"),
        (2 * 10**9 + 1, "100001"),
    ]
    text = (tmp_path / "logic.vcd").read_text(encoding="ascii")
    assert "$timescale 1 ps $end" in text
    assert text.rstrip().endswith(f"#{3 * 10**9}")


def seen(changes, time):
    """The level of a signal of six bits that was read back, at a time in s."""
    return [level for tick, level in changes if tick <= time * 1e12][-1].zfill(6)


STIMULUS = """
start_weight = {weight}
spikes = ["4 ms", "6 ms", "8 ms"]
duration = "10 ms"
reset_until = "3.5 ms"
"""


@pytest.mark.ngspice
@pytest.mark.parametrize("view", ["transistor", "mixed"])
def test_the_file_of_a_run_has_the_weights_of_its_spike_table(view, tmp_path):
    path = tmp_path / "short.toml"
    path.write_text("[stimulus]" + STIMULUS.format(weight=-2), encoding="utf-8")
    main(["run", str(path), "--view", view])
    one = CircuitView(read_simulation(read_file(str(path))), view)
    spikes = one.result().spikes
    found = read_back(one.checked() / LOGIC)
    # After the reset I_mem is low: each spike counts up, through the change of the sign.
    assert spikes.weight_after.tolist() == [-1, 0, 1]
    # Bits of transistors don't change all at once; between the edges they have settled.
    falls = spikes.t_fall.tolist()
    settled = [[seen(found["weight"], fall + after) for after in (-1e-6, 1e-6)] for fall in falls]
    assert settled == [["111110", "111111"], ["111111", "000000"], ["000000", "000001"]]
    times = np.array([time for time, _ in found["weight"][1:]]) * 1e-12
    from_falls = np.abs(times[:, np.newaxis] - spikes.t_fall).min(axis=1)
    preset = times < 20e-6
    assert (from_falls[~preset] < 20e-9).all()
    pulse_times, levels = zip(*found["pulse"], strict=True)
    assert "".join(levels) == "0101010"
    expected = np.ravel([spikes.t_rise, spikes.t_fall], order="F")
    np.testing.assert_allclose(np.array(pulse_times[1:]) * 1e-12, expected, atol=1e-12)
    assert found["inc"][-1][1] == "1"
    assert ("win_inc" in found) == (view == "mixed")

"""What the bias table `network` rests on, measured on the real benches: inhibition and strobe."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from cosim.cells.benches import inhibition, shared_bus
from cosim.cells.benches.outcomes import delay_at, outcomes, settled
from cosim.workbench.errors import SimulationError

pytestmark = pytest.mark.ngspice

MODULES = {"inhibition": inhibition, "shared_bus": shared_bus}
LSB = 180e-12
"""Shift of the window per LSB in A, as the recipe of the table asks for."""


@pytest.fixture(scope="module")
def benches(bench_results):
    """Vectors of both benches, which name the table `network` themselves."""
    return {name: bench_results[name] for name in MODULES}


@pytest.fixture(scope="module")
def values(benches):
    return {name: module.measure(benches[name]) for name, module in MODULES.items()}


@pytest.mark.parametrize("name", MODULES)
def test_the_figure_shows_what_was_measured(name, benches, values):
    axes = Figure().subplots()
    MODULES[name].draw(axes, benches[name], values[name])
    assert axes.get_xlabel()
    assert axes.get_ylabel()
    assert axes.lines


def test_inhibition_at_the_input_saturates_and_on_the_capacitor_does_not(values):
    found = values["inhibition"]
    assert found["fall_input_31"] < 1.5 * found["fall_input_16"]
    assert found["fall_capacitor_31"] > 1.5 * found["fall_capacitor_16"]
    assert found["fall_capacitor_1"] == pytest.approx(found["fall_input_1"], rel=0.15)
    assert found["linearity_input"] < 30


def test_the_inputs_pin_outlasts_the_pulse(values):
    assert values["inhibition"]["pinned"] > 2e-3


def test_the_capacitors_fall_is_exponential_in_the_weight(benches):
    """Every LSB takes the same share of I_mem, at each of the weights."""
    vectors = benches["inhibition"]
    starts = inhibition.pulse_starts(vectors)
    assert sorted(starts) == [-31, -16, -4, -1]
    shares = []
    for weight, start in starts.items():
        before, low = inhibition.fall(vectors, "capacitor", start)
        shares.append(np.log(low / before) / weight)
    assert shares == pytest.approx([np.mean(shares)] * 4, rel=0.1)


def test_the_outcome_at_the_inputs_edge_is_the_previous_weights(benches):
    """31 to -32: far above the old window; -32 to 31: far below; 8 to -8: inside."""
    old = {"up": ["dec"], "down": ["inc"], "middle": ["sl"]}
    for circuit, outcome in old.items():
        found = shared_bus.steps(benches["shared_bus"], circuit)
        assert len(found) > 10
        assert all(step.at_edge == outcome != step.final for step in found)


def test_half_a_step_of_the_window_is_read_right_at_the_delayed_edge(benches):
    for circuit, outcome in shared_bus.CIRCUITS.items():
        found = shared_bus.steps(benches["shared_bus"], circuit)
        clear = [step for step in found if step.overdrive > LSB / 2]
        assert len(clear) > 8
        assert all(step.at_delayed == step.final == [outcome] for step in clear)


def test_outcomes_settle_sooner_farther_from_the_threshold(values):
    found = values["shared_bus"]
    assert found["settling_20p"] > 2 * found["settling_100p"] > 4 * found["settling_500p"]
    assert found["settling_20p"] > found["delay_rise"] > found["settling_100p"]


def switched(last):
    """An outcome that changes from DEC to INC by way of SL, last flip at a time in s."""
    time = np.linspace(0, 1e-3, 10001)
    inc, dec = time > last, time < last / 2
    signals = {"x_inc": inc, "x_dec": dec, "x_sl": ~inc & ~dec}
    levels = {name: 1.8 * on for name, on in signals.items()}
    return {"time": time, "vdd": np.full(len(time), 1.8), **levels}


def test_an_outcome_has_settled_after_its_last_flip():
    vectors = switched(last=0.2e-3)
    assert settled(vectors, "x", 0.05e-3, 0.9e-3) == pytest.approx(0.2e-3, abs=0.1e-6)
    assert settled(vectors, "x", 0.5e-3, 0.9e-3) == 0.5e-3
    assert [outcomes(vectors, "x", time) for time in (50e-6, 150e-6, 300e-6)] == [
        ["dec"],
        ["sl"],
        ["inc"],
    ]


def test_a_delay_is_interpolated_but_never_extrapolated():
    overdrives = np.array([10e-12, 40e-12, 160e-12])
    delays = 1e-15 / overdrives
    assert delay_at(20e-12, overdrives, delays) == pytest.approx(50e-6)
    for wanted in (5e-12, 200e-12):
        with pytest.raises(SimulationError, match="no step has an overdrive"):
            delay_at(wanted, overdrives, delays)


def test_a_pulse_that_the_delay_swallows_is_an_error(benches):
    vectors = benches["shared_bus"]
    late = np.where(vectors["time"] < 3e-3, 0, vectors["delayed"])
    with pytest.raises(SimulationError, match="29 delayed pulses of 30"):
        shared_bus.measure(vectors | {"delayed": late})


def test_an_input_that_is_never_pinned_is_an_error(benches):
    vectors = benches["inhibition"]
    lifted = vectors | {"in_a": vectors["in_a"] + 0.3}
    with pytest.raises(SimulationError, match="isn't pinned"):
        inhibition.measure(lifted)


@pytest.mark.parametrize(("distance", "refused"), [(9e-12, False), (11e-12, True)])
def test_there_may_be_no_outcome_only_near_the_threshold(distance, refused, monkeypatch):
    edges = np.array([1e-3]), np.array([2e-3])
    monkeypatch.setattr(shared_bus, "_edges", lambda vectors: (edges, edges))
    monkeypatch.setattr(shared_bus, "threshold", lambda vectors, circuit, outcome: 9e-9)
    monkeypatch.setattr(shared_bus, "outcomes", lambda vectors, circuit, time: [])
    below = np.full(2, 9e-9 - distance)
    vectors = {"time": np.array([0, 3e-3]), "@m.xup.xmem.m1[id]": below}
    if refused:
        with pytest.raises(SimulationError, match=r"up: \[\] at the end of a pulse"):
            shared_bus.steps(vectors, "up")
    else:
        assert shared_bus.steps(vectors, "up") == []

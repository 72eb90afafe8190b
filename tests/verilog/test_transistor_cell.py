"""The learning logic in Verilog does what the transistor cell does, on a random sequence."""

import shutil

import numpy as np
import pytest
from bench_checks import edited

from cosim.cells.benches.logic import decisions, input_pulses, weights
from cosim.circuits.neuron_readout import logic_level
from cosim.circuits.neuron_sources import logic_source
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.verilog.cycles import PINS, Cycle, write_cycles
from cosim.verilog.tools import simulate
from ebn_model.weight_counter import WeightCounter

pytestmark = pytest.mark.ngspice

SUPPLY = 1.8
PULSES, PERIOD, WIDTH, EDGE = 40, 5e-6, 2e-6, 1e-9
PRESETS = {"u": 30, "m": -30, "d": -31}
"""Preset of each of the bench's three cells; d has `dec` where the others have `inc`."""


def source(edges):
    """A source that is low at first, and toggles at these times in s."""
    toggles = [(time, k % 2) for k, time in enumerate(edges)]
    corners = [(t + e, level ^ late) for t, level in toggles for e, late in ((0, 0), (EDGE, 1))]
    return logic_source(0, corners, SUPPLY)


def levels_source(levels, times):
    """A source with these levels from times in s on, low before."""
    steps = [
        time
        for time, level, last in zip(times, levels, [0, *levels[:-1]], strict=True)
        if level != last
    ]
    return source(steps)


@pytest.fixture(scope="module")
def runs():
    """Vectors of the bench's cells with random outcomes, by sub_lsbs."""
    rises = PERIOD * (1 + np.arange(PULSES))
    # Outcomes change in the middle of each pulse and of each pause.
    changes = np.sort(np.concatenate([rises - 1.5e-6, rises + WIDTH / 2])).tolist()
    pins = [f"{one}_{pin}" for one in PRESETS for pin in ("exc", "inh", "pulse_b")]
    pins += [f"{one}_m{bit}" for one in PRESETS for bit in range(5)]
    pins += [*(f"{one}5_b" for one in PRESETS), "inc", "dec", "sl"]
    jobs = []
    for sub_lsbs in range(5):
        random = np.random.default_rng(sub_lsbs)
        likely = {"inc": 0.6, "dec": 0.4, "sl": 0.25}
        lines = [f"vin in 0 {source(np.ravel([rises, rises + WIDTH], order='F').tolist())}"]
        for name, share in likely.items():
            levels = (random.random(len(changes)) < share).astype(int).tolist()
            lines.append(f"v{name} {name} 0 {levels_source(levels, changes)}")
        lines += [f".param sub_lsbs={sub_lsbs}", f".save {' '.join(f'v({pin})' for pin in pins)}"]
        old = [(rf"v{name} {name} 0 .*$", "* random below") for name in ("in", *likely)]
        stop = PERIOD * (PULSES + 1)
        deck = edited("learning_control", *old, (r"\.tran .*$", f".tran 0.1u {stop!r} 0 0.5u"))
        deck = deck.append("\n".join(lines), "random outcomes")
        jobs.append(Job(f"{sub_lsbs} sub-LSBs", deck, t_stop=stop))
    return dict(run_jobs(jobs))


def levels_at(vectors, one, times):
    """Levels of PINS of a cell at times in s."""
    weight = {f"q{bit}": f"{one}{bit}" for bit in range(6)}
    names = {
        "pulse_exc": f"{one}_exc",
        "pulse_inh": f"{one}_inh",
        "q5_b": f"{one}5_b",
        **weight,
    }
    bits = [logic_level(vectors, names.get(p, f"{one}_{p}"), times, SUPPLY) for p in PINS]
    return ["".join("01"[int(level)] for level in column) for column in np.array(bits).T]


def cycles(vectors, one):
    """What a cell did, as cycles of the testbench."""
    rises, falls = input_pulses(vectors, "in")
    assert len(rises) == PULSES
    win_inc = "dec" if one == "d" else "inc"
    outcomes = []
    for times in (rises - 0.1e-6, falls - 0.1e-6):
        levels = [logic_level(vectors, win, times, SUPPLY) for win in (win_inc, "sl")]
        outcomes.append([(bool(inc), bool(sl)) for inc, sl in zip(*levels, strict=True)])
    presets = [PRESETS[one], *[None] * (PULSES - 1)]
    high, low = (levels_at(vectors, one, times) for times in (falls - 0.1e-6, falls + 0.5e-6))
    return [Cycle(*row) for row in zip(presets, *outcomes, high, low, strict=True)]


@pytest.mark.parametrize("sub_lsbs", range(5))
def test_the_transistor_cell_counts_as_the_law_does(sub_lsbs, runs):
    vectors = runs[sub_lsbs]
    _, falls = input_pulses(vectors, "in")
    for one, preset in PRESETS.items():
        counter, expected = WeightCounter(preset, sub_lsbs), []
        for decision in decisions(vectors, one, falls):
            counter.step(int(decision))
            expected.append(counter.weight)
        found = weights(vectors, one, falls + 0.5e-6)
        assert found.tolist() == expected
        assert sub_lsbs > 2 or len(set(found)) > 3


@pytest.mark.parametrize("sub_lsbs", range(5))
def test_verilog_has_the_outputs_of_the_transistor_cell(sub_lsbs, runs, tmp_path):
    if not shutil.which("iverilog"):
        pytest.skip("iverilog not installed: make verilog")
    for one in PRESETS:
        write_cycles(cycles(runs[sub_lsbs], one), tmp_path / "cycles.txt")
        found = simulate(tmp_path / "cycles.txt", tmp_path, sub_lsbs)
        assert (found.cycles, found.wrong) == (PULSES, 0), found.messages

"""The learning logic in Verilog does what the transistor cell does, on random outcomes."""

import shutil

import numpy as np
import pytest
from bench_checks import edited

from cosim.cells.benches.logic import decisions, input_pulses, weights
from cosim.circuits.neuron_readout import logic_level
from cosim.circuits.neuron_sources import EDGE, logic_source
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.verilog.cycles import PINS, Cycle, write_cycles
from cosim.verilog.tools import simulate
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN
from ebn_model.weight_counter import WeightCounter

pytestmark = pytest.mark.ngspice

SUPPLY = 1.8
PERIOD, WIDTH = 5e-6, 2e-6
PRESETS = {0: (31, 10, -11)} | dict.fromkeys((1, 2, 3, 4), (31, 0, -32))
"""Presets of the bench's three cells, by sub_lsbs."""
CELLS = ("u", "m", "d")
SHARE_SL = 0.12


def stretches(sub_lsbs):
    """Numbers of pulses, and how likely they count up: up first, down, up again.

    Without sub-LSBs each cell counts down to where the next one began, and back. With them it
    leaves its first weight downwards, and comes back.
    """
    half_an_lsb = 1 << sub_lsbs >> 1
    if sub_lsbs == 0:
        return (3, 1.0), (34, 0.04), (30, 0.96)
    return (half_an_lsb + 2, 0.96), (2 * half_an_lsb + 5, 0.04), (half_an_lsb + 8, 0.96)


class Stimulus:
    """Random outcomes for a run; the last pulse comes after another preset."""

    def __init__(self, sub_lsbs):
        random = np.random.default_rng(100 + sub_lsbs)
        ups = [np.full(count, up) for count, up in stretches(sub_lsbs)]
        up = np.concatenate([*ups, [0.5, 0.5]])
        self.pulses = len(up)
        self.rises = PERIOD * (1 + np.arange(self.pulses))
        self.reload = self.rises[-1] - 1.2e-6
        self.stop = PERIOD * (self.pulses + 1)
        # In each pause the outcome that counts, in each pulse another one, which must not.
        self.changes = np.ravel([self.rises - 1.5e-6, self.rises + WIDTH / 2], order="F")
        inc = np.ravel([random.random(self.pulses) < up, random.random(self.pulses) < 0.5], "F")
        sl = random.random(2 * self.pulses) < SHARE_SL
        self.outcomes = {"inc": inc, "sl": sl}

    def preset_of(self, cell, sub_lsbs):
        """Preset of a cell before each pulse, None where there is none."""
        preset = PRESETS[sub_lsbs][CELLS.index(cell)]
        return [preset, *[None] * (self.pulses - 2), preset]

    @property
    def sources(self):
        """Courses of the bench's sources."""
        edges = np.ravel([self.rises, self.rises + WIDTH], order="F").tolist()
        courses = {"in": toggling(0, edges)}
        courses["load"] = toggling(1, [1e-6, self.reload, self.reload + 0.4e-6])
        for name, levels in self.outcomes.items():
            changed = np.diff(levels, prepend=False)
            courses[name] = toggling(0, self.changes[changed].tolist())
        return courses


def toggling(start, times):
    """A source that changes its level at these times in s."""
    levels = [(start + k) % 2 for k in range(len(times) + 1)]
    corners = zip(times, levels[:-1], levels[1:], strict=True)
    both = [corner for time, old, new in corners for corner in ((time, old), (time + EDGE, new))]
    return logic_source(start, both, SUPPLY)


def job(sub_lsbs, stimulus):
    """The bench of the learning logic with other presets and outcomes, all three cells the same."""
    changes = [(rf"v{name} {name} 0 .*$", "* below") for name in (*stimulus.sources, "dec")]
    for cell, preset in zip(CELLS, PRESETS[sub_lsbs], strict=True):
        bits = " ".join("vdd" if preset >> bit & 1 else "0" for bit in range(6))
        pins = rf"x{cell} in \w+ sl load (?:\w+ ){{6}}"
        changes.append((pins, f"x{cell} in inc sl load {bits} "))
    changes.append((r"\.tran .*$", f".tran 0.1u {stimulus.stop!r} 0 1u"))
    saved = [name for cell in CELLS for name in nodes(cell).values()] + list(stimulus.outcomes)
    lines = [f"v{name} {name} 0 {course}" for name, course in stimulus.sources.items()]
    lines += [f".param sub_lsbs={sub_lsbs}", *(f".save v({name})" for name in saved)]
    deck = edited("learning_control", *changes).append("\n".join(lines), "random outcomes")
    return Job(f"{sub_lsbs} sub-LSBs", deck, t_stop=stimulus.stop)


def nodes(cell):
    """Node of the bench by the pin of PINS, of one of its cells."""
    weight = {f"q{bit}": f"{cell}{bit}" for bit in range(6)}
    others = {"pulse_exc": f"{cell}_exc", "pulse_inh": f"{cell}_inh", "q5_b": f"{cell}5_b"}
    return {pin: f"{cell}_{pin}" for pin in PINS} | weight | others


STIMULI = {sub_lsbs: Stimulus(sub_lsbs) for sub_lsbs in PRESETS}


@pytest.fixture(scope="module")
def runs():
    """Vectors of the cells' runs, by sub_lsbs."""
    jobs = [job(*one) for one in STIMULI.items()]
    return dict(run_jobs(jobs))


def levels_at(vectors, cell, times):
    """Levels of PINS of a cell at times in s."""
    bits = [logic_level(vectors, nodes(cell)[pin], times, SUPPLY) for pin in PINS]
    return ["".join("01"[int(level)] for level in column) for column in np.array(bits).T]


def cycles(vectors, cell, sub_lsbs):
    """What a cell did, as cycles of the testbench."""
    stimulus = STIMULI[sub_lsbs]
    rises, falls = input_pulses(vectors, "in")
    assert len(rises) == stimulus.pulses
    outcomes = [
        list(zip(*(levels[k::2].tolist() for levels in stimulus.outcomes.values()), strict=True))
        for k in (0, 1)
    ]
    high, low = (levels_at(vectors, cell, times) for times in (falls - 0.1e-6, falls + 0.5e-6))
    presets = stimulus.preset_of(cell, sub_lsbs)
    return [Cycle(*row) for row in zip(presets, *outcomes, high, low, strict=True)]


@pytest.mark.parametrize("sub_lsbs", PRESETS)
def test_the_transistor_cell_counts_as_the_law_does(sub_lsbs, runs):
    """Every code is counted up and down; with sub-LSBs both ends are, and the sign changes."""
    vectors, counted = runs[sub_lsbs], set()
    _, falls = input_pulses(vectors, "in")
    for cell in CELLS:
        expected = []
        made = decisions(vectors, cell, falls).tolist()
        found = weights(vectors, cell, falls + 0.5e-6).tolist()
        presets = STIMULI[sub_lsbs].preset_of(cell, sub_lsbs)
        for decision, preset in zip(made, presets, strict=True):
            if preset is not None:
                counter = WeightCounter(preset, sub_lsbs)
            counted.add((counter.weight, decision))
            counter.step(decision)
            expected.append(counter.weight)
        assert found == expected
    ends = {(code, direction) for code in (WEIGHT_MIN, WEIGHT_MAX) for direction in (1, -1)}
    between = {(0, -1), (-1, 1)}
    if sub_lsbs == 0:
        between = {(code, one) for code in range(WEIGHT_MIN, WEIGHT_MAX + 1) for one in (1, -1)}
    assert counted >= ends | between
    assert len({code for code, decision in counted if decision == 0}) >= 3


@pytest.mark.parametrize("sub_lsbs", PRESETS)
def test_verilog_has_the_outputs_of_the_transistor_cell(sub_lsbs, runs, tmp_path):
    if not shutil.which("iverilog"):
        pytest.skip("iverilog not installed: make verilog")
    for cell in CELLS:
        write_cycles(cycles(runs[sub_lsbs], cell, sub_lsbs), tmp_path / "cycles.txt")
        found = simulate(tmp_path / "cycles.txt", tmp_path, sub_lsbs)
        assert (found.cycles, found.wrong) == (STIMULI[sub_lsbs].pulses, 0), found.messages

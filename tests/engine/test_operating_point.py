"""The start of a run: found without bypass, handed over, and checked."""

import re
from dataclasses import replace

import numpy as np
import pytest

from cosim.circuits.bias_tables import read_biases
from cosim.circuits.neuron import TransistorCircuit
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.operating_point import (
    OperatingPoint,
    deck_for_start,
    starts_at_operating_point,
    voltages,
)
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import SimulationError
from ebn_model.stimulus import Stimulus

LOW_DIBL = {
    "pclm=1.1": "pclm=1.75",
    "pdiblc1=0.1": "pdiblc1=0.33",
    "eta0=0.02": "eta0=0.003",
    "eta0=0.03": "eta0=0.0004",
}
"""Changes of the technology with which, with bypass, ngspice's gmin stepping ends at a point where
currents don't add up: 1.8 uA of I_mem, and .17 A from the supply."""


def deck(text):
    return Deck("bench").append(text, "bench")


def run(job):
    [(_, vectors)] = run_jobs([job])
    return vectors


@pytest.mark.parametrize(
    ("text", "starts"),
    [(".tran 1n 1u", True), (".TRAN 1n 1u UIC", False), (".dc v1 0 1 0.1", False), (".op", False)],
)
def test_a_transient_starts_at_its_operating_point_unless_told_otherwise(text, starts):
    assert starts_at_operating_point(deck(f"v1 in 0 1\n{text}")) is starts


def test_for_the_start_all_voltages_are_kept_and_no_device_is_bypassed():
    text = "v1 in 0 1\n.save v(in)\n+ v(out)\nr1 in out 1\n.print tran v(in)\nr2 out 0 1"
    lines = [line.text for line in deck_for_start(deck(text)).lines]
    assert lines == ["v1 in 0 1", "r1 in out 1", "r2 out 0 1", ".options bypass=0"]


def test_voltages_are_told_from_currents():
    kept = {"time": 0.0, "out": 1.0, "V(3)": 2.0, "x1.in": 3.0, "v1#branch": 4.0, "@m1[id]": 5.0}
    assert voltages(kept) == {"out": 1.0, "3": 2.0, "x1.in": 3.0}


@pytest.mark.parametrize(
    ("name", "expected", "first"),
    [("v(out)", 1.0, 1.02), ("out", 0.0, 2e-3), ("i(v1)", 0.0, 2e-12), ("@m1[id]", 1e-9, 1.02e-9)],
)
def test_a_start_elsewhere_is_refused(name, expected, first):
    point = OperatingPoint({}, {name: expected})
    close = expected + 0.45 * (first - expected)
    point.check({name: np.array([close, 7.0])})
    with pytest.raises(
        SimulationError, match=r"the run starts with .* but the operating point has"
    ):
        point.check({name: np.array([first])})


TWO_STATES = """\
.model n nmos level=1 vto=0.5 kp=1e-4
v1 vdd 0 1.8
r1 vdd a 1meg
r2 vdd b 1meg
m1 a b 0 0 n w=1u l=1u
m2 b a 0 0 n w=1u l=1u
.nodeset v(a)=0 v(b)=1.8
.tran 1n 1u
"""


@pytest.mark.ngspice
def test_a_run_starts_where_its_deck_leads_it():
    """A flip-flop, whose first state is the deck's choice."""
    for text, level in ((TWO_STATES, 0.0), (TWO_STATES.replace("=0 v(b)=1.8", "=1.8 v(b)=0"), 1.8)):
        vectors = run(Job("flip-flop", deck(text), ("v(a)",), t_stop=1e-6))
        assert vectors["v(a)"][[0, -1]] == pytest.approx([level, level], abs=0.1)


@pytest.mark.ngspice
def test_the_deck_that_ran_is_led_to_its_start(tmp_path):
    job = Job("divider", deck("v1 in 0 2\nr1 in out 1k\nr2 out 0 1k\n.tran 1n 1u"), t_stop=1e-6)
    run(job.writing_to(tmp_path))
    deck_that_ran = tmp_path.joinpath("deck.cir").read_text(encoding="utf-8")
    assert re.search(r"^\.nodeset .*v\(in\)=2\.0", deck_that_ran, re.M)
    assert re.search(r"^\.nodeset .*v\(out\)=1\.0", deck_that_ran, re.M)


@pytest.fixture(scope="module")
def low_dibl():
    """A run of the neuron in a technology in which bypass leads to a false start."""
    stimulus = Stimulus(spike_times=[1e-3], pulse_width=1e-3, duration=3e-3, start_weight=8)
    circuit = TransistorCircuit(read_biases("rule"))
    job = circuit.job(stimulus, "low DIBL")
    # Without the latches' initial states, which happen to lead bypass to the right point here.
    text = re.sub(r"(?m)^\.ic .*$", "*", job.deck.text)
    for before, after in LOW_DIBL.items():
        assert before in text
        text = text.replace(before, after)
    return replace(job, deck=deck(text))


@pytest.mark.ngspice
def test_the_operating_point_is_found_without_bypass(low_dibl):
    i_mem, *_ = low_dibl.vectors
    assert "bypass=1" in low_dibl.deck.text
    assert run(low_dibl)[i_mem][0] == pytest.approx(9.1e-9, rel=0.02)


@pytest.mark.ngspice
def test_with_bypass_the_same_circuit_starts_wrong(low_dibl, monkeypatch):
    """As a check of the case itself: `uic` is what hides the start from the engine here."""
    i_mem, *_ = low_dibl.vectors
    hidden = replace(low_dibl, t_stop=None, check_start=None)
    assert run(hidden)[i_mem][0] > 1e-6

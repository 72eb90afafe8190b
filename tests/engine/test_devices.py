"""Transistors of a loaded deck: listed, altered, and the deck that says so."""

import numpy as np
import pytest

from cosim.engine.deck import Deck
from cosim.engine.devices import (
    Alteration,
    Transistor,
    altered_text,
    check_capacitors,
    listed_transistors,
)
from cosim.engine.job import Job
from cosim.engine.worker import run_all
from cosim.workbench.errors import DeckError

DECK = Deck("two devices").append(
    """\
.model n nmos level=8 version=3.3.0 vth0=0.4
.subckt cell d
m1 d d 0 0 n w=1u l=2u
.ends
i1 0 a 10n
i2 0 b 10n
x1 a cell
m2 b b 0 0 n w=1u l=2u m=3
.save v(a) v(b)
.tran 1u 3u""",
    "deck",
)
LISTING = """\
\ttwo devices

     8 : m.x1.m1 a a 0 0 n w=    1.000000000000000e-06     l=    2.000000000000000e-06
     9 : m2 b b 0 0 n w=    1.0e-06     l= 2u
    10 : i1 0 a 1u
"""


def shifted(transistors):
    """Adds 0.1 V to the threshold of the device in x1."""
    assert [one.name for one in transistors] == ["m.x1.m1", "m2"]
    return [Alteration("m.x1.m1", "delvto", 0.1)]


def unknown_parameter(_transistors):
    return [Alteration("m2", "nothing", 1.0)]


def test_transistors_are_read_from_a_listing():
    listing = LISTING.split("\n")
    assert listed_transistors(listing) == [
        Transistor("m.x1.m1", "n", {"w": 1e-6, "l": 2e-6}),
        Transistor("m2", "n", {"w": 1e-6, "l": 2e-6}),
    ]


def test_a_deck_without_changes_is_as_it_is():
    assert altered_text(DECK, []) == DECK.text


def test_changes_come_before_the_end():
    text = altered_text(DECK, shifted(listed_transistors(LISTING.split("\n"))))
    assert text.endswith(".control\nalter @m.x1.m1[delvto] = 0.1\n.endc\n.end\n")
    assert text.startswith(DECK.text.removesuffix(".end\n"))


@pytest.mark.ngspice
def test_one_device_is_altered_and_not_the_other():
    """At a constant current the gate follows the threshold."""
    nominal, altered = run_all(
        [Job("run", DECK, t_stop=3e-6), Job("run", DECK, t_stop=3e-6, alter=shifted)]
    )
    np.testing.assert_allclose(altered["a"], nominal["a"] + 0.1, atol=1e-3)
    np.testing.assert_array_equal(altered["b"][0], nominal["b"][0])


@pytest.mark.ngspice
def test_what_cannot_be_altered_is_refused():
    job = Job("run", DECK, t_stop=3e-6, alter=unknown_parameter)
    with pytest.raises(DeckError, match=r"run: transistors can't be altered: .*nothing"):
        run_all([job])


CAPACITORS = """\
.subckt cell a c=10p
c1 a 0 {c}
.ends
i1 0 a 1n
r1 a 0 1k
.tran 1u 2u uic
"""


@pytest.mark.parametrize("value", ["20f", "20fF", "{2*3p}", "0", "1u"])
def test_capacitances_of_a_chip_are_taken(value):
    job = Job("run", Deck("test").append(f"{CAPACITORS}x1 a cell c={value}", "cell"), ("v(a)",))
    [result] = run_all([job])
    assert len(result["v(a)"]) > 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("10 pF", r"cell:2: c\.x1\.c1: a capacitance of 10 F"),
        ("10", "a capacitance of 10 F"),
        ("-10p", "a capacitance of -1e-11 F"),
        ("{5p-1u}", "a capacitance of -9.9"),
    ],
)
def test_others_are_not(value, message):
    job = Job("run", Deck("test").append(f"{CAPACITORS}x1 a cell c={value}", "cell"), ("v(a)",))
    with pytest.raises(DeckError, match=message):
        run_all([job])


def test_what_ngspice_reads_as_another_number_is_named():
    deck = Deck("test").append("c7 a 0 1OpF", "cell")
    with pytest.raises(DeckError, match=r"cell:1: c\.x1\.c7: '1opf' is not a number"):
        check_capacitors(["   7 : c.x1.c7 a 0 1opf"], deck)


def test_a_bench_may_hold_a_voltage():
    check_capacitors(["   7 : c7 a 0 1meg"], Deck("test"))

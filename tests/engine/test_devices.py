"""Transistors of a loaded deck: listed, altered, and the deck that says so."""

import numpy as np
import pytest

from cosim.engine.deck import Deck
from cosim.engine.devices import Alteration, Transistor, altered_text, listed_transistors
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

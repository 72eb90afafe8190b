"""Instances of subcircuits, and the parameters that they may state."""

import pytest

from cosim.engine.deck import Deck
from cosim.engine.instances import check_instances, instance
from cosim.engine.job import Job
from cosim.engine.worker import run_all
from cosim.workbench.errors import DeckError

CELLS = """\
.subckt device d g w=1
+ l=1
.param fingers=1
r1 d g {w*l*fingers}
.ends device
.subckt bare d
r1 d 0 1k
.ends bare
"""


@pytest.mark.parametrize(
    ("card", "nodes", "subcircuit", "stated"),
    [
        ("x1 a b DEVICE", ("a", "b"), "device", ()),
        ("X1 a b device w=2 L = 4", ("a", "b"), "device", (("w", "2"), ("l", "4"))),
        ("x1 a b device params: w=2", ("a", "b"), "device", (("w", "2"),)),
        (
            "x1 a b device w={a == b} l='2 * c', m=4",
            ("a", "b"),
            "device",
            (("w", "{a == b}"), ("l", "'2 * c'"), ("m", "4")),
        ),
    ],
)
def test_the_parts_of_an_instance(card, nodes, subcircuit, stated):
    found = instance(card)
    assert (found.nodes, found.subcircuit, found.stated) == (nodes, subcircuit, stated)


def check(text):
    check_instances(Deck("test").append(CELLS + text, "cell"))


def test_what_a_subcircuit_has_may_be_stated():
    check("x1 a b device w=2\n+ l=3 fingers=2 m=4\nx2 a bare m=2\nx3 a b device params: w=1")
    check("x1 a b of_a_library width=2")
    check("x1 a b device w=2 $ was w=4\n+ l=2 ; lenght=3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x1 a b device w=2\n+ lenght=3", "^cell:9: x1 states lenght, .* it has: w, l, fingers"),
        ("x1 a b device width=2", "x1 states width, which is no parameter of device"),
        ("x1 a b device w=2 mult=4", "x1 states mult"),
        ("x1 a bare l=2", "it has: none"),
        ("x1 a b device w=2 l=3 W=1", "x1 states w twice"),
        (".subckt outer a\nx1 a b device fingers=2 nf=3\n.ends", "cell:10: x1 states nf"),
    ],
)
def test_what_it_does_not_have_is_named(text, message):
    with pytest.raises(DeckError, match=message):
        check(text)


def test_no_run_leaves_out_what_an_instance_states():
    deck = Deck("test").append(f"{CELLS}v1 a 0 1\nx1 a 0 device lenght=2\n.tran 1u 2u", "cell")
    with pytest.raises(DeckError, match="cell:10: x1 states lenght"):
        run_all([Job("run", deck, ("v(a)",))])


def test_a_library_may_use_its_subcircuits_as_it_does(tmp_path):
    library = tmp_path / "models.lib"
    library.write_text(f".lib tt\n{CELLS}.subckt whole a\nx1 a 0 device q=2\n.ends\n.endl\n")
    deck = Deck("test").append(f'.lib "{library}" tt\nx1 a whole', "cell")
    check_instances(deck)
    with pytest.raises(DeckError, match="x2 states nf"):
        check_instances(deck.append("x2 a b device nf=2", "more"))

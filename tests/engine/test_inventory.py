import pytest

from cosim.circuits.bias_tables import read_biases
from cosim.circuits.neuron import TransistorCircuit
from cosim.engine.deck import Deck
from cosim.engine.inventory import transistors
from cosim.workbench.errors import DeckError
from ebn_model.stimulus import Stimulus

CELLS = """\
.subckt nfet d g s b w=1 l=1
m1 d g s b nch w={w * 1u} l={l * 1u}
.ends nfet
.subckt pair a b
x1 a b 0 0 nfet w = 2 m=4
x2 b a 0
+ 0 nfet
* m3 is a comment
.ends pair
.subckt unused a
m1 a a a a nch
.ends unused
"""
CHOICE = """\
.subckt choice a
.if (bits == 0)
m1 a a 0 0 nch
.elseif (bits == 1)
m1 a a 0 0 nch
m2 a a 0 0 nch
.else
m1 a a 0 0 nch
m2 a a 0 0 nch
m3 a a 0 0 nch
.endif
.ends choice
x1 a choice
"""


def count(text):
    return transistors(Deck("test").append(text, "test"))


def test_subcircuits_are_expanded():
    assert count(CELLS) == 0
    assert count(f"{CELLS}x1 p q pair\nX2 p q PAIR ; twice\nc1 p 0 1p\nm9 p q 0 0 nch") == 5


@pytest.mark.parametrize(("bits", "expected"), [(0, 1), (1, 2), (2, 3)])
def test_only_branches_that_are_taken_count(bits, expected):
    assert count(f".param other=7 bits={bits}\n{CHOICE}") == expected


def test_the_last_parameter_holds():
    assert count(f".param bits=0\n{CHOICE}.param bits=1") == 2


@pytest.mark.parametrize("condition", ["(bits == 0)", "(bits > other)"])
def test_a_condition_that_cannot_be_told(condition):
    with pytest.raises(DeckError, match=r"'\.if .* doesn't compare"):
        count(f".if {condition}\nm1 a a 0 0 nch\n.endif")


def test_a_subcircuit_inside_another_and_one_that_is_defined_twice():
    pair = ".subckt pair a\n.subckt one a\nm1 a a 0 0 nch\n.ends\nx1 a one\nx2 a one\n.ends\n"
    assert count(f"{pair}x1 p pair\n") == 2
    assert count(f"{pair}{pair}x1 p pair\n") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r1 a b 1\nx1 a b nosuch", "^test:2: no subcircuit 'nosuch'"),
        (
            ".subckt s a\n.ends\n.subckt s a\nm1 a a 0 0 nch\n.ends\nx1 a s",
            "^test:1: there are two subcircuits 's'",
        ),
        ("n1 d g s b psp", "can't be counted: 'n1 d g s b psp' may be one or not"),
    ],
)
def test_what_cannot_be_counted_is_refused(text, message):
    with pytest.raises(DeckError, match=message):
        count(text)


@pytest.mark.parametrize(("sub_lsbs", "expected"), [(0, 391), (1, 391 + 36), (4, 391 + 4 * 36)])
def test_the_neuron_has_as_many_as_its_documentation_says(sub_lsbs, expected):
    circuit = TransistorCircuit(read_biases("published"), sub_lsbs=sub_lsbs)
    stimulus = Stimulus([2e-3], 1e-3, 5e-3, start_weight=1)
    assert transistors(circuit.job(stimulus, "neuron").deck) == expected

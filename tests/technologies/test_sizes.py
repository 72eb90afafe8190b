"""Which sizes of transistors a deck may have."""

from cosim.engine.deck import Deck
from cosim.technologies.sizes import sizes

WRAPPER = """\
.subckt nfet d g s b w=1 l=1 m=1
m1 d g s b n w={max(w,0.2)*1u} l={l*1u}
.ends nfet
"""


def sizes_of(text, kind="nfet"):
    found = sizes(Deck("d").append(WRAPPER + text, "test"))[kind]
    return found.widths, found.lengths


def test_stated_sizes_of_either_kind():
    text = "xa d g 0 0 nfet w=0.42 l=10\nxb d g 0 0 NFET L=4 W=1e1\nxc d g 0 0 pfet w=2 l=8"
    assert sizes_of(text) == ({0.42, 10.0}, {10.0, 4.0})
    assert sizes_of(text, "pfet") == ({2.0}, {8.0})


def test_what_an_instance_leaves_out_is_the_wrappers_default():
    assert sizes_of("xa d g 0 0 nfet w=3") == ({3.0}, {1.0})


def test_no_devices_have_no_sizes():
    assert sizes_of("r1 a 0 1k") == (set(), set())


def test_a_parameter_has_all_values_that_it_is_given():
    cell = ".subckt cell a w_pair=2 len=1\nxa a a 0 0 nfet w={w_pair} l={len}\n.ends cell\n"
    uses = ".param wide=5\nx1 a cell w_pair=0.42\nx2 a cell w_pair={wide}\n+ len=4"
    assert sizes_of(cell + uses) == ({2.0, 0.42, 5.0}, {1.0, 4.0})


def test_an_expression_may_be_anything():
    assert sizes_of("xa d g 0 0 nfet w={2*wide} l=4") == (None, {4.0})
    assert sizes_of("xa d g 0 0 nfet w={unknown} l=4") == (None, {4.0})
    assert sizes_of(".param a={b+1}\nxa d g 0 0 nfet w=1 l={a}") == ({1.0}, None)


def test_comments_are_none_of_it():
    assert sizes_of("* xa d g 0 0 nfet w=9\nxb d g 0 0 nfet w=1 ; w=7\n* between\n+ l=3") == (
        {1.0},
        {3.0},
    )

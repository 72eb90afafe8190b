"""Sizes of transistors in another unit than um are named."""

import pytest

from cosim.engine.deck import Deck
from cosim.technologies.drawn_sizes import check_sizes
from cosim.workbench.errors import DeckError

WRAPPERS = """\
.subckt inner d g s b w=1u l=1u
m1 d g s b n w={w} l={l}
.ends inner
.subckt nfet d g s b w=1 l=1 m=1
x1 d g s b inner w={w*1u} l={l*1u}
.ends nfet
"""
CELL = """\
.subckt cell d wide=2 $ wide=2u would be in m
.param long=4
xa d g 0 0 nfet w={wide} l='long'
xb d g 0 0 pfet w={2*w} l=0.18
x1 d g 0 0 inner w=1u l=2u
.ends cell
xc d cell wide=3 ; not wide=3u
"""


def check(text):
    deck = Deck("d").append(WRAPPERS, "wrappers")
    check_sizes(deck.append(text, "cell"))


def test_sizes_in_um_are_taken():
    check(CELL)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("w={wide}", "w=0.5u", "^cell:3: a width or length of 5e-07 um; sizes are in um"),
        ("l=0.18", "\n+ l=10u", "^cell:4: a width or length of 1e-05 um"),
        ("l=0.18", "l=5e5", "^cell:4: a width or length of 500000 um"),
        ("wide=2 ", "wide=2u ", "^cell:1: a width or length of 2e-06 um"),
        ("long=4", "long=4u", "^cell:2: a width or length of 4e-06 um"),
        ("wide=3 ", "wide=3u ", "^cell:7: a width or length of 3e-06 um"),
    ],
)
def test_sizes_in_another_unit_are_named(old, new, message):
    with pytest.raises(DeckError, match=message):
        check(CELL.replace(old, new, 1))

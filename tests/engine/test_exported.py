"""Netlists of cells as a schematic editor exports them."""

import pytest

from cosim.engine.deck import Deck, bare_cards
from cosim.engine.exported import prepared
from cosim.workbench.errors import DeckError

EXPORT = """\
** sch_path: follower.sch
**.subckt follower in out
*+ vdd vss
*.ipin in
XM1 out in VSS vss nfet L=1 W=2 nf=1
+ ad='W * 0.29'
x1 in out vdd vss inner
**.ends
* .subckt is only a word here
.subckt inner a b VDD VSS
C1 a b 1p m=1
.ends
**** begin user architecture code
.lib /usr/share/models.lib tt
**** end user architecture code
.GLOBAL GND
.global VDD
.end
"""


def test_an_export_defines_its_subcircuits():
    deck = Deck("test").append(prepared(EXPORT, "x"), "x")
    cards = bare_cards(deck.lines)
    assert cards[0].split() == [".subckt", "follower", "in", "out", "vdd", "vss"]
    assert [card.split()[0] for card in cards[1:]] == [
        *("XM1", "x1", ".ends", ".subckt", "C1", ".ends")
    ]


def test_lines_keep_their_numbers():
    lines = prepared(EXPORT, "x").split("\n")
    assert len(lines) == len(EXPORT.split("\n"))
    assert lines[5].startswith("+ ad=")
    assert lines[13] == "*.lib /usr/share/models.lib tt"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("C1 a b 1p m=1", "C1 a VCC 1p\n.global vcc", "x:11: inner uses the global node vcc"),
        (".GLOBAL GND", ".tran 1u 1m", r"x:16: '\.tran 1u 1m' belongs to a bench, not to a cell"),
        (".GLOBAL GND", ".option scale=1e-6", "belongs to a bench"),
        (".GLOBAL GND", ".param i_rest=1n", "x:16: .* is outside of the cell"),
        (".GLOBAL GND", "R1 vdd 0 1meg", "x:16: 'R1 vdd 0 1meg' is outside of the cell"),
    ],
)
def test_what_would_change_more_than_the_cell_is_refused(old, new, message):
    with pytest.raises(DeckError, match=message):
        prepared(EXPORT.replace(old, new), "x")


def test_a_parameter_inside_is_the_cells_own():
    text = EXPORT.replace("*.ipin in", ".param width=2")
    assert ".param width=2" in prepared(text, "x")


def test_only_cells_of_a_project_are_taken_for_exports(project):
    for folder in ("cells", "benches"):
        project.joinpath(folder, "mine.cir").write_text(EXPORT, encoding="utf-8")
    in_cells = Deck("test").include(project / "cells" / "mine.cir")
    assert ".subckt follower" in in_cells.text
    assert "\n*.lib" in in_cells.text
    with pytest.raises(DeckError, match="library not found"):
        Deck("test").include(project / "benches" / "mine.cir")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".temp 85", "helpers.spice:1: '.temp 85' belongs to a bench"),
        (".param supply=1.5", "helpers.spice:1: .* is outside of the cell"),
        ("r1 vdd 0 1meg", "helpers.spice:1: .* is outside of the cell"),
    ],
)
def test_what_a_cell_includes_is_part_of_it(project, text, message):
    (project / "lib").mkdir()
    (project / "lib" / "helpers.spice").write_text(f"{text}\n", encoding="utf-8")
    cell = project / "cells" / "mine.cir"
    outside = ".include ../lib/helpers.spice\n.subckt mine a\nr1 a 0 1k\n.ends\n"
    cell.write_text(outside, encoding="utf-8")
    with pytest.raises(DeckError, match=message):
        Deck("test").include(cell)
    # Within the subcircuit, a parameter or an element is the cell's own.
    cell.write_text(".subckt mine a\n.include ../lib/helpers.spice\n.ends\n", encoding="utf-8")
    if text.startswith(".temp"):
        with pytest.raises(DeckError, match=message):
            Deck("test").include(cell)
    else:
        assert text in Deck("test").include(cell).text

from pathlib import Path

import pytest

from cosim.engine.deck import Deck, read_netlist
from cosim.workbench.errors import DeckError


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file below the current directory, a scratch one."""
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def texts(deck):
    return [line.text for line in deck.lines]


def test_text_has_title_lines_and_end():
    deck = Deck("RC low-pass").append("v1 in 0 1\nr1 in 0 1k", "bench")
    assert deck.text == "* RC low-pass\nv1 in 0 1\nr1 in 0 1k\n.end\n"


def test_a_title_stays_one_comment_line():
    assert Deck("* two\nlines").text == "* two lines\n.end\n"
    assert Deck("").text == "*\n.end\n"


def test_append_leaves_the_deck_as_it_was():
    deck = Deck("t")
    deck.append("r1 a 0 1k", "bench")
    assert deck.lines == ()


def test_first_line_of_a_netlist_is_the_title(write):
    deck = read_netlist(write("bench.cir", "* A bench\nr1 a 0 1k\n.end\n"))
    assert deck.title == "* A bench"
    assert texts(deck) == ["r1 a 0 1k"]


def test_an_end_does_not_end_the_deck_as_in_ngspice(write):
    write("cell.cir", "r2 a 0 1k\n.END ; of the cell\nr3 a 0 1k\n")
    deck = read_netlist(write("bench.cir", "title\n.include cell.cir\n.end\nr1 a 0 1k\n"))
    assert texts(deck)[1:] == ["r2 a 0 1k", "r3 a 0 1k", "r1 a 0 1k"]


def test_only_line_feeds_end_lines_as_in_ngspice(write):
    write("bench.cir", "").write_bytes("title\r\n* a\u2028r1 a 0 1k\x0cr2 b 0 1k\r\n".encode())
    assert texts(read_netlist("bench.cir")) == ["* a\u2028r1 a 0 1k\x0cr2 b 0 1k"]


@pytest.mark.parametrize(
    "statement",
    [
        '.include "cells/inverter.cir"',
        ".include 'cells/inverter.cir'",
        "  .INCLUDE cells/inverter.cir",
        ".inc cells/inverter.cir ; the cell",
    ],
)
def test_includes_are_inlined(write, statement):
    write("cells/inverter.cir", "* inverter\nm1 o i 0 0 nch\n")
    deck = read_netlist(write("bench.cir", f"title\n{statement}\nr1 o 0 1k\n"))
    assert texts(deck) == [f"*{statement}", "* inverter", "m1 o i 0 0 nch", "r1 o 0 1k"]


def test_include_paths_are_relative_to_the_including_file(write):
    write("technology/cards.spice", ".model nch nmos")
    write("cells/inverter.cir", ".include ../technology/cards.spice")
    deck = read_netlist(write("benches/bench.cir", "title\n.include ../cells/inverter.cir\n"))
    assert texts(deck)[-1] == ".model nch nmos"
    assert deck.origin(4) == "technology/cards.spice:1"


def test_a_linked_files_includes_are_beside_the_link(write):
    write("real/cell.cir", ".include model.inc")
    write("real/model.inc", ".model nch nmos")
    write("linked/model.inc", ".model pch pmos")
    Path("linked/cell.cir").symlink_to("../real/cell.cir")
    for deck in Deck("t").include("linked/cell.cir"), Deck("t").append(".inc linked/cell.cir", "t"):
        assert texts(deck)[-1] == ".model pch pmos"


def test_a_file_is_inlined_as_often_as_it_is_included(write):
    write("load.inc", "c1 out 0 1n")
    subcircuits = ".subckt {0} out\n.include load.inc\n.ends\n"
    bench = "title\n" + subcircuits.format("one") + subcircuits.format("two")
    deck = read_netlist(write("bench.cir", bench)).include("load.inc").include("load.inc")
    assert texts(deck).count("c1 out 0 1n") == 4


def test_files_that_are_left_out_stay_as_comments(write):
    own, other = write("own.spice", ".param i=1"), write("other.spice", ".param j=1")
    write("bench.cir", ".include own.spice\n.include other.spice")
    assert texts(Deck("t").include("bench.cir", left_out=[other])) == [
        "*.include own.spice",
        ".param i=1",
        "*.include other.spice",
    ]
    assert texts(Deck("t").include("bench.cir", left_out=[own, other]))[-1].startswith("*")


def test_commented_include_is_left_alone(write):
    deck = read_netlist(write("bench.cir", "title\n* .include nosuch.cir\n"))
    assert texts(deck) == ["* .include nosuch.cir"]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (".control\nrun\n.endc", "can't have a .control section"),
        (" *#shell true", "runs as commands"),
        ("@", "reads no further"),
        (".incpslt cell.cir", "isn't supported"),
        ('.HDL "psp.va"', "no .hdl file"),
        ('.model m filesource (file="data.txt")', "can't read or run files"),
        ('+ input_file = "data.txt"', "can't read or run files"),
        (".options reltol=1e-4 seed = random", "each run another one"),
        ("vnoise a 0 dc 0 TRNOISE(1m 1u 0 0)", "can't be repeated"),
    ],
)
def test_what_would_let_results_depend_on_more_than_the_deck_is_refused(write, statement, why):
    write("cell.cir", f"* cell\n{statement}\n")
    with pytest.raises(DeckError, match=rf"^cell\.cir:2: .*{why}"):
        read_netlist(write("bench.cir", "title\n.include cell.cir\n"))


def test_what_only_looks_like_it_is_not_refused():
    text = "* trnoise, .control\n.param profile=1 seed=2\n+ files=1\nr1 a 0 1k ; trnoise\n.endc"
    assert texts(Deck("t").append(text, "bench")) == text.split("\n")


def test_a_subcircuit_or_model_defined_in_two_ways_is_refused():
    once = ".subckt s a\n.model r r\nr1 a 0 1k\n.ends\n.model m r r=1\n"
    twice = (
        Deck("t").append(once, "first").append(once + ".subckt t a\n.model m r\n.ends", "second")
    )
    twice.check_definitions()
    for changed in "r1 a 0 2k", ".model q r":
        other = Deck("t").append(once, "first").append(f".SUBCKT S a\n{changed}\n.ends", "second")
        with pytest.raises(DeckError, match=r"^second:1: s is defined at first:1 already"):
            other.check_definitions()
    with pytest.raises(DeckError, match=r"^second:1: m is defined at first:5 already"):
        Deck("t").append(once, "first").append(".model m r\n+ r=2", "second").check_definitions()


def test_origin_counts_lines_as_ngspice_does(write):
    write("cell.cir", "\n\nr2 a 0 1k\n")
    deck = read_netlist(write("bench.cir", "title\n\nr1 a 0\n\n+ 1k\n.include cell.cir\n"))
    deck = deck.append("\nv1 a 0 1", "stimulus")
    origins = [deck.origin(number) for number in range(2, 7)]
    assert origins == ["bench.cir:3", "bench.cir:5", "bench.cir:6", "cell.cir:3", "stimulus:2"]


@pytest.mark.parametrize("statement", [".include nosuch.cir", ".include"])
def test_missing_include_names_the_statement(write, statement):
    write("cells/cell.cir", f"* cell\n{statement}\n")
    bench = write("bench.cir", "title\n.include cells/cell.cir\n")
    with pytest.raises(DeckError, match=r"^cells/cell\.cir:2: included file not found"):
        read_netlist(bench)


def test_circular_include_names_the_statement(write):
    write("a.cir", ".include b.cir")
    write("b.cir", "* b\n.include a.cir")
    with pytest.raises(DeckError, match=r"^b\.cir:2: circular include of a\.cir"):
        Deck("t").include("a.cir")


def test_missing_and_empty_netlists_are_refused(write):
    with pytest.raises(DeckError, match=r"no such netlist: .*nosuch\.cir"):
        read_netlist("nosuch.cir")
    with pytest.raises(DeckError, match=r"empty netlist: .*empty\.cir"):
        read_netlist(write("empty.cir", "\n"))


def test_a_file_of_another_encoding_can_be_read(write):
    write("bench.cir", "").write_bytes("title\nr1 é 0 1k\nr2 è 0 1k".encode("latin-1"))
    assert texts(read_netlist("bench.cir")) == ["r1 é 0 1k", "r2 è 0 1k"]
    write("bench.cir", "").write_bytes("\ufefftitle\nr1 é 0 1k".encode())
    assert read_netlist("bench.cir").text == "* title\nr1 é 0 1k\n.end\n"


def test_what_is_no_text_is_refused(write):
    write("bench.cir", "").write_bytes("title\nr1 a 0 1k".encode("utf-16"))
    with pytest.raises(DeckError, match=r"bench\.cir is not a text file"):
        read_netlist("bench.cir")


def test_sha256_depends_on_the_text_only(write):
    deck = read_netlist(write("a.cir", "title\nr1 a 0 1k\n"))
    same = read_netlist(write("b/c.cir", "title\n\nr1 a 0 1k\n.end\n"))
    assert deck.sha256 == same.sha256
    assert deck.sha256 != deck.append("r2 a 0 1k", "bench").sha256


def test_find_card_takes_the_most_similar_card_of_that_name():
    deck = Deck("t").append("m1 a b 0 0 nch w=1u\nm1 a b 0 0 pch w=1u\nm2 a b 0 0 pch", "cells")
    assert deck.find_card("m.x1.x2.m1 net1 net2 0 0 pch w=1u") == "cells:2"
    assert deck.find_card("m7 a b") is None


def test_find_word_looks_for_whole_words_outside_comments():
    deck = Deck("t").append("* out\nr1 out1 x.out 1k\nr2 OUT\n+ 0 1k", "bench")
    assert deck.find_word("out") == "bench:3"
    assert deck.find_word("nosuch") is None


def test_find_undefined_skips_subcircuits_that_define_the_parameter():
    cells = """\
.subckt good a b w=1
+ l=1
r1 a b {w*l}
.ends good
.subckt bad a b w=1
r1 a b {w}
c1 a b 1p
+ m='2*l'
.ends bad
"""
    assert Deck("t").append(cells, "cells").find_undefined("l") == "cells:7"

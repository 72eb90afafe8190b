import pickle
from pathlib import Path

import pytest

from cosim.engine.deck import Deck, read_netlist
from cosim.engine.inventory import transistors
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import DeckError

CORNERS = """\
* corners
.lib TT ; typical
.include "more values.inc"
.lib "devices/resistors.lib" all
.endl tt
.lib ss
.lib corners.lib Values
.endl
.lib values
.param value=4k
.endl
.lib outer
.lib inner
.endl inner
.endl outer
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file below the current directory, a scratch one, whose name has a space."""
    folder = tmp_path / "with space"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def write(name, text):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def kit(write):
    """A small library: 1 kOhm for TT, in parallel with 4 kOhm where the deck has that."""
    write("kit/corners.lib", CORNERS)
    write("kit/more values.inc", ".param value=1k")
    write("kit/devices/resistors.lib", ".lib all\n.include one.inc\n.endl\n")
    write("kit/devices/one.inc", "r1 in 0 {value}")
    return write


def deck_with(statement):
    return Deck("t").append(f"v1 in 0 1\n{statement}\n.op", "bench")


def current(deck):
    [(_, vectors)] = run_jobs([Job("bench", deck, ("i(v1)",))])
    return -vectors["i(v1)"][0]


def test_a_reference_stays_one_to_an_absolute_path(kit, tmp_path):
    kit("cells/cell.cir", ".LIB '../kit/corners.lib' TT $ typical")
    deck = read_netlist(kit("bench.cir", "title\n.include cells/cell.cir\n"))
    path = tmp_path / "with space" / "kit" / "corners.lib"
    assert deck.lines[-1].text == f'.lib "{path}" TT'
    assert str(deck.lines[-1]) == "cells/cell.cir:1"
    assert "value" not in deck.text


def test_a_path_from_home(kit, monkeypatch):
    monkeypatch.setenv("HOME", str(Path("kit").absolute()))
    home = deck_with(".lib ~/corners.lib tt").lines[1].text
    assert home == deck_with(".lib kit/corners.lib tt").lines[1].text


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('.lib "kit/corners.lib" tt', 1e-3),
        ("  .library kit/corners.lib Tt more", 1e-3),
        (".lib kit/corners.lib ss\nr2 in 0 {value}", 0.25e-3),
        (".subckt s in\n.lib kit/corners.lib tt\n.ends\nx1 in s\nx2 in s", 2e-3),
    ],
)
def test_ngspice_reads_what_the_deck_means(kit, statement, expected):
    assert current(deck_with(statement)) == pytest.approx(expected, rel=1e-6)


def test_expanded_lines_are_what_ngspice_reads(kit):
    lines = deck_with(".lib kit/corners.lib tt").expanded()
    assert [(line.text, str(line)) for line in lines if line.text[0] != "*"] == [
        ("v1 in 0 1", "bench:1"),
        (".param value=1k", "kit/more values.inc:1"),
        ("r1 in 0 {value}", "kit/devices/one.inc:1"),
        (".op", "bench:3"),
    ]


@pytest.mark.parametrize(
    "name", ["corners.lib", "more values.inc", "devices/resistors.lib", "devices/one.inc"]
)
def test_each_file_that_is_reached_is_in_the_digest(kit, name):
    def digest():
        return deck_with(".lib kit/corners.lib tt").sha256

    before, deck = digest(), deck_with(".lib kit/corners.lib tt")
    assert digest() == before
    copy = pickle.loads(pickle.dumps(deck))
    copy.check_files()
    path = Path("kit", name)
    path.write_text(path.read_text() + "* changed\n")
    assert digest() != before
    with pytest.raises(DeckError, match=f"{name} has changed"):
        copy.check_files()
    path.unlink()
    with pytest.raises(DeckError, match=f"{name} has changed"):
        copy.check_files()


def test_other_sections_libraries_are_not_in_the_digest(kit):
    before = deck_with(".lib kit/corners.lib ss").sha256
    kit("kit/devices/resistors.lib", "")
    assert deck_with(".lib kit/corners.lib ss").sha256 == before


@pytest.mark.ngspice
def test_a_run_is_refused_where_a_file_has_changed(kit):
    deck = deck_with(".lib kit/corners.lib tt")
    kit("kit/more values.inc", ".param value=2k")
    with pytest.raises(DeckError, match=r"^bench: .*more values\.inc has changed"):
        current(deck)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (".lib nosuch.lib tt", r"^bench:2: library not found: .*nosuch\.lib"),
        (".lib kit/corners.lib fs", r"^bench:2: no section fs in .*corners\.lib"),
        (".lib kit/corners.lib", r"^bench:2: a section can't begin here"),
        (".library kit/corners.lib", r"^bench:2: a section can't begin here"),
        (".include kit/corners.lib", r"^kit/corners\.lib:2: a section can't begin here"),
        (".lib kit/corners.lib outer", r"^kit/corners\.lib:13: a section can't begin here"),
    ],
)
def test_faults_name_their_place(kit, statement, message):
    with pytest.raises(DeckError, match=message):
        deck_with(statement)


@pytest.mark.parametrize(
    ("library", "message"),
    [
        (".lib a\n.lib own.lib b\n.endl\n.lib b\n.lib own.lib A\n.endl", ":5: circular"),
        (".lib a\nr1 in 0 1k", ":1: section a has no .endl"),
        (".lib a\n.lib nosuch.lib b\n.endl", ":2: library not found"),
        # ngspice reads all that is included, whatever the section.
        (".lib a\n.endl\n.lib b\n.include nosuch.inc\n.endl", ":4: included file not found"),
        (".lib a\n.include own.lib\n.endl", ":2: circular include"),
        (".lib a\n.control\n.endl", ":2: a deck can't have a .control"),
    ],
)
def test_faults_in_a_library_name_their_place(write, library, message):
    write("own.lib", library)
    with pytest.raises(DeckError, match=rf"^own\.lib{message}"):
        deck_with(".lib own.lib a")


@pytest.mark.ngspice
@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("card", r"^bench: .*models\.lib:3: .*r2 in 0 1k nonsense"),
        ("parameter", r"^bench: .*models\.lib:7: Undefined parameter \[nosuch\]"),
    ],
)
def test_ngspices_messages_lead_into_a_library(write, section, message):
    parts = (
        ".lib card\nr1 in 0 1k\nr2 in 0 1k nonsense\n.endl",
        ".lib parameter\n\nr2 in 0 {nosuch}\n.endl",
    )
    write("models.lib", "\n".join(parts))
    with pytest.raises(DeckError, match=message):
        current(deck_with(f".lib models.lib {section}"))


@pytest.mark.ngspice
def test_ngspices_messages_lead_past_a_library(kit):
    with pytest.raises(DeckError, match=r"^bench: bench:3: .*r9 in 0 1k nonsense"):
        current(deck_with(".lib kit/corners.lib tt\nr9 in 0 1k nonsense"))


@pytest.mark.ngspice
def test_ngspice_takes_a_librarys_libraries_beside_it(write):
    """Also where an included file names them, which is refused where that means another file."""
    write("kit/top.lib", ".lib a\n.include parts/part.inc\n.endl")
    write("kit/parts/part.inc", ".lib values.lib v")
    write("kit/values.lib", ".lib v\nr1 in 0 1k\n.endl")
    assert current(deck_with(".lib kit/top.lib a")) == pytest.approx(1e-3, rel=1e-6)
    write("kit/parts/values.lib", ".lib v\nr1 in 0 2k\n.endl")
    with pytest.raises(DeckError, match=r"^kit/parts/part\.inc:1: ngspice would read"):
        deck_with(".lib kit/top.lib a")


def test_libraries_that_ngspice_confuses_are_refused(write):
    write("a.lib", ".lib s\n.endl")
    write("A.lib", ".lib s\n.endl")
    with pytest.raises(DeckError, match=r"A\.lib and .*a\.lib for one library"):
        deck_with(".lib a.lib s").append(".lib A.lib s", "more")


@pytest.mark.ngspice
def test_random_parameters_are_the_same_in_each_run():
    deck = deck_with("r1 in 0 {agauss(1k, 300, 1)}")
    first, second = current(deck), current(deck)
    assert first == second != pytest.approx(1e-3, rel=1e-6)


def test_transistors_of_a_library_are_counted(write):
    write("kit.lib", ".lib tt\n.subckt nfet d g s b\nm1 d g s b nch\n.ends\n.endl\n")
    assert transistors(deck_with(".lib kit.lib tt\nx1 a b c d nfet\nx2 a b c d nfet")) == 2


def test_a_model_of_the_deck_that_a_library_has_too(write):
    write("models.lib", ".lib tt\n.model n nmos level=8 vth0=0.4\n.endl\n")
    library = Deck("test").append(".lib models.lib tt", "bench")
    library.append(".model n nmos level=8 vth0=0.4", "cell").check_definitions()
    library.append(".subckt c a\n.model n nmos\n.ends", "cell").check_definitions()
    with pytest.raises(DeckError, match=r"cell:1: n is defined at models\.lib:2 already"):
        library.append(".model n nmos level=8 vth0=0.5", "cell").check_definitions()

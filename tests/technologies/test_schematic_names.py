"""Transistors of a PDK's schematics become the technology's own."""

import pytest

from cosim.engine.deck import Deck
from cosim.technologies.schematic_names import schematic_devices, with_wrapped_devices
from cosim.technologies.sizes import sizes
from cosim.technologies.technology import read_technology, technology_names
from cosim.workbench.errors import DeckError
from ebn_model.errors import InputError

SKY130 = """\
XM1 d g s b sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1 ad='int((nf+1)/2) * W/nf * 0.29'
+ pd='2*int((nf+1)/2) * (W/nf + 0.29)'
* in between
+ sa=0 mult=1 m=2 $ two of them
r1 d g 1k
xm2 d g s b SKY130_FD_PR__PFET_01V8 w=6 l={length} nf=3
"""


def wrapped(text, technology="sky130"):
    deck = Deck("test").append(text, "schematic")
    return with_wrapped_devices(deck, read_technology(technology))


def test_devices_are_the_wrappers():
    deck = wrapped(SKY130)
    assert [line.text for line in deck.lines] == [
        "XM1 d g s b nfet w=1 l=0.15 m=2",
        "* in between",
        "r1 d g 1k",
        "xm2 d g s b pfet w=2 l={length} m=3",
    ]
    assert [line.number for line in deck.lines] == [1, 3, 5, 6]


def test_lengths_in_metres_are_told_by_the_technology():
    deck = wrapped("XM1 d g s b nfet_03v3 L=0.28u W='2*wn' nf=1 m=1", "gf180")
    assert deck.lines[0].text == "XM1 d g s b nfet w={(2*wn)*1000000.0} l=0.28 m=1"


def test_models_of_their_sizes_are_taken():
    found = sizes(wrapped(SKY130 + ".param length=0.5"))
    assert found["nfet"].widths == {1.0} and found["nfet"].lengths == {0.15}
    assert found["pfet"].widths == {2.0} and found["pfet"].lengths == {0.5}


def test_a_deck_without_them_stays_as_it_is():
    text = "xm1 d g s b nfet\n+ w=1 l=2\nx2 a b cell\nm1 d g s b nch"
    for technology in technology_names():
        assert wrapped(text, technology) == Deck("test").append(text, "schematic")


def test_a_transistor_of_another_technology_is_named():
    with pytest.raises(DeckError, match=r"schematic:1: nfet_03v3 is a .* of gf180, .* in sky130"):
        wrapped("xm1 d g s b nfet_03v3 l=1u w=1u", "sky130")


def test_a_cell_may_have_the_name_of_another_technology():
    text = ".subckt NFET_03v3 d g s b\n.ends\nxm1 d g s b nfet_03v3"
    assert wrapped(text, "generic180") == Deck("test").append(text, "schematic")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("xm1 d g s b sky130_fd_pr__nfet_01v8 l=1", "schematic:1: sky130.* states no w"),
        ("xm1 d g s b sky130_fd_pr__nfet_01v8 w=1 l=1 nf=1.5", "nf=1.5 is no number of fingers"),
        ("xm1 d g s b sky130_fd_pr__nfet_01v8 w=1 l=1 mult=4", "mult=4 would be left out"),
        ("xm1 d g s b sky130_fd_pr__nfet_01v8 w=1 l=1 ng=4", "ng=4 would be left out"),
        ("xm1 d g s b sky130_fd_pr__nfet_01v8 w=1 l=1 W=2", "states a parameter twice"),
        ("xm1 d g s b sky130_fd_pr__nfet_01v8 w=2 l=1 nf=8", "a width of 0.25 um per finger"),
        ("xm1 d g s b sky130_fd_pr__nfet_01v8 w=0.5u l=1", "a width of 5e-07 um per finger"),
        ("xm1 d g s b sky130_fd_pr__nfet_01v8 w=1 l=0.1", "a length of 0.1 um"),
    ],
)
def test_a_device_that_cannot_be(text, message):
    with pytest.raises(DeckError, match=message):
        wrapped(text)


def test_an_own_technology_has_its_own_names(project):
    folder = project / "technology"
    facts = read_technology("generic180").folder / "generic180.toml"
    folder.joinpath("mine.toml").write_text(facts.read_text(encoding="utf-8"), encoding="utf-8")
    assert schematic_devices(read_technology("mine")) == {}
    folder.joinpath("schematics").mkdir()
    names = folder / "schematics" / "mine.toml"
    names.write_text("[Nch]\nwrapper = 'nfet'\nunit = 'm'\n", encoding="utf-8")
    assert wrapped("xm1 d g s b nch w=1u l=2u", "mine").lines[0].text.endswith("nfet w=1 l=2 m=1")
    names.write_text("[nch]\nwrapper = 'nmos'\nunit = 'm'\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"schematics/mine\.toml: nch\.wrapper"):
        schematic_devices(read_technology("mine"))

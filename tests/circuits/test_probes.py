"""Probes: devices by the names that they have in a technology and in own cells."""

import pytest
from own_cells import MEMBRANE, wrapped_twice

from cosim.circuits.probes import PROBES, ProbeError, read_in, vector
from cosim.engine.deck import Deck
from cosim.engine.hierarchy import Hierarchy
from cosim.workbench.errors import DeckError
from cosim.workbench.places import NETLISTS
from ebn_model.errors import InputError

WRAPPERS = "".join(
    f".subckt {kind} d g s b w=1 l=1 m=1 zvt=0 zb=0\nm1 d g s b {kind}_model\n.ends {kind}\n"
    for kind in ("nfet", "pfet")
)
BENCH = """\
xmembrane in v_mem v_th v_tau 0 vdd 0 dpi_membrane
xread p v_mem 0 0 nfet
.save v(v_mem) @m.xread.m1[id] @m.xmembrane.xtau.m1[id]
+ @c.xmembrane.cmem[capacitance]
"""
LEAK, CAPACITANCE = "@m.xmembrane.xtau.m1[id]", "@c.xmembrane.cmem[capacitance]"


def deck(wrappers=WRAPPERS):
    cells = Deck("test").append(wrappers, "wrappers").include(NETLISTS / "cells.spice")
    return cells.append(BENCH, "bench")


def own(project, text=MEMBRANE):
    project.joinpath("cells", "dpi_membrane.cir").write_text(text, encoding="utf-8")
    return deck()


def test_our_cells_and_technology_are_read_as_they_are():
    read = read_in(deck(), {})
    assert (read.readings, read.unread) == ({}, {})
    assert read.deck == deck()


def test_a_transistor_within_subcircuits_is_found():
    read = read_in(deck(wrapped_twice(WRAPPERS)), {})
    assert read.readings == {
        LEAK: ((1.0, "@m.xmembrane.xtau.xinner.m1[id]"),),
        "@m.xread.m1[id]": ((1.0, "@m.xread.xinner.m1[id]"),),
    }
    assert "@m.xread.xinner.m1[id]" in read.deck.text


def test_stated_probes_are_read_in_own_cells(project):
    stated = {"i_tau_mem": "xa1 + XA4 - xa2", "c_mem": "10 pF"}
    read = read_in(own(project), stated)
    devices = [(f"@m.xmembrane.{name}.m1[id]") for name in ("xa1", "xa4", "xa2")]
    assert read.readings == {
        LEAK: tuple(zip((1.0, 1.0, -1.0), devices, strict=True)),
        CAPACITANCE: ((10e-12, ""),),
    }
    assert read.unread == {}
    # They are part of the deck, and so of the key of its results.
    other = read_in(own(project), stated | {"c_mem": "9 pF"})
    assert read.deck.sha256 != other.deck.sha256


def test_a_source_of_0_v_and_a_capacitor_are_read(project):
    text = MEMBRANE.replace(
        "xa1 v_mem v_tau vss", "vleak leak vss 0\ncx v_mem vss 1p\nxa1 v_mem v_tau leak"
    )
    read = read_in(own(project, text), {"i_tau_mem": "vleak", "c_mem": "cx"})
    assert read.readings[LEAK] == ((1.0, "@v.xmembrane.vleak[i]"),)
    assert read.readings[CAPACITANCE] == ((1.0, "@c.xmembrane.cx[capacitance]"),)


def test_a_current_that_an_own_cell_does_not_show_is_named(project):
    read = read_in(own(project), {})
    assert read.unread.keys() == {LEAK, CAPACITANCE}
    with pytest.raises(ProbeError) as error:
        read.needed(LEAK)
    path = project / "cells" / "dpi_membrane.cir"
    assert f"cell dpi_membrane ({path}) has no xtau (leak of the membrane" in str(error.value)
    assert '[probes] i_tau_mem = "..."' in str(error.value)
    # The rest is read.
    assert ".save v(v_mem) @m.xread.m1[id]" in read.deck.text


def test_a_device_of_the_same_name_at_other_pins_is_not_taken_for_ours(project):
    text = MEMBRANE.replace("xa1", "xtau")
    assert LEAK not in read_in(own(project, text), {}).unread
    text = MEMBRANE.replace("xa2", "xtau")
    assert LEAK in read_in(own(project, text), {}).unread


@pytest.mark.parametrize(
    ("stated", "error", "message"),
    [
        ("xa9", InputError, "has no element 'xa9'; there are: xa1, xa2"),
        ("xboth", DeckError, "is a two .* of 2 transistors or subcircuits; state which one"),
        ("xboth.x2", None, "@m.xmembrane.xboth.x2.m1[id]"),
    ],
)
def test_a_stated_device_must_be_one(project, stated, error, message):
    two = ".subckt two a b\nx1 a a b b nfet\nx2 a a b b nfet\n.ends two\n"
    text = MEMBRANE.replace("xcap ", "xboth v_mem vss two\nxcap ") + two
    changed = own(project, text)
    if error is None:
        assert read_in(changed, {"i_tau_mem": stated}).readings[LEAK] == ((1.0, message),)
        return
    with pytest.raises(error, match=message):
        read_in(changed, {"i_tau_mem": stated})


def test_every_probe_is_in_our_cells():
    whole = Hierarchy(deck())
    for probe in PROBES.values():
        for cell, place in probe.places.items():
            *around, last = place.split(".")
            for element in around:
                cell = whole.subcircuit(cell, element)
            assert whole.has_node(cell, last) if probe.unit == "V" else whole.has(cell, last)


def test_the_vector_of_a_probe():
    assert vector("i_mem", "xneuron.xdecision") == "@m.xneuron.xdecision.xmem.m1[id]"

"""Mismatch of dies: normals by place, sigmas by area, places as netlists state them."""

import numpy as np
import pytest
from scipy import stats

from cosim.engine.deck import Deck
from cosim.engine.devices import Transistor
from cosim.technologies.mismatch import mismatch_of, normals
from cosim.technologies.technology import FOLDER, read_technology
from cosim.workbench.errors import DeckError

GENERIC = read_technology("generic180")
AREA = 4e-6, 1e-6, 2.0
"""Width and length in m, and the number of devices: 8 um^2."""


def transistor(name, model="g180n", **stated):
    width, length, number = AREA
    return Transistor(name, model, {"w": width, "l": length, "m": number, **stated})


def deck(*lines):
    return Deck("deck").append("\n".join(lines), "deck")


def deviations(mismatch, one):
    """What a transistor's threshold and current factor become."""
    return [change.value for change in mismatch([one])]


def test_normals_are_normal_and_independent():
    drawn = np.array([normals(die, f"x{place}") for die in range(40) for place in range(50)])
    for column in drawn.T:
        assert stats.kstest(column, "norm").pvalue > 0.01
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.05
    neighbours = np.array([[normals(d, "x1")[0], normals(d + 1, "x1")[0]] for d in range(2000)])
    assert abs(np.corrcoef(neighbours.T)[0, 1]) < 0.06


def test_normals_are_the_same_ones_everywhere():
    """Recorded, so that another platform or version gives the same dies."""
    recorded = (0.283950563922475, -2.7219314299706294)
    assert normals(7, "xneuron.xanalog.xdecision.xmem") == pytest.approx(recorded, rel=1e-12)


def test_sigma_goes_with_the_area():
    mismatch = mismatch_of(deck("r1 a 0 1"), GENERIC, 3)
    zvt, zb = normals(3, "xa")
    expected = [zvt * 4e-3 / np.sqrt(8), 1 + zb * 0.01 / np.sqrt(8)]
    assert deviations(mismatch, transistor("m.xa.m1")) == pytest.approx(expected, rel=1e-12)


def test_a_corner_stays_below_the_mismatch():
    mismatch = mismatch_of(deck("r1 a 0 1"), GENERIC, 3)
    shift, factor = deviations(mismatch, transistor("m.xa.m1"))
    corner = deviations(mismatch, transistor("m.xa.m1", delvto=-0.035, mulu0=1.08))
    assert corner == pytest.approx([shift - 0.035, factor * 1.08])


def test_areas_have_the_offsets_of_their_technology():
    gf180 = read_technology("gf180")
    one = gf180.nfet
    mismatch = mismatch_of(deck("r1 a 0 1"), gf180, 3)
    zvt, _ = normals(3, "xa")
    area = 2 * (4 + one.w_offset) * (1 + one.l_offset)
    shift, _ = deviations(mismatch, transistor("m.xa.m1", "nfet_03v3.7"))
    assert shift == pytest.approx(zvt * one.avt / np.sqrt(area))


def test_places_are_those_that_the_deck_states():
    mismatch = mismatch_of(
        deck(
            "*place xbench is xchip.xcell",
            "*place xbench.xinner is xchip.xother",
            "*place xtool is ideal",
        ),
        GENERIC,
        1,
    )
    places = {
        "m.xbench.xa.m1": "xchip.xcell.xa",
        "m.xbench.m1": "xchip.xcell",
        "m.xbench.xinner.xa.m1": "xchip.xother.xa",
        "m.xbench2.xa.m1": "xbench2.xa",
        "m.xown.m7": "xown.m7",
        "m.xtool.xa.m1": None,
    }
    assert {name: mismatch.place(name) for name in places} == places
    assert deviations(mismatch, transistor("m.xtool.xa.m1")) == []
    on_chip = mismatch_of(deck("r1 a 0 1"), GENERIC, 1)
    assert deviations(mismatch, transistor("m.xbench.xa.m1")) == deviations(
        on_chip, transistor("m.xchip.xcell.xa.m1")
    )


def test_two_places_of_an_instance_are_refused():
    lines = "*place xa is xb", "*place xa is xc"
    with pytest.raises(DeckError, match="deck:2: xa has the place xb already"):
        mismatch_of(deck(*lines), GENERIC, 1)


def test_a_model_without_mismatch_is_refused():
    mismatch = mismatch_of(deck("r1 a 0 1"), GENERIC, 1)
    with pytest.raises(DeckError, match=r"m\.xa\.m1: the technology has no mismatch .* 'other'"):
        list(mismatch([transistor("m.xa.m1", "other")]))


def test_a_technology_without_mismatch_is_refused():
    nothing = GENERIC.model_copy(update={"mismatch": {}})
    with pytest.raises(DeckError, match="generic180 states no mismatch"):
        mismatch_of(deck("r1 a 0 1"), nothing, 1)


def test_facts_and_wrappers_of_generic180_have_the_same_mismatch():
    text = (FOLDER / "generic180.spice").read_text(encoding="utf-8")
    for kind, one in GENERIC.pelgrom.items():
        assert f"avt_{kind[0]}={one.avt * 1e3:g}m" in text
        assert f"abeta_{kind[0]}={one.abeta:g}" in text
        assert f"m1 d g s b {one.model} " in text

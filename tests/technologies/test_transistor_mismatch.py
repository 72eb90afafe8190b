"""Mismatch of dies: normals by place, sigmas by area, places as netlists state them."""

import numpy as np
import pytest
from scipy import stats

from cosim.circuits.conditions import Conditions, deck_under
from cosim.engine.deck import Deck
from cosim.engine.devices import Transistor
from cosim.technologies.mismatch import mismatch_of, normals
from cosim.technologies.technology import FOLDER, Technology, read_technology
from cosim.workbench.errors import DeckError
from ebn_model.errors import InputError
from ebn_model.validation import validated

GENERIC = read_technology("generic180")
AREA = 4e-6, 1e-6, 2.0
"""Width and length in m, and the number of devices: 8 um^2."""


def transistor(name, model="g180n", **stated):
    width, length, number = AREA
    return Transistor(name, model, {"w": width, "l": length, "m": number, **stated})


def deck(*lines):
    instances = [f"{name} a b c" for name in ("xa", "xbench", "xtool")]
    return Deck("deck").append("\n".join([*lines, *instances]), "deck")


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


def test_a_scale_multiplies_what_a_transistor_deviates_by_itself():
    """And leaves what all of its kind have in common."""
    one, twice = (mismatch_of(deck("r1 a 0 1"), GENERIC, 3, scale=scale) for scale in (1.0, 2.0))
    shift, factor = deviations(one, transistor("m.xa.m1"))
    expected = [2 * shift, 1 + 2 * (factor - 1)]
    assert deviations(twice, transistor("m.xa.m1")) == pytest.approx(expected, rel=1e-12)
    tool = [mismatch_of(deck("*place xa is ideal"), GENERIC, 3, "both", s) for s in (1.0, 2.0)]
    common = [deviations(found, transistor("m.xa.m1")) for found in tool]
    assert common[0] == common[1]


def test_a_corner_stays_below_the_mismatch():
    mismatch = mismatch_of(deck("r1 a 0 1"), GENERIC, 3)
    shift, factor = deviations(mismatch, transistor("m.xa.m1"))
    corner = deviations(mismatch, transistor("m.xa.m1", delvto=-0.035, mulu0=1.08))
    assert corner == pytest.approx([shift - 0.035, factor * 1.08])


def test_what_a_die_has_in_common_moves_all_of_a_kind_alike():
    """By a third of the corners' deviation as sigma, whatever the area; apart for each kind."""
    local, alone, both = (
        mismatch_of(deck("r1 a 0 1"), GENERIC, 3, part) for part in ("local", "global", "both")
    )
    small = Transistor("m.xb.m1", "g180n", {"w": 1e-6, "l": 1e-6})
    zvt, zb = normals(3, "all nfet")
    shift, factor = zvt * 0.035 / 3, 1 + zb * 0.08 / 3
    for one in (transistor("m.xa.m1"), small):
        assert deviations(alone, one) == pytest.approx([shift, factor], rel=2e-3)
        own = deviations(local, one)
        common = deviations(alone, one)
        expected = [own[0] + common[0], own[1] * common[1]]
        assert deviations(both, one) == pytest.approx(expected, rel=1e-12)
    other = deviations(alone, transistor("m.xa.m1", "g180p"))
    assert other[0] == pytest.approx(normals(3, "all pfet")[0] * 0.035 / 3, rel=2e-3)
    assert deviations(mismatch_of(deck("r1 a 0 1"), GENERIC, 4, "global"), small) != common


def test_a_bench_s_own_equipment_goes_with_the_die_but_has_no_mismatch():
    """As at a corner: it mirrors currents that are the chip's."""
    tool = transistor("m.xtool.xa.m1")
    alone, both = (
        mismatch_of(deck("*place xtool is ideal"), GENERIC, 3, part) for part in ("global", "both")
    )
    assert deviations(alone, tool) == deviations(alone, transistor("m.xa.m1"))
    assert deviations(both, tool) == deviations(alone, tool)


def test_local_deviations_are_those_that_dies_have_always_had():
    """Recorded, bit by bit."""
    local = mismatch_of(deck("r1 a 0 1"), GENERIC, 3)
    assert local == mismatch_of(deck("r1 a 0 1"), GENERIC, 3, "local")
    zvt, zb = normals(3, "xa")
    sigma = np.sqrt(2.0 * (AREA[0] * 1e6) * (AREA[1] * 1e6))
    expected = [0.0 + zvt * (4e-3 / sigma), 1.0 * (1 + zb * (0.01 / sigma))]
    assert deviations(local, transistor("m.xa.m1")) == expected


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"technology": "gf180"}, "'both': gf180 doesn't state what dies have in common"),
        ({"corner": "ff"}, "'both': corner ff states already"),
    ],
)
def test_a_variation_that_is_not_known_or_counts_twice_is_refused(stated, message):
    with pytest.raises(InputError, match=message):
        validated(Conditions, {**stated, "die": 3, "variation": "both"}, "options")


def test_the_nominal_die_has_no_variation():
    with pytest.raises(InputError, match="variation 'global': state a die"):
        Conditions(variation="global").check_varies()
    Conditions(variation="global", die=1).check_varies()


def test_the_nominal_die_has_no_mismatch_that_could_be_scaled():
    with pytest.raises(InputError, match="mismatch_scale: state a die"):
        Conditions(mismatch_scale=2).check_varies()
    Conditions(mismatch_scale=2, die=1).check_varies()


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"mismatch_scale": 0}, "mismatch_scale"),
        ({"mismatch_scale": 2, "variation": "global"}, "don't deviate by themselves"),
    ],
)
def test_a_scale_of_nothing_is_refused(stated, message):
    with pytest.raises(InputError, match=message):
        validated(Conditions, {**stated, "die": 3}, "options")


def test_another_scale_is_another_deck_and_has_another_folder():
    twice = Conditions(die=3, mismatch_scale=2)
    assert twice.label == "generic180-27C-die3-mismatch2"
    decks = [deck_under("title", one).text for one in (Conditions(die=3), twice)]
    assert [*decks[1].splitlines()] != [*decks[0].splitlines()]
    assert "* mismatch times 2.0" in decks[1]


def test_a_technology_states_what_all_of_its_kinds_have_in_common():
    values = GENERIC.model_dump()
    del values["common"]["pfet"]
    with pytest.raises(ValueError, match="common has other kinds than nfet, pfet"):
        Technology.model_validate(values)


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


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("*place xone is ideal", "there is no xone, whose place it states"),
        ("*place xa is ideal equipment", "not of the form \\*place INSTANCE is PLACE"),
        ("*place xa", "not of the form"),
        ("* place xa is none of it", "not of the form"),
    ],
)
def test_places_that_would_be_passed_over_are_refused(line, reason):
    with pytest.raises(DeckError, match=f"deck:1: .*{reason}"):
        mismatch_of(deck(line), GENERIC, 1)


def test_a_place_may_have_blanks_as_comments_do():
    assert mismatch_of(deck("* Place XA  is ideal"), GENERIC, 1).place("m.xa.m1") is None
    assert mismatch_of(deck("* place for another device"), GENERIC, 1).place("m.xa.m1") == "xa"


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


def test_what_dies_have_in_common_has_a_file_beside_the_technology_s(tmp_path):
    path = tmp_path / "own.toml"
    text = (FOLDER / "generic180.toml").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    assert read_technology(str(path)).common == {}
    beside = tmp_path / "variation" / "own.toml"
    beside.parent.mkdir()
    both = "[nfet]\nvt = 0.01\nbeta = 0.02\n[pfet]\nvt = 0.03\nbeta = 0.04\n"
    beside.write_text(both, encoding="utf-8")
    assert read_technology(str(path)).common["pfet"].vt == 0.03
    path.write_text(f"{text}\n[common.nfet]\nvt = 1\nbeta = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.toml: common is stated in .*variation"):
        read_technology(str(path))

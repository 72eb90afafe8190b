"""Technologies as files: those that there are, one of the user's, and what is refused."""

import re

import pytest

from cosim.engine.spice_parameters import spice_number
from cosim.technologies.technology import FOLDER, read_technology, technology_names
from ebn_model.errors import InputError

OWN = """\
about = "a process of one's own"
netlist = "own.spice"
supply = "1.2 V"
supply_range = ["1 V", "1.4 V"]
latch_threshold = "0.5 V"
[corners.tt]
"""


def mismatch(avt=4e-3, abeta=0.01):
    """The last lines of OWN with mismatch of a kind of transistors."""
    return f"[mismatch.n]\nmodel = 'n'\navt = {avt}\nabeta = {abeta}\n[corners.tt]"


@pytest.fixture
def own(tmp_path):
    def write(text):
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_there_are_three():
    assert technology_names() == ["generic180", "gf180", "sky130"]


@pytest.mark.parametrize("name", ["generic180", "gf180", "sky130"])
def test_each_has_five_corners(name):
    assert read_technology(name).corners.keys() == {"tt", "ff", "ss", "fs", "sf"}


def test_ngspice_alone_gets_the_same_supply():
    text = FOLDER.joinpath("generic180.spice").read_text(encoding="utf-8")
    [stated] = re.findall(r"^\.param supply=(\S+)$", text, re.M)
    assert spice_number(stated) == read_technology("generic180").supply


def test_the_corners_of_generic180_are_fast_and_slow():
    """A negative shift of the signed threshold makes an nFET fast, a positive one a pFET."""
    corners = read_technology("generic180").corners
    for name in ("ff", "ss", "fs", "sf"):
        for kind, letter, sign in (("n", name[0], -1), ("p", name[1], 1)):
            fast = letter == "f"
            found = corners[name].parameters
            assert (sign * found[f"dvt_{kind}"] > 0) == fast
            assert (found[f"mobility_{kind}"] > 1) == fast


def test_the_extra_names_the_packages():
    text = FOLDER.parents[1].joinpath("pyproject.toml").read_text(encoding="utf-8")
    [packages] = re.findall(r"^technologies = \[(.*)\]$", text, re.M)
    stated = {read_technology(name).models.package for name in ("gf180", "sky130")}
    assert set(re.findall(r'"([^"]+)"', packages)) == stated


def test_one_of_the_users_own(own):
    technology = read_technology(own(OWN))
    assert technology.name == "own"
    assert technology.supply == 1.2
    varied = read_technology(own(OWN.replace("[corners.tt]", mismatch())))
    assert (varied.pelgrom["n"].avt, varied.pelgrom["n"].abeta) == (4e-3, 0.01)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("supply =", "suply =", "unknown key 'suply'"),
        ('"1.2 V"', '"1.2 A"', "supply: '1.2 A' has the unit A"),
        ('"1.2 V"', '"1.6 V"', "supply = 1.6 V is outside supply_range"),
        ('"0.5 V"', '"5 V"', "latch_threshold = 5 V is outside 0.24 .. 0.96 V"),
        ('"0.5 V"', '"0.5 mV"', "latch_threshold = 0.0005 V is outside"),
        (
            "[corners.tt]",
            mismatch(avt=3.5e-9),
            "mismatch.n.avt: 3.5e-09 is outside 0.0001 .. 0.1 V*um",
        ),
        ("[corners.tt]", mismatch(avt=3.5), "it is stated in V*um"),
        ("[corners.tt]", mismatch(abeta=1), "mismatch.n.abeta: 1 is outside 0.0001 .. 0.3 um"),
        ("[corners.tt]", mismatch(abeta=1e-8), "it is stated in um"),
        ("[corners.tt]", "[corners.typical]", "corners has no tt"),
        ('netlist = "own.spice"', "", "state a netlist with wrappers, or nfet, pfet and models"),
        ("about", 'name = "x"\nabout', "name is not stated"),
        (
            "[corners.tt]",
            "[corners.tt]\n[corners.ss]\nfile = 'ss.lib'\nsections = ['ss']",
            "corners.ss: file and sections need [models]",
        ),
        ("[corners.tt]", "[corners.tt]\n[corners.ff]", "corners: tt and ff are the same"),
        (
            "[corners.tt]",
            "[models]\nfile = 'own.lib'\n[corners.tt]\nsections = ['tt']\n"
            "[corners.ss]\nfile = 'own.lib'\nsections = ['tt']",
            "corners: tt and ss are the same",
        ),
        ("[corners.tt]", "[models]\nchanges = { a = 1 }\n[corners.tt]", "changes need a reason"),
    ],
)
def test_faults_are_named_with_the_file(own, old, new, reason):
    with pytest.raises(InputError, match=rf"own\.toml.*{re.escape(reason)}"):
        read_technology(own(OWN.replace(old, new, 1)))

"""Models of an installed package, cut out for a deck and kept in the user's cache."""

import re
from pathlib import Path

import pytest

from cosim.engine.deck import Deck
from cosim.technologies import models
from cosim.technologies.deck import with_models, with_wrappers
from cosim.technologies.models import ModelError
from cosim.technologies.technology import read_technology
from cosim.workbench.errors import DeckError

FACTS = """\
about = "a process with models in a package"
supply = "1.8 V"
supply_range = ["1 V", "2 V"]
latch_threshold = "0.8 V"
[models]
package = "some-pdk==1.2"
file = "some_pdk/models.lib"
changes = { rbodymod = 0 }
reason = "faster"
[nfet]
model = "fast_n"
w_min = 0.2
l_min = 0.15
diffusion = 0.3
avt = 5e-3
abeta = 0.01
[pfet]
model = "fast_p"
w_min = 0.2
l_min = 0.15
diffusion = 0.3
avt = 5e-3
abeta = 0.01
l_offset = -0.05
[corners.tt]
sections = ["n_typical", "p_typical"]
parameters = { switch = 0 }
[corners.ff]
sections = ["n_typical", "absent"]
"""
LIBRARY = """\
* a foundry's text
.lib n_typical
.param noise='(switch==0)*2'
.subckt inside d g s b
.model fast_n.9 nmos lmin=0 lmax=1 wmin=0 wmax=1 rbodymod=1
.ends
.model fast_n.0 nmos
* between
+ lmin = 1e-7 lmax = 1e-6
+ wmin = 1e-7 wmax = 1e-6 rbodymod = 1.0 noia = noise
.model fast_n.1 nmos lmin=1e-6 lmax=1e-5 wmin=1e-7 wmax=1e-6 rbodymod=1
.model fast_n.2 nmos lmin=1e-6 lmax=1e-5 wmin=1e-6 wmax=1e-5 rbodymod=1
.model other.0 nmos rbodymod=1
.endl n_typical
.lib p_typical
.model fast_p pmos rbodymod=1
.endl p_typical
"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """An installed package, version 1.2, and a cache of its own; the file of its models."""
    site = tmp_path / "site"
    info = site / "some_pdk-1.2.dist-info"
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: some-pdk\nVersion: 1.2\n")
    file = site / "some_pdk" / "models.lib"
    file.parent.mkdir()
    file.write_text(LIBRARY)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(models, "user_cache_path", lambda name: tmp_path / "cache")
    return file


@pytest.fixture
def technology(tmp_path, library):
    path = tmp_path / "own.toml"
    path.write_text(FACTS, encoding="utf-8")
    return read_technology(str(path))


def deck_of(technology, text="xa d g 0 0 nfet w=0.5 l=0.5", corner="tt"):
    deck = with_wrappers(Deck("d"), technology, corner).append(text, "test")
    return with_models(deck, technology, corner)


def reference(deck):
    [path] = re.findall(r'^\.lib "(.*)" models$', deck.text, re.M)
    return path


def expanded(deck):
    return "\n".join(line.text for line in deck.expanded())


def test_a_deck_gets_the_bins_of_its_sizes_and_the_parameters(technology):
    text = expanded(deck_of(technology))
    assert re.findall(r"^\.model (\S+)", text, re.M) == ["fast_n.0", "fast_p"]
    assert ".param noise='(switch==0)*2'" in text
    assert ".param switch=0.0" in text


@pytest.mark.parametrize(
    ("sizes", "bins"),
    [
        ("w=0.5 l=5", ["1"]),
        ("w=5 l=5", ["2"]),
        ("w=0.5 l=1", ["0", "1"]),
        ("w=0.01 l=0.01", ["0"]),
        ("w={x*2} l=5", ["1", "2"]),
    ],
)
def test_bins_of_other_sizes(technology, sizes, bins):
    text = expanded(deck_of(technology, f"xa d g 0 0 nfet {sizes}"))
    assert re.findall(r"^\.model fast_n\.(\d)", text, re.M) == bins


def test_changed_parameters(technology):
    text = expanded(deck_of(technology))
    assert text.count("rbodymod=0.0") == 2
    assert "rbodymod=1" not in text


def test_no_text_of_the_foundry_is_in_the_deck_but_its_digest(technology):
    deck = deck_of(technology)
    assert "noia" not in deck.text
    [(path, digest)] = deck.library_files
    assert f"* SHA-256 {digest}" in deck.text
    assert str(path) == reference(deck)


def test_the_cache_is_used_and_never_what_is_damaged_in_it(technology, monkeypatch):
    path = reference(deck_of(technology))
    cut = models._cut
    calls = []
    monkeypatch.setattr(models, "_cut", lambda *args: calls.append(args) or cut(*args))
    cached = Path(path)
    whole = cached.read_text(encoding="utf-8")
    assert reference(deck_of(technology)) == path
    assert not calls
    damaged = (
        whole.replace("lmin=1e-7", "lmin=2e-7"),
        whole.replace("nmos", "pmos"),
        whole[:-30],
        "",
    )
    for number, text in enumerate(damaged, start=1):
        assert text != whole
        cached.write_text(text, encoding="utf-8")
        deck_of(technology)
        assert cached.read_text(encoding="utf-8") == whole
        assert len(calls) == number


def test_other_models_in_the_package_make_another_deck(technology, library):
    before = deck_of(technology).sha256
    library.write_text(LIBRARY.replace("lmin = 1e-7", "lmin = 1.1e-7"))
    assert deck_of(technology).sha256 != before


def test_a_package_that_is_missing_or_of_another_version(technology):
    for package, reason in (
        ("no-pdk==1", "package no-pdk, which isn't installed; install it with: pip install"),
        ("some-pdk==1.3", "made for some-pdk 1.3, not 1.2; install it with: pip install --no-deps"),
    ):
        found = technology.models.model_copy(update={"package": package})
        with pytest.raises(ModelError, match=re.escape(reason)):
            deck_of(technology.model_copy(update={"models": found}))


def test_what_the_package_lacks(technology):
    with pytest.raises(DeckError, match="no section absent in"):
        deck_of(technology, corner="ff")
    with pytest.raises(ModelError, match=r"no model fast_n of the deck's sizes"):
        deck_of(technology, "xa d g 0 0 nfet w=50 l=5")
    other = technology.models.model_copy(update={"changes": {"absent": 1.0}})
    with pytest.raises(ModelError, match="have no parameter absent"):
        deck_of(technology.model_copy(update={"models": other}))
    other = technology.models.model_copy(update={"file": "some_pdk/none.lib"})
    with pytest.raises(ModelError, match=r"no file .*none\.lib with models"):
        deck_of(technology.model_copy(update={"models": other}))


def test_models_of_ones_own_stay_where_they_are(tmp_path, technology):
    tmp_path.joinpath("own.lib").write_text(LIBRARY)
    other = technology.models.model_copy(update={"package": None, "file": "own.lib", "changes": {}})
    deck = deck_of(technology.model_copy(update={"models": other}))
    assert f'.lib "{tmp_path}/own.lib" n_typical\n.lib "{tmp_path}/own.lib" p_typical' in deck.text
    assert "noia" not in deck.text


def test_wrappers_clamp_sizes_and_have_mismatch(technology):
    text = with_wrappers(Deck("d"), technology, "tt").text
    assert "m1 d g s b fast_p w={max(w,0.2)*1u} l={max(l,0.15)*1u} m={m}" in text
    assert "+ delvto={zvt*0.005/sqrt(m*(max(w,0.2)+0.0)*(max(l,0.15)-0.05))}" in text


def test_a_corner_that_sets_what_nothing_uses_is_named(tmp_path, library):
    path = tmp_path / "own.toml"
    path.write_text(FACTS.replace("switch = 0", "swich = 0"), encoding="utf-8")
    with pytest.raises(DeckError, match="its corner tt sets swich, which neither"):
        deck_of(read_technology(str(path)))


def test_files_of_ones_own_models(tmp_path, technology):
    assert models.own_model_files(technology) == []
    tmp_path.joinpath("top.lib").write_text(".lib tt\n.lib cards.lib all\n.endl\n")
    tmp_path.joinpath("cards.lib").write_text(".lib all\n.model fast_n nmos\n.endl\n")
    path = tmp_path / "mine.toml"
    own = FACTS.replace('package = "some-pdk==1.2"\n', "").replace("some_pdk/models.lib", "top.lib")
    own = own.replace('["n_typical", "p_typical"]', '["tt"]')
    path.write_text(own, encoding="utf-8")
    found = models.own_model_files(read_technology(str(path)))
    assert [file.name for file in found] == ["cards.lib", "top.lib"]

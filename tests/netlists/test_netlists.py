"""The netlists follow the house's etiquette, and every bench runs with nothing but ngspice."""

import re
from pathlib import Path

import numpy as np
import pytest

from cosim.engine.deck import read_netlist
from cosim.workbench.places import NETLISTS

CELLS = sorted((NETLISTS / "cells").glob("*.cir"))
BENCHES = sorted((NETLISTS / "benches").glob("*.cir"))
TECHNOLOGIES = sorted((NETLISTS / "technology").glob("*.spice"))
DEVICE_LETTERS = "xmc"
CONDITIONS = (".if", ".elseif", ".else", ".endif")


def statements(path: Path) -> list[str]:
    """Cards of a file, lower-case, continuation lines joined, without comments."""
    lines = [line for line in path.read_text().lower().splitlines() if not line.startswith("*")]
    return re.sub(r"\n\+", " ", "\n".join(lines)).split("\n")


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


@named(CELLS)
def test_a_cell_is_one_subcircuit_named_like_its_file(path):
    cards = [card.split()[:2] for card in statements(path) if card.startswith(".")]
    assert [card for card in cards if card[0] not in CONDITIONS] == [
        [".subckt", path.stem],
        [".ends", path.stem],
    ]


@named(CELLS)
def test_a_cell_has_only_transistors_capacitors_and_cells(path):
    inside = [card for card in statements(path) if card and not card.startswith(".")]
    others = [card for card in inside if card[0] not in DEVICE_LETTERS]
    if path.stem in ("bias_block", "spike_bias"):
        # Their reference currents stand for a chip's bias generator.
        others = [card for card in others if not re.fullmatch(r"i\w+ \w+ \w+ \{i_\w+\}", card)]
    assert others == []


@named(CELLS)
def test_a_cell_states_its_law_and_every_pin(path):
    header = "\n".join(line for line in path.read_text().splitlines() if line.startswith("*"))
    assert header.startswith(f"* {path.stem}: ")
    assert "\n* law " in header
    subckt = next(card for card in statements(path) if card.startswith(".subckt")).split()
    parameters = [word.split("=")[0] for word in subckt[2:] if "=" in word]
    pins = [word for word in subckt[2:] if "=" not in word]
    for name in parameters + pins:
        numbered = re.sub(r"\d", "0", name)
        described = rf"\b({name}|{numbered})\b" if not name.startswith("v_") else rf"{name}\b|v_\*"
        assert re.search(described, header.lower()), f"{name} is not described"


@named(TECHNOLOGIES)
def test_a_technology_has_the_two_wrappers_and_no_sources(path):
    cards = statements(path)
    assert {card.split()[1] for card in cards if card.startswith(".subckt")} == {"nfet", "pfet"}
    assert all(card[0] in ".m+" for card in cards if card)


def test_every_cell_is_in_the_list_that_decks_include():
    listed = re.findall(
        r"^\.include cells/(\w+\.cir)$", (NETLISTS / "cells.spice").read_text(), re.M
    )
    assert sorted(listed) == [path.name for path in CELLS]


@named(BENCHES)
def test_a_bench_prints_something_in_plain_ngspice(path):
    """Without a .print line of its analysis, `ngspice -b` would refuse to run it."""
    text = read_netlist(path).text
    analysis = re.search(r"^\.(tran|dc|noise) ", text, re.M)[1]
    assert re.search(rf"^\.print {analysis} \S", text, re.M)


@pytest.mark.ngspice
@named([path for path in BENCHES if not path.stem.endswith("_noise")])
def test_a_bench_runs_and_gives_finite_data(path, bench_results):
    vectors = bench_results[path.stem]
    assert all(np.isfinite(values).all() and len(values) > 50 for values in vectors.values())

"""The netlists follow the house's etiquette, and every bench runs with nothing but ngspice."""

import re
from pathlib import Path

import numpy as np
import pytest

from cosim.circuit import NETLISTS
from cosim.engine.deck import read_netlist
from cosim.engine.job import Job
from cosim.engine.worker import run_jobs

CELLS = sorted((NETLISTS / "cells").glob("*.cir"))
BENCHES = sorted((NETLISTS / "benches").glob("*.cir"))
TECHNOLOGIES = sorted((NETLISTS / "technology").glob("*.spice"))
DEVICE_LETTERS = "xmc"


def statements(path: Path) -> list[str]:
    """Cards of a file, lower-case, continuation lines joined, without comments."""
    lines = [line for line in path.read_text().lower().splitlines() if not line.startswith("*")]
    return re.sub(r"\n\+", " ", "\n".join(lines)).split("\n")


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


@named(CELLS)
def test_a_cell_is_one_subcircuit_named_like_its_file(path):
    cards = [card.split() for card in statements(path) if card.startswith(".")]
    assert [card[:2] for card in cards] == [[".subckt", path.stem], [".ends", path.stem]]


@named(CELLS)
def test_a_cell_has_only_transistors_capacitors_and_cells(path):
    inside = [card for card in statements(path) if card and not card.startswith(".")]
    others = [card for card in inside if card[0] not in DEVICE_LETTERS]
    if path.stem == "bias_block":
        # Its reference currents stand for a chip's bias generator.
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
    analysis = re.search(r"^\.(tran|dc) ", text, re.M)[1]
    assert re.search(rf"^\.print {analysis} \S", text, re.M)


@pytest.fixture(scope="module")
def bench_results():
    """Vectors of every bench, by name, each run as its file says."""
    jobs = []
    for path in BENCHES:
        deck = read_netlist(path)
        tran = re.search(r"^\.tran \S+ (\d+)([mu]) ", deck.text, re.M)
        stop = int(tran[1]) * {"m": 1e-3, "u": 1e-6}[tran[2]] if tran else None
        jobs.append(Job(path.stem, deck, t_stop=stop))
    # The slowest bench first, so that no processor waits for it at the end.
    jobs.sort(key=lambda job: job.label != "up_down_counter")
    return {jobs[index].label: vectors for index, vectors in run_jobs(jobs)}


@named(BENCHES)
def test_a_bench_runs_and_gives_finite_data(path, bench_results):
    vectors = bench_results[path.stem]
    assert all(np.isfinite(values).all() and len(values) > 50 for values in vectors.values())


def sampled_weights(vectors, prefix, times):
    bits = [np.interp(times, vectors["time"], vectors[f"{prefix}{k}"]) > 0.9 for k in range(6)]
    return sum(bit.astype(int) << k for k, bit in enumerate(bits[:5])) - 32 * bits[5]


@pytest.mark.parametrize(
    ("prefix", "weights"),
    [
        ("u", [30, 31, 31, 31, 30, 29, 28, 28, 28]),
        ("m", [-30, -29, -28, -27, -28, -29, -30, -30, -30]),
        ("d", [-31, -32, -32, -32, -31, -30, -29, -29, -29]),
    ],
    ids=["saturates at 31", "counts through carries", "saturates at -32"],
)
def test_the_weight_counts_saturates_and_holds(prefix, weights, bench_results):
    before_each_pulse = 4.5e-6 + 5e-6 * np.arange(9)
    vectors = bench_results["learning_control"]
    np.testing.assert_array_equal(sampled_weights(vectors, prefix, before_each_pulse), weights)


@pytest.mark.parametrize(("prefix", "start", "step"), [("u", -32, 1), ("d", 31, -1)])
def test_every_code_counts_both_ways(prefix, start, step, bench_results):
    before_each_pulse = 3.8e-6 + 4e-6 * np.arange(66)
    vectors = bench_results["up_down_counter"]
    np.testing.assert_array_equal(
        sampled_weights(vectors, prefix, before_each_pulse),
        (start + step * np.arange(66)).clip(-32, 31),
    )


def test_the_weight_changes_at_falling_edges_only(bench_results):
    vectors = bench_results["learning_control"]
    rising = 5e-6 * np.arange(1, 9)
    for prefix in "umd":
        before = sampled_weights(vectors, prefix, rising - 0.2e-6)
        late_in_pulse = sampled_weights(vectors, prefix, rising + 1.9e-6)
        np.testing.assert_array_equal(late_in_pulse, before)


def test_the_decision_is_held_from_rising_edge_to_rising_edge(bench_results):
    vectors = bench_results["learning_control"]
    # The input turns from INC to DEC at 18 us and to SL at 33 us, between pulses.
    for time, inc, sl in ((19e-6, 1, 0), (21e-6, 0, 0), (34e-6, 0, 0), (36e-6, 0, 1)):
        assert (np.interp(time, vectors["time"], vectors["u_inc"]) > 0.9) == inc
        assert (np.interp(time, vectors["time"], vectors["u_sl"]) > 0.9) == sl


def test_the_neuron_bench_learns(bench_results):
    vectors = bench_results["learning_neuron"]
    weights = sampled_weights(vectors, "q", np.array([3e-3, 6e-3, 11e-3]))
    np.testing.assert_array_equal(weights, [8, 9, 10])

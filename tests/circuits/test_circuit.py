import re
from collections import Counter

import numpy as np
import pytest
from synthetic import BITS, DURATION, SPIKES, WIDTH, stimulus

from cosim.circuits import bias_tables
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.neuron import TransistorCircuit
from cosim.circuits.neuron_readout import I_MEM
from cosim.circuits.neuron_sources import EDGE
from cosim.engine.solver_options import SolverOptions
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable


def top_cards(deck):
    """The deck's cards outside of subcircuits, continuation lines joined."""
    text = re.sub(r"\n\+", " ", deck.text)
    outside = re.sub(r"(?ims)^\.subckt\b.*?^\.ends\b[^\n]*$", "", text)
    return [line for line in outside.splitlines()[1:] if line and not line.startswith("*")]


def sources(deck):
    """Value of every voltage source by its name, where all names differ."""
    cards = [card.split(maxsplit=3) for card in top_cards(deck) if card.lower().startswith("v")]
    assert Counter(name.lower() for name, *_ in cards).most_common(1)[0][1] == 1
    return {name: value for name, _, _, value in cards}


def corners(value):
    """Times and levels of a piecewise-linear source, shape (2, corners)."""
    numbers = re.fullmatch(r"pwl\((.*)\)", value)[1].split()
    return np.array(numbers, dtype=float).reshape(-1, 2).T


def parameters(deck):
    """Names and values of all `.param` statements outside of subcircuits."""
    cards = [card for card in top_cards(deck) if card.lower().startswith(".param")]
    return [pair for card in cards for pair in re.findall(r"(\w+)\s*=\s*(\S+)", card)]


# The deck.


def test_every_input_of_the_circuit_has_one_source(circuit):
    assert sources(circuit.job(stimulus(), "run").deck).keys() == {
        *("vdda", "vddd", "vinput", "vextra", "vextra_b", "vreset", "vload"),
        *(f"vp{bit}" for bit in range(6)),
    }


@pytest.mark.parametrize("extra", [False, True])
def test_corner_times_ascend(circuit, extra):
    deck = circuit.job(stimulus(extra_synapse=extra), "run").deck
    moving = [value for value in sources(deck).values() if value.startswith("pwl")]
    assert len(moving) == (5 if extra else 3)
    for value in moving:
        times, levels = corners(value)
        assert times[0] == 0
        assert (np.diff(times) > 0).all()
        assert set(levels) == {0, 1.8}


def test_pulses_have_their_edges_middles_at_the_spike_times(circuit):
    times, levels = corners(sources(circuit.job(stimulus(), "run").deck)["vinput"])
    assert levels.tolist() == [0, 0, 1.8, 1.8, 0, 0, 1.8, 1.8, 0]
    middles = [4.005e-3, 5.015e-3, 9.005e-3, 10.015e-3]
    expected = [middle + half for middle in middles for half in (-0.5e-9, 0.5e-9)]
    assert times[1:] == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("spikes", [SPIKES, [4.005e-3, 11.5e-3], [4.005e-3, DURATION - 20e-6], []])
def test_the_edges_to_meet_are_the_corners_within_the_run(circuit, spikes):
    job = circuit.job(stimulus(spikes), "run")
    value = sources(job.deck)["vinput"]
    times = corners(value)[0][1:] if spikes else np.empty(0)
    assert job.edges == pytest.approx(times[times < DURATION], abs=1e-14)


def test_the_reset_and_the_preset_end_after_their_times(circuit):
    values = sources(circuit.job(stimulus(), "run").deck)
    for name, end in (("vreset", 2.55e-3), ("vload", 10e-6)):
        times, levels = corners(values[name])
        assert times == pytest.approx([0, end, end + EDGE], abs=1e-14)
        assert levels.tolist() == [1.8, 1.8, 0]


def test_no_reset_is_a_constant_zero(circuit):
    deck = circuit.job(stimulus(reset_until=0.0), "run").deck
    assert float(sources(deck)["vreset"]) == 0


def test_the_extra_synapse_gets_the_same_pulses_and_their_complement(circuit):
    values = sources(circuit.job(stimulus(extra_synapse=True), "run").deck)
    assert values["vextra"] == values["vinput"]
    times, levels = corners(values["vinput"])
    inverse_times, inverse_levels = corners(values["vextra_b"])
    assert (inverse_times == times).all()
    assert (inverse_levels + levels == 1.8).all()


def test_an_extra_synapse_that_is_off_is_held_off(circuit):
    values = sources(circuit.job(stimulus(), "run").deck)
    assert [float(values[name]) for name in ("vextra", "vextra_b")] == [0, 1.8]


@pytest.mark.parametrize(
    ("weight", "bits"),
    [
        (-32, "100000"),
        (-1, "111111"),
        (0, "000000"),
        (31, "011111"),
        (8, "001000"),
        (np.int64(-22), "101010"),
    ],
)
def test_the_preset_is_the_start_weight_in_twos_complement(circuit, weight, bits):
    values = sources(circuit.job(stimulus(start_weight=weight), "run").deck)
    levels = [float(values[f"vp{bit}"]) for bit in (5, 4, 3, 2, 1, 0)]
    assert levels == [1.8 * int(bit) for bit in bits]


def test_the_biases_are_plain_floats_and_defined_once(circuit, biases):
    found = parameters(circuit.job(stimulus(), "run").deck)
    names = [name for name, _ in found if name in BiasTable.model_fields]
    assert len(names) == len(set(names))
    values = {name: value for name, value in found if name in BiasTable.model_fields}
    assert all(re.fullmatch(r"[\d.]+(e-\d+)?", value) for value in values.values())
    assert {name: float(value) for name, value in values.items()} == biases.model_dump()


def test_the_biases_of_the_deck_are_those_that_were_given(biases):
    changed = biases.model_copy(update={"i_rest": 5e-9})
    deck = TransistorCircuit(changed).job(stimulus(), "run").deck
    assert float(dict(parameters(deck))["i_rest"]) == 5e-9


def test_the_analysis_temperature_and_options_are_there_once(biases):
    solver = SolverOptions(reltol=1e-3, max_step="50u")
    deck = (
        TransistorCircuit(biases, solver, Conditions(temperature=60.0)).job(stimulus(), "run").deck
    )
    cards = [card.split() for card in top_cards(deck)]
    (tran,) = [card for card in cards if card[0] == ".tran"]
    (temperature,) = [card for card in cards if card[0] == ".temp"]
    (options,) = [card for card in cards if card[0] == ".options"]
    assert [float(number) for number in (tran[2], tran[4])] == [DURATION, 50e-6]
    assert float(temperature[1]) == 60
    assert options[1:3] == ["method=trap", "xmu=0.49"]
    assert "reltol=0.001" in options


def test_the_deck_has_no_include_left(circuit):
    assert not re.search(r"(?im)^\s*\.(inc|lib)", circuit.job(stimulus(), "run").deck.text)


def test_the_job_expects_the_whole_run(circuit, tmp_path):
    job = circuit.job(stimulus(), "some run", tmp_path / "run.raw")
    assert (job.label, job.t_stop, job.raw_path) == ("some run", DURATION, tmp_path / "run.raw")
    assert {I_MEM, *BITS, "v(inc)", "v(sl)"} <= set(job.vectors)


def test_jobs_do_not_add_up(circuit):
    first = circuit.job(stimulus(), "run").deck.text
    circuit.job(stimulus([6e-3], start_weight=-5), "other")
    assert circuit.job(stimulus(), "run").deck.text == first


# What is refused.

BAD_NAMES = [
    "",
    "unknown",
    "../x",
    "../biases/published",
    "../technology/generic180",
    "published\n.include y",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_an_unknown_bias_table_is_refused_with_those_there_are(name):
    with pytest.raises(InputError, match=r"there are: .*published") as error:
        read_biases(name)
    assert f"unknown bias table {name!r}" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (".param i_sl=", "* i_sl=", "i_sl: Field required"),
        (".param i_sl=", ".param i_slow=", "unknown key 'i_slow'"),
        (".param i_wta=10n", ".param i_wta=10", "i_wta: "),
        (".param i_wta=10n", ".param i_wta=-10n", "i_wta: "),
        (".param i_wta=10n", ".param i_wta={i_rest}", "i_wta: "),
    ],
)
def test_a_bad_bias_table_is_refused_by_its_name(tmp_path, monkeypatch, old, new, reason):
    text = (bias_tables.bias_folder("generic180") / "published.spice").read_text()
    assert old in text
    (tmp_path / "bad.spice").write_text(text.replace(old, new))
    monkeypatch.setattr(bias_tables, "bias_folder", lambda technology: tmp_path)
    with pytest.raises(InputError) as error:
        read_biases("bad")
    assert re.search(r"\bbad\.spice(:\d+)?: ", str(error.value))
    assert reason in str(error.value)


def test_any_bias_table_is_read_by_its_path(tmp_path, monkeypatch, biases):
    text = bias_tables.bias_lines(biases.model_copy(update={"i_sl": 0.3e-9}))
    tmp_path.joinpath("published.spice").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_biases("published.spice").i_sl == pytest.approx(0.3e-9)
    assert read_biases("published") == biases
    with pytest.raises(InputError, match=r"cannot read mine/published\.spice: No such file"):
        read_biases("mine/published.spice")


def test_the_published_biases_are_read(biases):
    assert biases.i_lsb == pytest.approx(2e-9)
    assert biases.i_tau_mem == pytest.approx(10.43e-12)
    assert biases.i_wta == pytest.approx(10e-9)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"pulse_width": 10e-6}, "pulse_width"),
        ({"spikes": [4e-3, 4e-3 + WIDTH + 10e-6]}, r"spike_times\[1\]"),
        ({"spikes": [4e-3, 6e-3, 8e-3, 8e-3 + WIDTH + 1e-6]}, r"spike_times\[3\]"),
        ({"spikes": [0]}, r"spike_times\[0\]"),
        ({"spikes": [20e-6, 9e-3]}, r"spike_times\[0\]"),
    ],
)
def test_edges_too_close_for_the_circuit_are_named(circuit, changes, named):
    with pytest.raises(InputError, match=named):
        circuit.job(stimulus(**changes), "run")


@pytest.mark.parametrize(
    "changes",
    [
        {"pulse_width": 11e-6},
        {"spikes": [4e-3, 4e-3 + WIDTH + 11e-6]},
        {"spikes": [21e-6, 9e-3], "reset_until": 0},
    ],
)
def test_edges_just_far_enough_apart_are_taken(circuit, changes):
    assert len(circuit.job(stimulus(**changes), "run").edges) == 8


@pytest.mark.parametrize(
    "changes",
    [{"xmu": 0.6}, {"reltol": 0.1}, {"gmin": 0}, {"method": "euler"}, {"itl1": 5}, {"abstol": -1}],
)
def test_impossible_solver_options_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        SolverOptions(**changes)


# Reading results.


@pytest.mark.parametrize("edge", [4e-3, 4e-3 + WIDTH], ids=["rising", "falling"])
@pytest.mark.parametrize("rest", [20e-9, 9e-6])
def test_a_run_that_ends_while_the_circuit_settles_is_refused(circuit, edge, rest):
    with pytest.raises(InputError, match="after the last edge of a pulse"):
        circuit.job(stimulus([4e-3], duration=edge + rest), "run")


def test_a_duration_of_numpy_gives_the_same_deck(circuit):
    plain, numpy = (
        circuit.job(stimulus(duration=kind(DURATION)), "run") for kind in (float, np.float64)
    )
    assert plain.deck.text == numpy.deck.text

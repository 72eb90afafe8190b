"""Networks as NIR, and back."""

import sys
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
from lif_cases import MISMATCH, network_of

from cosim.exchange.nir_files import read_nir, write_nir
from cosim.exchange.nir_graph import graph_of
from cosim.replay.code_files import read_codes
from ebn_model.chip.mapping import kick_of
from ebn_model.chip.network import ChipNetwork, chip_state
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.network.parameters import MismatchParameters, RuleParameters

nir = pytest.importorskip("nir", reason="other tools' packages aren't installed: make exchange")


def chip_of(**changes):
    chip = ChipNetwork.build(ChipParameters(**{"neurons": 5, "sub_lsbs": 2} | changes), 3)
    codes = np.random.default_rng(3).integers(-32, 32, (5, 5))
    np.fill_diagonal(codes, 0)
    state = chip_state(codes, chip.parameters)
    fraction = np.random.default_rng(4).integers(0, 4, (5, 5))
    return replace(chip, state=replace(state, fraction=fraction))


def lif_of(**changes):
    rule = RuleParameters(sub_lsbs=2, dead_zone=1.0)
    return network_of(mismatch=MismatchParameters(**MISMATCH), rule=rule, **changes)


NETWORKS = {
    "lif": lif_of,
    "slow": lambda: replace(lif_of(), slow_weights=np.arange(81.0).reshape(9, 9), bias=np.ones(9)),
    "chip": lambda: chip_of(mismatch=MismatchParameters(**MISMATCH)),
}


def assert_same(one, other):
    """Records of arrays that are equal to the last bit."""
    for field in fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if is_dataclass(mine):
            assert_same(mine, theirs)
        elif isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, theirs, strict=True)
        else:
            assert mine == theirs


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back_bit_by_bit(name, tmp_path):
    network = NETWORKS[name]()
    write_nir(tmp_path / "network.nir", network)
    back = read_nir(tmp_path / "network.nir")
    assert type(back) is type(network)
    assert_same(back, network)


def test_the_nodes_have_what_the_network_does(tmp_path):
    network = NETWORKS["slow"]()
    write_nir(tmp_path / "network.nir", network)
    nodes = nir.read(str(tmp_path / "network.nir")).nodes
    p, chip = network.parameters, network.mismatch
    neurons = nodes["neurons"]
    assert isinstance(neurons, nir.LIF)
    np.testing.assert_allclose(neurons.tau, p.tau_mem * chip.tau_mem)
    np.testing.assert_allclose(neurons.v_threshold, network.thresholds)
    np.testing.assert_allclose(neurons.v_reset, network.state.v_reset)
    np.testing.assert_allclose(neurons.v_leak, network.state.v_rest + 1)
    np.testing.assert_allclose(
        nodes["recurrent_weights"].weight, network.state.weights * chip.weight
    )
    np.testing.assert_allclose(nodes["input_weights"].weight, (network.decoder * p.tau_mem).T)
    np.testing.assert_allclose(nodes["slow_weights"].weight, network.slow_weights)
    assert set(nodes["synapses"].tau) == {p.tau_fast}
    assert set(nodes["slow_synapses"].tau) == {p.tau_slow}


def test_the_chip_is_linear_about_its_rest(tmp_path):
    network = chip_of()
    write_nir(tmp_path / "network.nir", network)
    nodes = nir.read(str(tmp_path / "network.nir")).nodes
    p = network.parameters
    spike = p.neuron.spike
    assert nodes["neurons"].v_threshold == pytest.approx((spike.i_spike - p.i_rest) / p.alpha)
    assert nodes["neurons"].tau == pytest.approx(p.tau_mem)
    np.testing.assert_allclose(nodes["input_weights"].weight, network.decoder.T * p.tau_mem)
    assert nodes["bus"].delay == pytest.approx(p.slot)
    weights, codes = nodes["recurrent_weights"].weight, network.state.weights
    assert (np.sign(weights) == np.sign(codes)).all()
    # A pulse of code w lifts a membrane at rest as high as a spike of the weight does.
    ratio = p.neuron.excitatory.tau / p.tau_mem
    times = np.linspace(0, 10e-3, 10001)
    rise = np.exp(-times / p.tau_mem) - np.exp(-times / p.neuron.excitatory.tau)
    height = (ratio / (1 - ratio) * rise).max() * weights * p.alpha
    kicks = np.vectorize(lambda code: kick_of(p.neuron, p.pulse_width, int(code)))(codes)
    used = codes != 0
    np.testing.assert_allclose(height[used], kicks[used], rtol=1e-5)


@pytest.fixture
def changed(tmp_path):
    """Function that writes a network, lets a peer change the graph, and reads it again."""

    def change(network, edit):
        path = tmp_path / "network.nir"
        write_nir(path, network)
        graph = nir.read(str(path))
        edit(graph)
        nir.write(path, graph)
        return read_nir(path)

    return change


@pytest.mark.parametrize("network", [lif_of(saturate=True), chip_of()], ids=["lif", "chip"])
def test_weights_that_a_peer_trained_are_taken(network, changed):
    wanted = network.state.weights.copy()
    wanted[0, 1] = -4.0
    other = replace(network, state=replace(network.state, weights=wanted))

    def edit(graph):
        trained = graph_of(other).nodes["recurrent_weights"].weight[0, 1]
        # Peers have floats of 32 bits.
        graph.nodes["recurrent_weights"].weight[0, 1] = np.float32(trained)

    back = changed(network, edit)
    np.testing.assert_array_equal(back.state.weights, wanted)
    assert back.state.fraction[0, 1] == 2
    kept = np.ones_like(wanted, dtype=bool)
    kept[0, 1] = False
    np.testing.assert_array_equal(back.state.fraction[kept], network.state.fraction[kept])


def set_weight(n, k, value):
    def edit(graph):
        graph.nodes["recurrent_weights"].weight[n, k] = value

    return edit


@pytest.mark.parametrize(
    ("network", "edit", "message"),
    [
        (lif_of(), set_weight(0, 1, 0.123), "recurrent_weights[0, 1] = 0.123 is no weight"),
        (lif_of(), set_weight(2, 2, 2.0), "recurrent_weights[2, 2]"),
        (lif_of(), set_weight(2, 1, np.nan), "recurrent_weights[2, 1] = nan"),
        (chip_of(), set_weight(0, 1, 1000.0), "recurrent_weights[0, 1] = 1000"),
    ],
)
def test_a_weight_that_no_counter_can_hold_is_named(network, edit, message, changed):
    with pytest.raises(InputError) as caught:
        changed(network, edit)
    assert message in str(caught.value) and "network.nir" in str(caught.value)


def test_other_changes_are_refused(changed):
    def tau(graph):
        graph.nodes["neurons"].tau[3] *= 2

    def no_metadata(graph):
        graph.metadata.clear()

    def newer(graph):
        graph.metadata["version"] = 2

    def damaged(graph):
        graph.metadata["parameters"] = "{"

    def another_decoder(graph):
        graph.metadata["decoder"] = graph.metadata["decoder"][:, :5]

    def connected(graph):
        graph.edges.append(("input_weights", "output"))

    for edit, message in (
        (tau, "neurons.tau is not what the metadata say"),
        (no_metadata, "has no metadata of the format 'ebn-cosim network'"),
        (newer, "version 2 of the metadata; this program reads 1"),
        (damaged, "the metadata are damaged"),
        (another_decoder, "decoder of shape (2, 5) is not (2, 9)"),
        (connected, "connected otherwise"),
    ):
        with pytest.raises(InputError) as caught:
            changed(lif_of(), edit)
        assert message in str(caught.value) and "network.nir" in str(caught.value)


@pytest.mark.parametrize("read", [read_nir, lambda path: read_codes(path, 4)])
def test_a_graph_of_another_tool_is_refused(read, tmp_path):
    ones = np.ones(4)
    neurons = nir.LIF(tau=ones, r=ones, v_leak=0 * ones, v_threshold=ones)
    graph = nir.NIRGraph.from_list(nir.Linear(weight=np.ones((4, 2))), neurons)
    nir.write(tmp_path / "other.nir", graph)
    with pytest.raises(InputError, match=r"other\.nir: .* that another tool has made isn't read"):
        read(tmp_path / "other.nir")


def test_files_that_are_no_nir(tmp_path):
    with pytest.raises(InputError, match="no file"):
        read_nir(tmp_path / "none.nir")
    tmp_path.joinpath("text.nir").write_text("text")
    with pytest.raises(InputError, match=r"text\.nir: no readable NIR file"):
        read_nir(tmp_path / "text.nir")


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nir", None)
    with pytest.raises(InputError) as caught:
        write_nir(tmp_path / "network.nir", lif_of())
    message = "NIR files: the package nir isn't installed; install it by `make exchange`"
    assert message in str(caught.value) and "ebn-cosim[exchange]" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_codes_of_a_replay(tmp_path):
    chip = chip_of()
    write_nir(tmp_path / "chip.nir", chip)
    np.testing.assert_array_equal(read_codes(tmp_path / "chip.nir", 5), chip.state.weights)
    write_nir(tmp_path / "lif.nir", lif_of())
    with pytest.raises(InputError, match="holds a LifNetwork, whose weights are no codes"):
        read_codes(tmp_path / "lif.nir", 9)

"""The exported network in Brian2, which knows of it what the nodes of the NIR graph say."""

from dataclasses import replace

import numpy as np
import pytest
from lif_cases import MISMATCH, command_of, network_of

from cosim.exchange.nir_files import write_nir
from cosim.exchange.nir_in_brian import run_in_brian
from ebn_model.errors import InputError
from ebn_model.network.parameters import MismatchParameters

MISSING = "other tools' packages aren't installed: make exchange"
nir = pytest.importorskip("nir", reason=MISSING)
pytest.importorskip("brian2", reason=MISSING)

DT, FINE = 1e-4, 1e-5
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def read_back(network, folder):
    write_nir(folder / "network.nir", network)
    return nir.read(str(folder / "network.nir"))


def fine_run(network, command):
    """Our run in steps of FINE on a command that is constant for DT."""
    steps = round(DT / FINE)
    finer = np.vstack([np.repeat(command[:-1], steps, axis=0), command[-1:]])
    parameters = network.parameters.model_copy(update={"dt": FINE})
    return replace(network, parameters=parameters).run(finer)


@pytest.mark.parametrize("refractory", [0.0, 2e-3])
def test_all_spikes_are_ours(refractory, tmp_path):
    network = network_of(refractory=refractory, mismatch=MismatchParameters(**MISMATCH))
    network = replace(network, slow_weights=network.state.weights / 20, bias=np.full(9, 0.05))
    network = replace(network, state=replace(network.state, v_rest=np.zeros(9)))
    graph, command = read_back(network, tmp_path), command_of()
    waits = graph.metadata["refractory"]
    assert (waits == refractory).all()
    # The bias is part of v_leak, where Brian2 begins and we don't.
    network = replace(network, bias=None)
    network = replace(network, state=replace(network.state, v_rest=np.full(9, 0.05)))
    ours = fine_run(network, command)
    times, neurons = run_in_brian(graph, command, DT, FINE, waits)
    assert len(times) > 20
    assert neurons.tolist() == ours.spike_neurons.tolist()
    # Both round to a step at each spike, and what that moves adds up from spike to spike.
    np.testing.assert_allclose(times, ours.spike_times, atol=20 * FINE)


def test_what_the_nodes_leave_out_shows(tmp_path):
    network = network_of(refractory=2e-3)
    graph, command = read_back(network, tmp_path), command_of()
    without, _ = run_in_brian(graph, command, DT, FINE)
    assert len(without) > len(fine_run(network, command).spike_times)


def test_a_weight_in_the_nodes_counts(tmp_path):
    network = network_of()
    graph, command = read_back(network, tmp_path), command_of()
    graph.nodes["recurrent_weights"].weight[:] = 0
    silent = replace(network, state=replace(network.state, weights=np.zeros((9, 9))))
    ours = fine_run(silent, command)
    _, neurons = run_in_brian(graph, command, DT, FINE)
    # Two that fire at once may come in either order.
    counts, expected = (np.bincount(one, minlength=9) for one in (neurons, ours.spike_neurons))
    np.testing.assert_array_equal(counts, expected)
    assert abs(len(neurons) - len(fine_run(network, command).spike_neurons)) > 3


def test_what_it_cannot_run_is_named(tmp_path):
    graph = read_back(network_of(), tmp_path)
    with pytest.raises(InputError, match="command of shape"):
        run_in_brian(graph, np.zeros((10, 3)), DT)
    del graph.nodes["synapses"]
    with pytest.raises(InputError, match="the graph has no nodes synapses"):
        run_in_brian(graph, command_of(), DT)

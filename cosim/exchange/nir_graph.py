"""Networks as graphs of the Neuromorphic Intermediate Representation (NIR), and back.

The nodes have what NIR can say. The metadata have the rest, so that the network comes back bit by
bit: see docs/exchange.md.
"""

import json
from dataclasses import fields, replace
from typing import Any

import numpy as np

from cosim.exchange.equivalent import Equivalent, Network, Synapses, equivalent, nearest_weight
from cosim.exchange.extra import load_package
from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.lif.network import LifNetwork
from ebn_model.network.mismatch import Mismatch
from ebn_model.network.parameters import NetworkParameters
from ebn_model.network.results import LearnedState
from ebn_model.validation import validated
from ebn_model.weight_counter import middle_fraction

FORMAT = "ebn-cosim network"
VERSION = 1
_KINDS: dict[str, tuple[type, type, tuple[str, ...]]] = {
    "LifNetwork": (LifNetwork, NetworkParameters, ("slow_weights", "bias")),
    "ChipNetwork": (ChipNetwork, ChipParameters, ("input_gain",)),
}
"""Type of a network, of its parameters, and the arrays of its own that it may have."""
_WEIGHTS = "recurrent_weights"
_NEAR = 1e-6
"""Relative distance that a weight may have from one that can be stored: peers may have float32."""


def graph_of(network: Network) -> Any:
    """The nir.NIRGraph of a network as it is now: learning is not in it.

    Nodes: `input`, `input_weights`, `neurons` (LIF), `recurrent_weights`, `synapses` (LI) and
    `output`; where the network has them `bus` (Delay), `slow_weights`, `slow_synapses`.

    Raises:
        InputError: the package nir isn't installed.
    """
    nir = load_package("nir", "NIR")
    neurons = equivalent(network)
    count, inputs = neurons.input_weights.shape
    nodes = {
        "input": nir.Input(input_type={"input": np.array([inputs])}),
        "input_weights": nir.Linear(weight=neurons.input_weights),
        "neurons": nir.LIF(
            tau=neurons.tau,
            r=np.ones(count),
            v_leak=neurons.v_leak,
            v_threshold=neurons.v_threshold,
            v_reset=neurons.v_reset,
        ),
        "output": nir.Output(output_type={"output": np.array([count])}),
    }
    edges = [("input", "input_weights"), ("input_weights", "neurons"), ("neurons", "output")]
    source = "neurons"
    if neurons.delay:
        source = "bus"
        nodes[source] = nir.Delay(delay=np.full(count, neurons.delay))
        edges.append(("neurons", source))
    for weights, name, synapses in _synapses(neurons):
        nodes[weights] = nir.Linear(weight=synapses.weights)
        # A spike is a Dirac impulse: r = tau makes it a step of the weight's height.
        nodes[name] = nir.LI(tau=synapses.tau, r=synapses.tau, v_leak=np.zeros(count))
        edges += [(source, weights), (weights, name), (name, "neurons")]
    return nir.NIRGraph(nodes=nodes, edges=edges, metadata=_metadata(network, neurons))


def network_of(graph: Any, source: str = "the graph") -> Network:
    """The network that a graph of `graph_of` is of.

    Recurrent weights may have changed since, as by training in another tool, to other ones that
    the counters can hold; such a counter begins in the middle of its step.

    Args:
        graph: nir.NIRGraph.
        source: where it is from, for messages.

    Raises:
        InputError: the graph has no metadata of ours, or damaged ones; a node that isn't what they
            say; or a weight that no counter can hold. Names the node, or the synapse.
    """
    network = _described(graph.metadata, source)
    expected = graph_of(network)
    if sorted(graph.nodes) != sorted(expected.nodes) or set(graph.edges) != set(expected.edges):
        raise InputError(
            f"{source}: has the nodes {', '.join(sorted(graph.nodes))}, connected otherwise than "
            f"those of its metadata, {', '.join(sorted(expected.nodes))}"
        )
    changed = [
        (node, name)
        for node in expected.nodes
        for name, value in _arrays(expected.nodes[node]).items()
        if not np.array_equal(_arrays(graph.nodes[node]).get(name, np.empty(0)), value)
    ]
    for node, name in changed:
        if node != _WEIGHTS:
            raise InputError(
                f"{source}: {node}.{name} is not what the metadata say of the network; only "
                f"{_WEIGHTS} can be changed outside"
            )
    if not changed:
        return network
    return _with_weights(network, graph.nodes[_WEIGHTS].weight, expected, source)


def _synapses(neurons: Equivalent) -> list[tuple[str, str, Synapses]]:
    kinds = [(_WEIGHTS, "synapses", neurons.fast)]
    return kinds + ([("slow_weights", "slow_synapses", neurons.slow)] if neurons.slow else [])


def _metadata(network: Network, neurons: Equivalent) -> dict[str, Any]:
    kind = type(network).__name__
    own = {name: getattr(network, name) for name in _KINDS[kind][2]}
    return {
        "format": FORMAT,
        "version": VERSION,
        "kind": kind,
        "parameters": json.dumps(network.parameters.model_dump(mode="json")),
        "decoder": network.decoder,
        "refractory": neurons.refractory,
        "state": dict(vars(network.state)),
        "mismatch": dict(vars(network.mismatch)),
        **{name: array for name, array in own.items() if array is not None},
    }


def _described(metadata: dict[str, Any], source: str) -> Network:
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"{source}: has no metadata of the format {FORMAT!r}, which say how the network "
            "learns; a graph that another tool has made isn't read"
        )
    if metadata.get("version") != VERSION:
        version = metadata.get("version")
        raise InputError(
            f"{source}: version {version} of the metadata; this program reads {VERSION}"
        )
    kind = metadata.get("kind")
    if kind not in _KINDS:
        raise InputError(f"{source}: is of the kind {kind!r}, not {', '.join(_KINDS)}")
    network, parameters, own = _KINDS[kind]
    try:
        values = json.loads(metadata["parameters"])
        arrays = {
            "decoder": metadata["decoder"],
            "state": _record(LearnedState, metadata["state"]),
            "mismatch": _record(Mismatch, metadata["mismatch"]),
            **{name: metadata[name] for name in own if name in metadata},
        }
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{source}: the metadata are damaged ({error!r})") from None
    try:
        return network(validated(parameters, values, "parameters"), **arrays)
    except InputError as error:
        raise InputError(f"{source}: metadata: {error}") from None


def _record(kind: type, values: dict[str, np.ndarray]) -> Any:
    return kind(**{field.name: np.asarray(values[field.name]) for field in fields(kind)})


def _arrays(node: Any) -> dict[str, np.ndarray]:
    """Arrays of a node by name; of input and output their shapes."""
    values = {**node.input_type, **node.output_type, **vars(node)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def _with_weights(network: Network, weights: np.ndarray, expected: Any, source: str) -> Network:
    """The network with other effective weights, V, shape (N, N)."""
    old, state, p = expected.nodes[_WEIGHTS].weight, network.state, network.parameters
    if np.shape(weights) != old.shape:
        raise InputError(f"{source}: {_WEIGHTS} of shape {np.shape(weights)} are not {old.shape}")
    sub_lsbs = p.sub_lsbs if isinstance(p, ChipParameters) else p.rule.sub_lsbs
    stored, fraction = state.weights.copy(), state.fraction.copy()
    for n, k in np.argwhere(weights != old):
        gain = network.mismatch.weight[n, k]
        stored[n, k], effect = nearest_weight(network, n, weights[n, k] / gain)
        fraction[n, k] = middle_fraction(sub_lsbs)
        # A negated comparison: NaN is no weight, either.
        if not abs(effect * gain - weights[n, k]) <= _NEAR * abs(weights[n, k]) or n == k:
            raise InputError(
                f"{source}: {_WEIGHTS}[{n}, {k}] = {weights[n, k]:g} is no weight that the synapse "
                f"can have; the nearest one is {effect * gain:g}"
            )
    return replace(network, state=replace(state, weights=stored, fraction=fraction))

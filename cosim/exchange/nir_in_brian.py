"""A run of a network's NIR graph in Brian2, which takes its numbers from the nodes alone."""

from typing import Any

import numpy as np

from cosim.exchange.extra import load_package
from ebn_model.errors import InputError
from ebn_model.network.checks import checked_command

_SYNAPSES = {"fast": ("recurrent_weights", "synapses"), "slow": ("slow_weights", "slow_synapses")}
"""Nodes of weights and of their filter, by the name of the current."""


def run_in_brian(
    graph: Any,
    command: np.ndarray,
    command_dt: float,
    dt: float | None = None,
    refractory: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Run a graph with the nodes of nir_graph.graph_of from rest.

    Args:
        graph: nir.NIRGraph, as `graph_of` makes it, or nir.read gives it of a file.
        command: c at i*command_dt, shape (steps + 1, Nx), constant until the next.
        command_dt: s.
        dt: of Brian2's steps of Euler's method, s; by default command_dt. A spike has the time at
            which the step begins that went over the threshold.
        refractory: s, of all neurons or of each, shape (N,); NIR has none, so 0 by default.
            graph.metadata["refractory"] is what the network has.

    Returns:
        Times of the spikes in s, ascending, and who fired; shape (spikes,) each.

    Raises:
        InputError: the package brian2 isn't installed, the graph has other nodes, or a command of
            another shape.
    """
    brian = load_package("brian2", "a run in Brian2")
    nodes = graph.nodes
    missing = {"input_weights", "neurons", *_SYNAPSES["fast"]} - set(nodes)
    if missing:
        raise InputError(f"the graph has no nodes {', '.join(sorted(missing))}")
    command = checked_command(command, nodes["input_weights"].weight.shape[1])
    # In Python: what is compiled would need a compiler, and spikes are few.
    brian.prefs.codegen.target = "numpy"
    brian.start_scope()
    clock = brian.Clock((dt or command_dt) * brian.second)
    kinds = {name: pair for name, pair in _SYNAPSES.items() if pair[0] in nodes}
    connected = {name: one for name, (one, _) in kinds.items() if np.any(nodes[one].weight)}
    neurons = _neurons(brian, nodes, kinds, clock, refractory)
    drive = command[:-1] @ nodes["input_weights"].weight.T
    neurons.namespace["drive_at"] = brian.TimedArray(drive, dt=command_dt * brian.second)
    parts = [neurons]
    parts += [_synapses(brian, neurons, nodes, *pair) for pair in connected.items()]
    spikes = brian.SpikeMonitor(neurons)
    whole = brian.Network(*parts, spikes)
    whole.run((len(command) - 1) * command_dt * brian.second, namespace={})
    times, who = np.asarray(spikes.t / brian.second), np.asarray(spikes.i)
    order = np.argsort(times, kind="stable")
    return times[order], who[order]


def _neurons(brian: Any, nodes: Any, kinds: Any, clock: Any, refractory: Any) -> Any:
    lif = nodes["neurons"]
    synaptic = "".join(
        f"d{name}/dt = -{name}/tau_{name} : 1\ntau_{name} : second (constant)\n" for name in kinds
    )
    neurons = brian.NeuronGroup(
        len(lif.tau),
        f"""
        dv/dt = (v_leak - v + r*(drive_at(t, i) + {" + ".join(kinds)}))/tau : 1 (unless refractory)
        r : 1 (constant)
        v_leak : 1 (constant)
        v_threshold : 1 (constant)
        v_reset : 1 (constant)
        tau : second (constant)
        waits : second (constant)
        {synaptic}""",
        threshold="v > v_threshold",
        reset="v = v_reset",
        refractory="waits",
        method="euler",
        clock=clock,
        namespace={},
    )
    for name in ("r", "v_leak", "v_threshold", "v_reset"):
        setattr(neurons, name, getattr(lif, name))
    neurons.tau = lif.tau * brian.second
    neurons.waits = np.broadcast_to(refractory, lif.tau.shape) * brian.second
    neurons.v = lif.v_leak
    for name, (_, synapses) in kinds.items():
        setattr(neurons, f"tau_{name}", nodes[synapses].tau * brian.second)
    return neurons


def _synapses(brian: Any, neurons: Any, nodes: Any, name: str, weights: str) -> Any:
    """The connections whose spikes are kicks of the current `name`."""
    filtered = nodes[_SYNAPSES[name][1]]
    # The step that a Dirac impulse makes in a leaky integrator.
    kicks = nodes[weights].weight * (filtered.r / filtered.tau)[:, None]
    synapses = brian.Synapses(
        neurons,
        neurons,
        "weight : 1 (constant)",
        on_pre=f"{name}_post += weight",
        clock=neurons.clock,
        namespace={},
    )
    post, pre = np.nonzero(kicks)
    synapses.connect(i=pre, j=post)
    synapses.weight = kicks[synapses.j[:], synapses.i[:]]
    if "bus" in nodes:
        synapses.pre.delay = nodes["bus"].delay[synapses.i[:]] * brian.second
    return synapses

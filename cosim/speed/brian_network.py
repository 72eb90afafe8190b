"""The network in Brian2, where it is installed (not a dependency): the same equations and inputs.

Brian2 detects spikes at the ends of steps, where several neurons may fire at once:
its spikes are ours in number where that is rare, with few neurons.
"""

from collections.abc import Callable

import brian2
import numpy as np

from ebn_model.lif.network import LifNetwork


def prepare(network: LifNetwork, command: np.ndarray) -> Callable[[], int]:
    """A run from rest on a command, shape (steps + 1, Nx), which returns the number of spikes.

    What Brian2 compiles, it compiles in the first run.
    """
    p, second = network.parameters, brian2.second
    brian2.defaultclock.dt = p.dt * second
    inputs = range(p.inputs)
    drive = " + ".join(f"gain{i}*input_at(t, {i})" for i in inputs)
    gains = "".join(f"gain{i} : 1 (constant)\n" for i in inputs)
    equations = f"""
    dv/dt = (v_rest - v + fast + {drive})/tau_mem : 1
    dfast/dt = -fast/tau_fast : 1
    v_rest : 1 (constant)
    v_reset : 1 (constant)
    limit : 1 (constant)
    {gains}"""
    names = {
        "input_at": brian2.TimedArray(command, dt=p.dt * second),
        "tau_mem": p.tau_mem * second,
        "tau_fast": p.tau_fast * second,
    }
    neurons = brian2.NeuronGroup(
        p.neurons,
        equations,
        threshold="v > limit",
        reset="v = v_reset",
        method="euler",
        namespace=names,
    )
    state = network.state
    neurons.v_rest, neurons.v_reset, neurons.limit = state.v_rest, state.v_reset, network.thresholds
    neurons.v = state.v_rest
    for i in inputs:
        setattr(neurons, f"gain{i}", network.decoder[i] * p.tau_mem)
    synapses = brian2.Synapses(neurons, neurons, "weight : 1", on_pre="fast_post += weight")
    synapses.connect()
    synapses.weight = state.weights[synapses.j[:], synapses.i[:]]
    spikes = brian2.SpikeMonitor(neurons)
    whole = brian2.Network(neurons, synapses, spikes)
    whole.store()

    def run() -> int:
        whole.restore()
        whole.run((len(command) - 1) * p.dt * second)
        return spikes.num_spikes

    return run

"""`python nir_in_norse.py FILE`: run a network's NIR file in Norse, and compare spikes with ours.

Not part of the set-up, as it needs PyTorch: see "In Norse" in docs/exchange.md.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import nir
import nirtorch
import norse.torch as norse
import numpy as np
import torch

from cosim.exchange.nir_files import read_nir
from ebn_model.network.inputs import sine_command

WINDOW = 1e-3
"""Spikes of a neuron that are no further apart coincide, s."""


class Synapses(torch.nn.Module):
    """A LI node. In Norse a spike is a 1 for one step; here it is an impulse of the same area."""

    def __init__(self, node: nir.LI, dt: float):
        super().__init__()
        tau, leak = torch.from_numpy(node.tau), torch.from_numpy(node.v_leak)
        self.filter = norse.LIBoxCell(norse.LIBoxParameters(1 / tau, leak), dt=dt)
        self.height = torch.from_numpy(node.r) / dt

    def forward(self, spikes, state=None):
        """Synaptic currents after a step, and the new state, as PyTorch calls it."""
        return self.filter(self.height * spikes, state)


def neurons(node: nir.LIF, dt: float) -> norse.LIFBoxCell:
    """A LIF node; Norse's own importer leaves out v_reset."""
    if not (node.r == 1).all():
        raise ValueError("Norse's LIF neurons have r = 1")
    tau, leak = torch.from_numpy(node.tau), torch.from_numpy(node.v_leak)
    threshold, reset = torch.from_numpy(node.v_threshold), torch.from_numpy(node.v_reset)
    return norse.LIFBoxCell(norse.LIFBoxParameters(1 / tau, leak, threshold, reset), dt=dt)


def run_in_norse(
    graph: nir.NIRGraph, command: np.ndarray, dt: float
) -> tuple[np.ndarray, np.ndarray]:
    """Run a graph from rest, with the numbers of its nodes alone.

    Args:
        graph: as nir.read gives it.
        command: c at each step, shape (steps, Nx).
        dt: of a step, s.

    Returns:
        Times of the spikes in s, ascending, and who fired; shape (spikes,) each.
    """
    modules = {nir.LIF: lambda node: neurons(node, dt), nir.LI: lambda node: Synapses(node, dt)}
    network = nirtorch.nir_to_torch(graph, modules, dtype=torch.float64)
    spikes, state = [], None
    with torch.no_grad():
        for step in torch.from_numpy(command):
            fired, state = network(step, state)
            spikes.append(fired.numpy() > 0)
    steps, who = np.nonzero(np.array(spikes))
    return steps * dt, who


def coincidences(times, who, other_times, others) -> int:
    """Number of spikes of the same neurons within WINDOW of each other, each counted once."""
    found = 0
    for neuron in set(who.tolist()):
        left = other_times[others == neuron].tolist()
        for time in times[who == neuron]:
            near = [one for one in left if abs(one - time) <= WINDOW]
            if near:
                left.remove(near[0])
                found += 1
    return found


def main() -> None:
    """Run the file of the command line on two sines, here and there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="as `ebn-cosim export --format nir` writes it")
    parser.add_argument("--dt", type=float, default=1e-5, help="Norse's step, s")
    parser.add_argument("--duration", type=float, default=0.5, help="s")
    options = parser.parse_args()
    network = read_nir(options.file)
    network = replace(network, parameters=network.parameters.model_copy(update={"noise": 0.0}))
    ours_dt = network.parameters.dt
    command = sine_command([250, 250], [12, 17], [0, 1], options.duration, ours_dt)
    ours = network.run(command)
    finer = np.repeat(command[:-1], round(ours_dt / options.dt), axis=0)
    times, who = run_in_norse(nir.read(str(options.file)), finer, options.dt)
    same = coincidences(ours.spike_times, ours.spike_neurons, times, who)
    print(f"{len(ours.spike_times)} spikes here, {len(times)} in Norse, {same} coincide")


if __name__ == "__main__":
    main()

"""Rows of synapses on one neuron: circuits, replays of a network, comparison."""

"""Neuron and row of synapses as circuits: stimulus in, deck out, and its vectors read back."""

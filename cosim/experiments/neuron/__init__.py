"""Experiments with one learning neuron: simulations of a stimulus, comparisons of bias tables."""

"""Costs of the neuron: energy, area, time, noise, and the same of published circuits."""

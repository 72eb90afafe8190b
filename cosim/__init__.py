"""Transistor-level simulation in ngspice and its comparison with the model."""

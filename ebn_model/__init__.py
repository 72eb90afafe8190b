"""Behavioural models of the learning circuit and, later, of the network it serves."""

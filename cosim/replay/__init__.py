"""Spikes of a network as stimuli for circuits of its rows, in open or closed loop."""

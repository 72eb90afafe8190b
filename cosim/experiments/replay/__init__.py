"""Experiments with rows: replays of a network's spikes, in open or closed loop."""

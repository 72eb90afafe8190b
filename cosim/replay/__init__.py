"""Spikes of a network, played into rows of circuits, in open or closed loop."""

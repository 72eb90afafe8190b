"""What the neuron costs: energy, area, time, noise, and the same of published circuits."""

"""Models of the learning neuron, of a row and of networks."""

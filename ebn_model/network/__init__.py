"""The network: leaky integrate-and-fire neurons that learn to balance excitation and inhibition."""

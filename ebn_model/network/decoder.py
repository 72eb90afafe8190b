"""The decoder of a network."""

import numpy as np

from ebn_model.network.parameters import NetworkParameters


def random_decoder(parameters: NetworkParameters, generator: np.random.Generator) -> np.ndarray:
    """Decoder D, shape (Nx, N): columns of random direction and unit L2 norm."""
    decoder = generator.standard_normal((parameters.inputs, parameters.neurons))
    return decoder / np.linalg.norm(decoder, axis=0)

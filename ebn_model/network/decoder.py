"""The decoder of a network."""

import numpy as np


def random_decoder(parameters, generator: np.random.Generator) -> np.ndarray:
    """Decoder D, shape (Nx, N): columns of random direction and unit L2 norm.

    parameters: of the network; takes inputs (Nx) and neurons (N).
    """
    decoder = generator.standard_normal((parameters.inputs, parameters.neurons))
    return decoder / np.linalg.norm(decoder, axis=0)

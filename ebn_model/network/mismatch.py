"""Mismatch of devices that were drawn alike: one draw is one chip."""

from dataclasses import dataclass

import numpy as np

from ebn_model.network.parameters import MismatchParameters

LEAST_FACTOR = 0.1
"""No device is worse than a tenth of its nominal value; at 20 % that is never reached."""


@dataclass(frozen=True, eq=False)
class Mismatch:
    """One chip: what its devices have, relative to the nominal value.

    Attributes:
        weight: gain of each synapse from k to n, shape (N, N).
        threshold, tau_mem: of each neuron, shape (N,).
        stuck: whether a synapse's code never changes, shape (N, N), bool.
    """

    weight: np.ndarray
    threshold: np.ndarray
    tau_mem: np.ndarray
    stuck: np.ndarray

    @classmethod
    def none(cls, neurons: int) -> "Mismatch":
        """The chip as it was designed."""
        synapses = (neurons, neurons)
        return cls(np.ones(synapses), np.ones(neurons), np.ones(neurons), np.zeros(synapses, bool))


def draw_mismatch(
    parameters: MismatchParameters, neurons: int, generator: np.random.Generator
) -> Mismatch:
    """Draw a chip: factors 1 + sd*z with z standard normal, not below LEAST_FACTOR.

    The normal distribution with a sd for each kind of device is Pelgrom's (Pelgrom et al., IEEE
    JSSC 1989). The same generator state always gives the same z, so that chips of one seed with
    another sd, or with other kinds of mismatch, are the same chip made better or worse; likewise
    a larger share of stuck synapses holds the smaller one.
    """
    weight = generator.standard_normal((neurons, neurons))
    threshold = generator.standard_normal(neurons)
    tau_mem = generator.standard_normal(neurons)
    rank = generator.random((neurons, neurons))
    return Mismatch(
        weight=_factors(weight, parameters.weight),
        threshold=_factors(threshold, parameters.threshold),
        tau_mem=_factors(tau_mem, parameters.tau_mem),
        stuck=rank < parameters.stuck,
    )


def _factors(normals: np.ndarray, deviation: float) -> np.ndarray:
    return np.maximum(1 + deviation * normals, LEAST_FACTOR)

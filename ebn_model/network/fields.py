"""Units and sizes of the arrays in a file, and the check that they fit each other."""

from typing import NamedTuple

import numpy as np

from ebn_model.errors import InputError


class Field(NamedTuple):
    """Unit of a field and, for an array, what its dimensions count."""

    unit: str
    dimensions: tuple[str, ...] = ()


_SYNAPSES, _NEURONS = ("neurons", "neurons"), ("neurons",)
_SPIKES, _UPDATES, _CHECKPOINTS = ("spikes",), ("updates",), ("checkpoints",)

FIELDS = {
    "duration": Field("s"),
    "spike_times": Field("s", _SPIKES),
    "spike_neurons": Field("1", _SPIKES),
    "output_times": Field("s", ("samples",)),
    "output": Field("1", ("samples", "inputs")),
    "membrane_times": Field("s", ("points",)),
    "membrane": Field("V", ("points", "neurons")),
    "decoder": Field("1", ("inputs", "neurons")),
    "input_gain": Field("1", ("inputs", "neurons")),
    "weights": Field("weight unit", _SYNAPSES),
    "fraction": Field("LSB/2**sub_lsbs", _SYNAPSES),
    "v_reset": Field("V", _NEURONS),
    "v_rest": Field("V", _NEURONS),
    "time": Field("s", _UPDATES),
    "post": Field("1", _UPDATES),
    "pre": Field("1", _UPDATES),
    "delta": Field("weight unit", _UPDATES),
    "weight": Field("1", _SYNAPSES),
    "threshold": Field("1", _NEURONS),
    "tau_mem": Field("1", _NEURONS),
    "stuck": Field("1", _SYNAPSES),
    "slow_weights": Field("weight unit", _SYNAPSES),
    "bias": Field("V", _NEURONS),
    "iteration": Field("1", _CHECKPOINTS),
    "decoding_error": Field("1", _CHECKPOINTS),
    "unscaled_error": Field("1", _CHECKPOINTS),
    "rate": Field("Hz", _CHECKPOINTS),
    "distance": Field("1", _CHECKPOINTS),
    "correlation": Field("1", _CHECKPOINTS),
}
"""By the name of the field, whatever record it is in; arrays of other fields go unchecked."""

CHIP_UNITS = {"weights": "LSB", "delta": "LSB", "v_reset": "A", "v_rest": "A", "membrane": "A"}
"""Units that differ where the network is the chip's."""

_OF_ALL_RECORDS = ("neurons", "inputs")


class Sizes:
    """Sizes of the dimensions in one file.

    All records of a file have the same number of neurons and inputs; the other dimensions are
    counted anew in each.
    """

    def __init__(self):
        self._sizes: dict[str, int] = {}

    def check(self, array: np.ndarray, record: str, name: str, source: str) -> None:
        """Raise InputError, which begins with `source`, unless the array is one and fits."""
        if not (isinstance(array, np.ndarray) and array.dtype.kind in "biuf"):
            raise InputError(f"{source} is not an array of numbers")
        if name not in FIELDS:
            return
        dimensions = FIELDS[name].dimensions
        if array.ndim != len(dimensions):
            raise InputError(f"{source} has the shape {array.shape}, not {dimensions}")
        for dimension, size in zip(dimensions, array.shape, strict=True):
            key = dimension if dimension in _OF_ALL_RECORDS else f"{record}:{dimension}"
            known = self._sizes.setdefault(key, size)
            if size != known:
                raise InputError(f"{source} is for {size} {dimension}, others are for {known}")

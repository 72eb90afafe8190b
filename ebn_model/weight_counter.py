"""The counter that holds a weight, the same for the model and for the digital part of circuits."""

from ebn_model.errors import InputError
from ebn_model.stimulus import WEIGHT_MAX, WEIGHT_MIN

MAX_SUB_LSBS = 4
"""Most bits that the counter may have below the weight's."""


def check_sub_lsbs(sub_lsbs: int) -> None:
    """Raise InputError unless `sub_lsbs` is an integer in 0 .. MAX_SUB_LSBS."""
    if isinstance(sub_lsbs, bool) or sub_lsbs not in range(MAX_SUB_LSBS + 1):
        raise InputError(f"sub_lsbs = {sub_lsbs!r} is not an integer in 0 .. {MAX_SUB_LSBS}")


def counter_range(sub_lsbs: int, lsb: int = 1) -> tuple[int, int]:
    """Ends of the accumulator, -32*2**s/lsb and 32*2**s/lsb - 1, for s sub_lsbs.

    lsb: one step of the weight, in LSB of the DAC; 1 unless the DAC's lowest bits stay unused.
    """
    return (WEIGHT_MIN << sub_lsbs) // lsb, ((WEIGHT_MAX + 1) << sub_lsbs) // lsb - 1


def middle_fraction(sub_lsbs: int) -> int:
    """Value of the bits below the weight's in the middle of its interval."""
    return 1 << sub_lsbs >> 1


class WeightCounter:
    """A saturating counter whose value is the weight with more bits below it.

    The accumulator A goes from -32*2**s to 32*2**s - 1, the weight is floor(A / 2**s), for s
    sub_lsbs. It is preset to the middle of the start weight's interval, or where `fraction` says.
    """

    def __init__(self, start_weight: int, sub_lsbs: int = 0, fraction: int | None = None):
        """Preset to a weight in LSB, -32 .. 31, and a fraction of 0 .. 2**s - 1."""
        self._sub_lsbs = sub_lsbs
        self._lowest, self._highest = counter_range(sub_lsbs)
        self._accumulator = start_weight << sub_lsbs
        self._accumulator += middle_fraction(sub_lsbs) if fraction is None else fraction

    @property
    def weight(self) -> int:
        """Weight that the DAC sees, LSB."""
        return self._accumulator >> self._sub_lsbs

    @property
    def fraction(self) -> int:
        """Value of the bits below the weight's, 0 .. 2**s - 1."""
        return self._accumulator & ((1 << self._sub_lsbs) - 1)

    def step(self, decision: int) -> None:
        """Count up (1), down (-1) or not (0)."""
        stepped = self._accumulator + decision
        self._accumulator = min(max(stepped, self._lowest), self._highest)

"""Physical quantities at the boundary: text with a unit or a prefix in, SI floats inside."""

import math
from typing import Annotated

from pydantic import BeforeValidator
from quantiphy import InvalidNumber, Quantity

from ebn_model.errors import InputError


def to_si(value: float | str, unit: str) -> float:
    """Return a quantity in SI units.

    Args:
        value: a number in SI units, or text such as "0.3n", "0.3 nA" or "5 ms".
        unit: the SI unit that the text may carry, for example "A".

    Raises:
        InputError: not a number, another unit, or not finite.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise InputError(f"{value!r} is not a quantity in {unit}")
    try:
        quantity = Quantity(value)
    except InvalidNumber:
        raise InputError(f"{value!r} is not a quantity in {unit}") from None
    if quantity.units not in ("", unit):
        raise InputError(f"{value!r} has the unit {quantity.units}, expected {unit}")
    if not math.isfinite(quantity.real):
        raise InputError(f"{value!r} is not finite")
    return float(quantity.real)


def _in(unit: str) -> BeforeValidator:
    return BeforeValidator(lambda value: to_si(value, unit))


Ampere = Annotated[float, _in("A")]
Second = Annotated[float, _in("s")]
Volt = Annotated[float, _in("V")]
Celsius = Annotated[float, _in("°C")]

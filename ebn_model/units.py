"""Physical quantities at the boundary: text with a unit or a prefix in, SI floats inside."""

import math
import re
from typing import Annotated

from pydantic import BeforeValidator
from quantiphy import InvalidNumber, Quantity

from ebn_model.errors import InputError

# Nothing but a number with its unit: Quantity itself would also take a name or a comment.
_ONE_NUMBER = re.compile(
    r"[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf|nan) ?[^\s\d/\"=]*", re.IGNORECASE
)


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
    if isinstance(value, str) and not _ONE_NUMBER.fullmatch(value):
        raise InputError(f"{value!r} is not a quantity in {unit}")
    try:
        quantity = Quantity(value)
    except (InvalidNumber, OverflowError):
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
Hertz = Annotated[float, _in("Hz")]
Volt = Annotated[float, _in("V")]
Celsius = Annotated[float, _in("°C")]

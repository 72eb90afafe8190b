"""Physical quantities at the boundary: text with a unit or a prefix in, SI floats inside."""

import math
import re
from typing import Annotated

from annotated_types import Le
from pydantic import BeforeValidator

from ebn_model.errors import InputError

NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
"""Pattern of a number, without a suffix."""
_QUANTITY = re.compile(rf"({NUMBER})( ?)([^\s0-9/\"=;]*)")
_INFINITE = re.compile(r"[-+]?(?:inf|nan)\b.*", re.IGNORECASE)
_PREFIXES = {"T": 12, "G": 9, "M": 6, "k": 3, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_PREFIXES |= {"µ": -6, "μ": -6, "a": -18}
_ALONE = "kmunpfµμ"
"""Prefixes that can stand for themselves, since they mean the same in SI and in SPICE."""
_OTHERS = {"M": "m"}
"""Other meanings of a prefix without a unit: M is SPICE's milli."""
_EXAMPLES = {"A": "nA", "s": "ms", "V": "mV"}
"""Usual prefixed units of quantities in SI units; others go without a prefix."""
_WITHOUT_PREFIX = ("°C", "%", "LSB")
_SIMPLE = ("A", "V", "s", "Hz", "F", "C", "W", "J", "Ω", "S", "K", "m")
"""Units that, alone or by one another, are those of quantities in SI units."""


def to_si(value: float | str, unit: str) -> float:
    """Return a quantity in SI units.

    A unit is never guessed. After a space there must be one ("5 m" may be minutes), and a prefix
    without a unit is one that SPICE reads in the same way: not M, its milli.

    Args:
        value: a number in SI units, or text such as "0.3 nA", "5 ms" or "0.3n".
        unit: the SI unit that the text may carry, for example "A"; °C takes no prefix.

    Raises:
        InputError: not a number, another unit, or not finite; says what to write.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise InputError(f"{value!r} is not a quantity in {unit}")
    number = _from_text(value, unit) if isinstance(value, str) else _as_float(value)
    if not math.isfinite(number):
        raise InputError(f"{value!r} is not finite")
    return number


def check_unit(unit: str) -> str:
    """Return the unit of a quantity in SI units: V, V/s, 1/V, °C, %, LSB and the like, or none.

    Raises:
        InputError: it has a prefix, or is another one; says what to write.
    """
    if _is_si(unit):
        return unit
    parts = unit.split("/")
    without = "/".join(one[1:] if one[:1] in _PREFIXES else one for one in parts)
    if _is_si(without):
        raise InputError(f"{unit!r} has a prefix: values are in SI units; state it as {without!r}")
    raise InputError(
        f"{unit!r} is none of {', '.join((*_WITHOUT_PREFIX, *_SIMPLE))}, 1/V, V/s and the like; "
        "state none for a plain number"
    )


def _is_si(unit: str) -> bool:
    first, *others = unit.split("/")
    simple = first in (*_SIMPLE, *(["1"] if others else [])) and {*others} <= {*_SIMPLE}
    return simple or unit in ("", *_WITHOUT_PREFIX)


def _from_text(text: str, unit: str) -> float:
    if _INFINITE.fullmatch(text):
        return math.inf
    found = _QUANTITY.fullmatch(text)
    if not found:
        raise InputError(f"{text!r} is not a quantity in {unit}{_example('5', unit)}")
    number, space, suffix = found.groups()
    prefix = suffix.removesuffix(unit)
    own = prefix in _PREFIXES and unit not in _WITHOUT_PREFIX
    if prefix and not own:
        raise InputError(
            f"{text!r} has the unit {suffix}, expected {unit or 'none'}{_example(number, unit)}"
        )
    if own and suffix == prefix and unit and (space or prefix not in _ALONE):
        meant = [f'"{number} {one}{unit}"' for one in (prefix, *_OTHERS.get(prefix, ""))]
        raise InputError(
            f"{text!r} has the prefix {prefix} without the unit {unit}: write {' or '.join(meant)}"
        )
    return scaled(number, _PREFIXES.get(prefix, 0))


def scaled(number: str, power: int) -> float:
    """A number as text times a power of ten, correctly rounded."""
    mantissa, _, exponent = number.lower().partition("e")
    return float(f"{mantissa}e{int(exponent or 0) + power}")


def _example(number: str, unit: str) -> str:
    """Example of what to write, for the end of a message."""
    return f', as in "{number} {_EXAMPLES.get(unit, unit)}", or a plain number' if unit else ""


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _in(unit: str) -> BeforeValidator:
    return BeforeValidator(lambda value: to_si(value, unit))


Ampere = Annotated[float, _in("A")]
LARGEST_CURRENT = 1e-6
"""No current of these circuits is larger, A: one that is, is meant in another unit."""
Current = Annotated[Ampere, Le(LARGEST_CURRENT)]
Second = Annotated[float, _in("s")]
Hertz = Annotated[float, _in("Hz")]
Volt = Annotated[float, _in("V")]
Celsius = Annotated[float, _in("°C")]

"""Files of `.param` lines, read as ngspice reads them."""

import re
from collections.abc import Iterator
from pathlib import Path

from ebn_model.errors import InputError
from ebn_model.text import read_text
from ebn_model.units import NUMBER, scaled

_POWERS = {"t": 12, "g": 9, "meg": 6, "k": 3, "m": -3, "u": -6, "µ": -6, "n": -9, "p": -12}
_POWERS |= {"f": -15, "": 0}
_SUFFIXES = "|".join(suffix for suffix in _POWERS if suffix)
_SPICE_NUMBER = re.compile(rf"({NUMBER})({_SUFFIXES}|)(.*)")
_COMMENT = re.compile(r";|//|(?:^|(?<=[\s,]))\$")
_PARAMETERS = re.compile(r"\.param\w*\s", re.I)
_SEPARATORS = " \t,"
_VALUE = r"""\{[^{}]*\}|'[^']*'|"[^"]*"|[^\s,='"{}]+"""
_ASSIGNMENT = re.compile(rf"([a-z_]\w*)\s*=\s*({_VALUE})(?=[\s,]|$)", re.I)


def read_parameters(path: Path) -> dict[str, float]:
    """Values that a file of `.param` lines defines, by lower-case name; the last one holds.

    Comments, continued lines, several definitions on a line, quotes and suffixes are ngspice's.

    Raises:
        InputError: cannot be read, or a line that is not a `.param` of numbers: expressions are
            not evaluated. Names file and line.
    """
    try:
        text = read_text(path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    values: dict[str, float] = {}
    for number, line in _cards(text, path):
        for name, value in _assignments(line, f"{path}:{number}"):
            values[name.lower()] = value
    return values


def spice_number(text: str, unit: str = "") -> float:
    """A number as ngspice's `.param` has it: m is milli and meg mega, in either case.

    Args:
        text: such as "0.3n" or "1.5MEG".
        unit: what may follow the suffix, "1nA"; ngspice ignores it.

    Raises:
        InputError: another text, or one that ngspice's versions read differently.
    """
    found = _SPICE_NUMBER.fullmatch(text.lower())
    if not found:
        raise InputError(f"{text!r} is not a number; expressions are not evaluated")
    number, suffix, rest = found.groups()
    if rest == "a" and not suffix:
        raise InputError(f"{text!r}: newer versions of ngspice read A as atto; leave it out")
    if rest not in ("", unit.lower()):
        raise InputError(f"{text!r} is not a number with a suffix such as n or p")
    return scaled(number, _POWERS[suffix])


def _cards(text: str, path: Path) -> Iterator[tuple[int, str]]:
    """Number of the first line and text of each `.param`, continued lines joined, no comments."""
    cards: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        code = "" if line.lstrip().startswith("*") else _COMMENT.split(line)[0].strip()
        if code.startswith("+") and cards:
            first, card = cards[-1]
            cards[-1] = (first, f"{card} {code[1:]}")
        elif code and not _PARAMETERS.match(code):
            raise InputError(f"{path}:{number}: {code!r} is not a .param line")
        elif code:
            cards.append((number, code))
    yield from cards


def _assignments(card: str, place: str) -> Iterator[tuple[str, float]]:
    rest = card[_PARAMETERS.match(card).end() :].strip(_SEPARATORS)
    while rest:
        found = _ASSIGNMENT.match(rest)
        if not found:
            raise InputError(f"{place}: {rest!r} is not of the form name=number")
        name, value = found.groups()
        try:
            yield name, spice_number(value.strip("{}'\" \t"), "A")
        except InputError as error:
            raise InputError(f"{place}: {name}: {error}") from None
        rest = rest[found.end() :].strip(_SEPARATORS)

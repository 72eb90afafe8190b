"""Spikes in tables of text: who fired and when, one spike a line, as simulators write them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cosim.replay.spike_checks import SpikeContent
from ebn_model.errors import InputError
from ebn_model.text import read_lines, to_number

TIME_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
"""Units that times may be in, and what they are in s."""
_NAMES_OF_UNITS = {
    **{name: name for name in TIME_UNITS},
    **dict.fromkeys(("µs", "μs", "usecond"), "us"),
    **{"second": "s", "msecond": "ms"},
}
"""Other names that a header may have for them; Brian2's are second, msecond and usecond."""


@dataclass(frozen=True)
class TableFormat:
    """A kind of table, known by the names of its two columns, in either order.

    Attributes:
        name: of the program that writes it, or of what we call it.
        example: a header of it.
        neuron, time: patterns of the columns' names, the latter without its unit.
        unit: of the times where the header states none; None where it has to be stated.
        ordered: whether it is written in the order of time; if not, it is put in order.
        refused: names of columns that can't be read, and why.
    """

    name: str
    example: str
    neuron: str
    time: str
    unit: str | None = None
    ordered: bool = True
    refused: Mapping[str, str] = field(default_factory=dict)


_STEPS = "counts steps of an unknown length; record with time_in_steps off"
TABLES = (
    TableFormat("plain", "time_ms,neuron", "neuron", "time", unit="s"),
    # An array of Brian2 that is saved without dividing it by a unit is in s.
    TableFormat("Brian2", "i,t", "i", "t", unit="s"),
    # Spikes of a step come in the order of neurons and threads, so that times go back.
    TableFormat(
        "NEST",
        "sender time_ms",
        "senders?",
        "times?",
        ordered=False,
        refused={"time_step": _STEPS, "time_offset": _STEPS},
    ),
)
"""All kinds of tables: the place for another one."""


@dataclass(frozen=True)
class _Header:
    """Meaning of a table's header.

    line: its number, from 1. commas: whether they part the columns, or white space. neuron: which
    of the columns the neurons are in, 0 or 1. unit: that it states.
    """

    line: int
    commas: bool
    kind: TableFormat
    neuron: int
    unit: str | None


def read_table(path: Path, time_unit: str | None) -> SpikeContent:
    """Read a table with a header (TABLES), comments behind #, columns parted by , or white space.

    time_unit: a name in TIME_UNITS, where the user states it.

    Raises:
        InputError: names file and line: another header, a unit that isn't stated or stated
            differently, a line that isn't two numbers, or cut off.
    """
    lines = read_lines(path)
    header = _header(path, lines)
    unit = _unit(header, time_unit, f"{path}, line {header.line}")
    # Files of several threads that were joined have the header of each.
    repeated = lines[header.line - 1]
    written = [
        number
        for number, line in enumerate(lines, 1)
        if number > header.line and line.strip() and not line.startswith("#") and line != repeated
    ]
    rows = [_numbers(path, number, lines[number - 1], header.commas) for number in written]
    columns = np.array(rows).reshape(-1, 2)
    times, numbers = columns[:, 1 - header.neuron], columns[:, header.neuron]
    order = np.arange(len(times)) if header.kind.ordered else np.argsort(times, kind="stable")
    return SpikeContent(
        times[order] * TIME_UNITS[unit],
        numbers[order],
        _place(path, [written[index] for index in order]),
        path,
        None if time_unit else unit,
    )


def _place(path: Path, written: list[int]) -> Callable[[int], str]:
    return lambda index: f"{path}, line {written[index]}"


def _header(path: Path, lines: list[str]) -> _Header:
    """The first line that is one: it may be behind a #, as numpy writes it and NEST did."""
    for number, line in enumerate(lines, 1):
        text = line.lstrip("# ").rstrip()
        source = f"{path}, line {number}"
        # "t [ms]" and "t / ms" are one name.
        names = _cells(re.sub(r"\s+(?=[\[(/])|(?<=/)\s+", "", text), "," in text)
        for kind in TABLES:
            if found := _columns(kind, names, source):
                return _Header(number, "," in text, kind, *found)
        if text and not line.startswith("#"):
            break
    else:
        number, text = max(1, len(lines)), ""
    known = ", ".join(f"{kind.example!r} ({kind.name})" for kind in TABLES)
    raise InputError(
        f"{path}, line {number}: the header is {text!r}; it must be like {known}, times with a "
        f"unit as in time_ms or 't [ms]'"
    )


def _columns(kind: TableFormat, names: list[str], source: str) -> tuple[int, str | None] | None:
    """Number of the neurons' column, and the unit that the other one states."""
    neurons = [index for index, name in enumerate(names) if re.fullmatch(kind.neuron, name)]
    if len(neurons) != 1:
        return None
    for name in names:
        if name in kind.refused:
            raise InputError(f"{source}: {name} {kind.refused[name]}")
    if len(names) != 2:
        return None
    unit = r"_(?P<a>.+)|/(?P<b>.+)|\[(?P<c>.+)\]|\((?P<d>.+)\)"
    found = re.fullmatch(rf"(?:{kind.time})(?:{unit})?", names[1 - neurons[0]])
    if not found:
        return None
    stated = next(filter(None, found.groups()), None)
    if stated is not None and stated not in _NAMES_OF_UNITS:
        raise InputError(f"{source}: the unit of {found[0]!r} is none of {', '.join(TIME_UNITS)}")
    return neurons[0], stated and _NAMES_OF_UNITS[stated]


def _unit(header: _Header, time_unit: str | None, source: str) -> str:
    """A name in TIME_UNITS."""
    if header.unit and time_unit not in (None, header.unit):
        raise InputError(f"{source}: times are in {header.unit}, --time-unit says {time_unit}")
    unit = time_unit or header.unit or header.kind.unit
    if unit is None:
        raise InputError(
            f"{source}: states no unit of the times; give it with --time-unit "
            f"({', '.join(TIME_UNITS)})"
        )
    return unit


def _numbers(path: Path, number: int, line: str, commas: bool) -> tuple[float, float]:
    try:
        first, second = map(to_number, _cells(line, commas))
    except ValueError:
        raise InputError(f"{path}, line {number}: {line!r} is not two numbers") from None
    return first, second


def _cells(line: str, commas: bool) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split("," if commas else None)]

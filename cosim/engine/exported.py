"""Netlists of single cells as schematic editors export them, xschem in the first place."""

import re

from cosim.workbench.errors import DeckError

_COMMENTED = re.compile(r"\*\*(\.(?:subckt|ends)\b.*)", re.I)
_CONTINUED = re.compile(r"\*{0,2}(\+.*)")
_GLOBAL = re.compile(r"\s*\.global\b(.*)", re.I)
_LEFT_OUT = re.compile(r"\s*\.lib\b", re.I)
_OF_A_RUN = re.compile(
    r"\s*\.(?:tran|dc|ac|op|noise|tf|sp|pz|sens|disto|pss|opt\w*|temp|ic|nodeset|meas\w*|save|print"
    r"|plot|probe|four)\b",
    re.I,
)
_OF_A_CELL = re.compile(r"\s*(?:\.param|[a-z])", re.I)
_GROUND = {"0", "gnd", "gnd!"}


def prepared(text: str, source: str, inside: int = 0) -> str:
    """The text of a cell's file for a deck, line by line.

    inside: number of subcircuits around the text, where it is included by such a file.

    The outermost subcircuit, which the editor writes as a comment, `**.subckt`, is one. The models
    are the technology's: a line `.lib` becomes a comment, as does `.global`, which in a deck would
    join nodes of all cells.

    Raises:
        DeckError: an analysis or an option, which are a bench's; a parameter or an element outside
            of a subcircuit, which would change other cells; a global node other than ground that a
            subcircuit uses without having it as a pin. Names source and line.
    """
    lines, globals_, commented = [], set(), False
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _COMMENTED.match(line) or (commented and _CONTINUED.match(line)):
            line, commented = found[1], True
        else:
            commented = False
        word = line.strip().lower().split()[:1]
        inside += (word == [".subckt"]) - (word == [".ends"])
        if found := _GLOBAL.match(line):
            globals_ |= {node.lower() for node in found[1].split()} - _GROUND
            line = f"*{line}"
        elif _LEFT_OUT.match(line):
            line = f"*{line}"
        elif _OF_A_RUN.match(line):
            raise DeckError(
                f"{source}:{number}: {line.strip()!r} belongs to a bench, not to a cell"
            )
        elif not inside and _OF_A_CELL.match(line):
            raise DeckError(
                f"{source}:{number}: {line.strip()!r} is outside of the cell, and would hold for "
                "others too"
            )
        lines.append(line)
    _check_globals(lines, globals_, source)
    return "\n".join(lines)


def _check_globals(lines: list[str], nodes: set[str], source: str) -> None:
    cell, pins = "", set[str]()
    for number, line in enumerate(lines, start=1):
        words = line.lower().split()
        if not words or words[0].startswith("*"):
            continue
        if words[0] == ".subckt":
            cell, pins = words[1], set(words[2:])
        elif cell and words[0].startswith("+") and lines[number - 2].lower().startswith(".subckt"):
            pins |= set(words)
        elif not words[0].startswith(".") and (used := nodes.intersection(words) - pins):
            raise DeckError(
                f"{source}:{number}: {cell} uses the global node {min(used)}, which is none of "
                "its pins; a cell gets its supply by its pins"
            )

"""Model libraries: a deck only names a section of one, and ngspice reads it.

So the text of a foundry's models, which many may not pass on, is never in a deck that is stored.
What ngspice will read is read here, too: for its digests, and to see what is in it.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from pathlib import Path

from cosim.engine.netlist import NAME, Line, NetlistReader, stated_name
from cosim.workbench.errors import DeckError

_REFERENCE = re.compile(r'\.lib "(?P<path>[^"]*)" (?P<section>.*)')
_DEFINITION = re.compile(rf"\s*\.lib\w*\s*{NAME}\s*(?:[;$].*)?", re.I)
_END_OF_SECTION = re.compile(r"\s*\.endl", re.I)
_ENDS_A_PATH = re.compile(r"[\s']")


class Libraries:
    """The sections that a deck names, with all that they name and include.

    Attributes:
        digests: hexadecimal SHA-256 of each file that ngspice reads for them.
    """

    def __init__(self) -> None:
        self.digests: dict[Path, str] = {}
        self._lines: dict[Path, list[Line]] = {}

    def expanded(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Lines of a NetlistReader, each `.lib` replaced by what ngspice puts in its place.

        Raises DeckError, naming `file:line`, for a file or section that isn't there, a circle, and
        a section's definition outside of a library.
        """
        return self._expanded(lines, ())

    def _expanded(self, lines: Iterable[Line], parents: tuple) -> Iterator[Line]:
        for line in lines:
            if reference := _REFERENCE.fullmatch(line.text):
                section = self._section(line, Path(reference["path"]), reference["section"])
                place = (reference["path"], reference["section"].lower())
                if place in parents:
                    raise DeckError(f"{line}: circular reference: {line.text}")
                yield from self._expanded(section, (*parents, place))
            elif _DEFINITION.fullmatch(line.text):
                raise DeckError(
                    f"{line}: a section can't begin here; a deck names it by `.lib FILE SECTION`"
                )
            else:
                yield line

    def _section(self, reference: Line, path: Path, name: str) -> list[Line]:
        """The lines of the first section of that name, whose case doesn't matter to ngspice."""
        if not path.is_file():
            raise DeckError(f"{reference}: library not found: {path}")
        lines = self._read(path)
        for number, line in enumerate(lines):
            found = _DEFINITION.fullmatch(line.text)
            if found and stated_name(found).lower() == name.lower():
                rest = lines[number + 1 :]
                section = list(takewhile(lambda one: not _END_OF_SECTION.match(one.text), rest))
                if len(section) == len(rest):
                    raise DeckError(f"{line}: section {name} has no .endl")
                return section
        raise DeckError(f"{reference}: no section {name} in {path}")

    def _read(self, path: Path) -> list[Line]:
        """All lines of a library; ngspice takes what it names as relative to its own folder."""
        if path not in self._lines:
            reader = NetlistReader(on_read=self._note, libraries_in=path.parent)
            self._lines[path] = list(reader.read(path))
        return self._lines[path]

    def _note(self, path: Path, content: bytes) -> None:
        self.digests[path.resolve()] = hashlib.sha256(content).hexdigest()


@contextmanager
def loadable(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines of a deck for ngspice, which takes the path of a library to end at a blank.

    Under the name of an open file it finds the same one, and what that names beside it.
    """
    with ExitStack() as files:
        yield [_loadable(line, files) for line in lines]


def _loadable(line: str, files: ExitStack) -> str:
    reference = _REFERENCE.fullmatch(line)
    if not reference or not _ENDS_A_PATH.search(reference["path"]):
        return line
    number = os.open(reference["path"], os.O_RDONLY)
    files.callback(os.close, number)
    return f".lib /proc/self/fd/{number} {reference['section']}"

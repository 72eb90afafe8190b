"""Lines of netlists, read from files and from what they include, just as ngspice reads them."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cosim.engine.exported import prepared
from cosim.workbench.errors import DeckError
from cosim.workbench.places import in_use, is_own_cell

NAME = r"""(?:"([^"]*)"|'([^']*)'|(?!\$)([^\s;"']+)(?![^\s;"']))"""
"""Pattern of a file's or section's name, perhaps quoted; a comment is none."""
_INCLUDE = re.compile(rf"\s*\.inc\w*\s*{NAME}?", re.I)
_END = re.compile(r"\s*\.end(?:\s|$)", re.I)
_LIBRARY = re.compile(rf"\s*\.lib\w*(?!\w)\s*{NAME}\s*{NAME}", re.I)
_FILE = r"\b(?:file|(?:input|state|process)_file|infile|ic\.file|simulation)\s*="

# What would change a result without changing the deck: commands, files that no key covers, and
# random numbers that are different ones in each run.
_REFUSED = (
    (
        (".control",),
        r"\s*\.control",
        "a deck can't have a .control section, which could run anything",
    ),
    (("*#",), r"\s*\*#", "a deck can't have `*#` lines, which ngspice runs as commands"),
    (("@",), r"\s*@", "ngspice reads no further than a line that begins with @"),
    (
        (".incpslt",),
        r"\s*\.incpslt",
        ".incpslt isn't supported; write the file for ngspice and .include it",
    ),
    ((".hdl",), r"\s*\.hdl", "ngspice reads no .hdl file"),
    (
        ("file", "simulation"),
        rf"\s*(?:\.model\b|\+).*{_FILE}",
        "a model can't read or run files",
    ),
    (
        ("random",),
        r"\s*(?:\.opt|\+).*\bseed\s*=\s*random",
        "a random seed makes each run another one",
    ),
    (("trnoise",), r"\s*[^*\s][^;]*\btrnoise\b", "trnoise can't be repeated: it heeds no seed"),
)
"""Words of which one is in each such line, looked for first as cards of models are long; pattern;
and the reason."""


@dataclass(frozen=True)
class Line:
    """One line of a netlist: its text and where that text was written."""

    text: str
    source: str
    number: int

    def __str__(self) -> str:
        return f"{self.source}:{self.number}"

    @property
    def words(self) -> set[str]:
        """Lower-case words of the line."""
        return set(self.text.lower().split())

    @property
    def name(self) -> str:
        """Lower-case name of the device, or of the dot command without its dot."""
        return self.text.lower().split()[0].lstrip(".")


class NetlistReader:
    """Inlines includes, the same file as often as it is included.

    Where ngspice reads on after an `.end`, in an included file or not, this does too. Blank lines
    are dropped. A `.lib FILE SECTION` stays, with the absolute path of the file in quotes.
    """

    def __init__(
        self,
        left_out: Collection[Path] = (),
        on_read: Callable[[Path, bytes], None] = lambda path, content: None,
        libraries_in: Path | None = None,
    ):
        """Choose.

        Args:
            left_out: files whose includes are ignored.
            on_read: gets each file with its content.
            libraries_in: the folder that libraries' paths are relative to; by default that of the
                file which names them.
        """
        self._left_out = {path.resolve() for path in left_out}
        self._on_read = on_read
        self._libraries_in = libraries_in

    def read(
        self, path: Path, parents: tuple[Path, ...] = (), inside: int | None = None
    ) -> Iterator[Line]:
        """The lines of a file.

        parents: resolved paths of those that include it. inside: number of subcircuits around its
        lines, where one of the project's cells includes it, whose part it is then.

        Raises DeckError, naming `file:line`, for a missing or circular include and for what a deck
        can't have.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DeckError(f"{path} can't be read: {error.strerror}") from None
        if b"\0" in content:
            raise DeckError(f"{path} is not a text file")
        self._on_read(path, content)
        # The folder is the path's, not that of what it may link to, as it is for ngspice.
        parents = (*parents, path.resolve())
        text, source = decoded(content), _display(path)
        if inside is not None or is_own_cell(path):
            inside = inside or 0
            text = prepared(text, source, inside)
        return self.inline(text, source, path.parent, parents, inside)

    def inline(
        self,
        text: str,
        source: str,
        folder: Path,
        parents: tuple[Path, ...] = (),
        inside: int | None = None,
    ) -> Iterator[Line]:
        """The lines of a text, whose includes are relative to `folder`; else as `read`."""
        # Not splitlines(), which also ends lines at characters that ngspice takes for blanks.
        for number, content in enumerate(text.split("\n"), start=1):
            line = Line(content.rstrip(), source, number)
            if not line.text or _END.match(line.text):
                continue
            _check(line)
            if inside is not None:
                inside += (line.name == "subckt") - (line.name == "ends")
            if statement := _INCLUDE.match(line.text):
                # The statement stays as a comment, so that the deck still shows its structure.
                yield replace(line, text=f"*{line.text}")
                name = stated_name(statement)
                yield from self._included(line, name, folder, parents, inside)
            elif statement := _LIBRARY.match(line.text):
                yield self._reference(line, statement, folder)
            else:
                yield line

    def _included(
        self,
        line: Line,
        name: str,
        folder: Path,
        parents: tuple[Path, ...],
        inside: int | None,
    ) -> Iterator[Line]:
        path = in_use(_located(line, name, folder))
        if path.resolve() in self._left_out:
            return iter(())
        if path.resolve() in parents:
            raise DeckError(f"{line}: circular include of {name}")
        if not path.is_file():
            raise DeckError(f"{line}: included file not found: {name or '(no name given)'}")
        return self.read(path, parents, inside)

    def _reference(self, line: Line, statement: re.Match, folder: Path) -> Line:
        name, section = stated_name(statement), stated_name(statement, second=True)
        path = _located(line, name, self._libraries_in or folder)
        beside = _located(line, name, folder)
        if beside.is_file() and beside.resolve() != path.resolve():
            raise DeckError(f"{line}: ngspice would read {path}, not {beside}; state a full path")
        if '"' in str(path):
            raise DeckError(f"{line}: the path of a library can't have a quote in it: {path}")
        return replace(line, text=f'.lib "{path.resolve()}" {section}')


def stated_name(statement: re.Match, second: bool = False) -> str:
    """The first or second NAME that a statement has."""
    groups = statement.groups()[3 * second : 3 * second + 3]
    return next((group for group in groups if group), "")


def _located(line: Line, name: str, folder: Path) -> Path:
    try:
        return folder / Path(name).expanduser()
    except RuntimeError as error:
        raise DeckError(f"{line}: {name}: {error}") from None


def _check(line: Line) -> None:
    text = line.text.lower()
    for words, pattern, reason in _REFUSED:
        if any(word in text for word in words) and re.match(pattern, text):
            raise DeckError(f"{line}: {reason}")


def decoded(content: bytes) -> str:
    """The text of a netlist: UTF-8, or else Latin-1."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # In no other encoding would any two names be sure to stay different.
        return content.decode("latin-1")


def _display(path: Path) -> str:
    path = path.resolve()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

"""Self-contained ngspice decks whose every line remembers the file it came from."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cosim.errors import DeckError

_INCLUDE = re.compile(r"""\s*\.inc(?:l|lude)?\b\s*(?:"([^"]*)"|'([^']*)'|([^\s;$]*))""", re.I)
_END = re.compile(r"\s*\.end\s*$", re.I)


@dataclass(frozen=True)
class Line:
    """One line of a deck: its text and where that text was written."""

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


@dataclass(frozen=True)
class Deck:
    """An immutable deck; `include` and `append` return a longer one.

    Blank lines are dropped: ngspice does not count them in the line numbers of its messages.
    A file is inlined once, however often it is included.
    """

    title: str
    lines: tuple[Line, ...] = ()
    files: frozenset[Path] = frozenset()

    @property
    def text(self) -> str:
        """The deck as ngspice gets it: title, lines, `.end`."""
        title = " ".join(["*", *self.title.lstrip("* ").split()])
        return "\n".join([title, *(line.text for line in self.lines), ".end", ""])

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of `text`."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def include(self, path: Path | str) -> "Deck":
        """Add all lines of a file, its includes inlined; raises DeckError for a missing file."""
        path = Path(path).resolve()
        if not path.is_file():
            raise DeckError(f"no such netlist: {path}")
        reader = _Reader(set(self.files))
        lines = () if path in self.files else tuple(reader.read(path, ()))
        return replace(self, lines=self.lines + lines, files=frozenset(reader.files))

    def append(self, text: str, origin: str) -> "Deck":
        """Add the lines of `text`; messages call them `origin:1`, `origin:2` and so on.

        Includes are relative to the current directory. Raises DeckError for a missing one.
        """
        reader = _Reader(set(self.files))
        lines = tuple(reader.inline(text, origin, Path.cwd(), ()))
        return replace(self, lines=self.lines + lines, files=frozenset(reader.files))

    def origin(self, line_number: int) -> str:
        """Where line `line_number` of `text` (the title is 1) was written: `file:line`."""
        if 2 <= line_number <= len(self.lines) + 1:
            return str(self.lines[line_number - 2])
        return f"deck:{line_number}"

    def find_card(self, card: str) -> str | None:
        """Origin of the card that ngspice quotes, perhaps flattened (`m.x1.x9.m1 in 0 nch`)."""
        words = set(card.lower().split())
        name = card.lower().split()[0].rpartition(".")[2]
        lines = [line for line in self.lines if line.name == name]
        return str(max(lines, key=lambda line: len(words & line.words))) if lines else None

    def find_word(self, word: str) -> str | None:
        """Origin of the first card in which a whole word occurs."""
        whole = re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w.])", re.I)
        return next((str(line) for line, card in self._cards() if whole.search(card)), None)

    def find_undefined(self, parameter: str) -> str | None:
        """Origin of the first card using a parameter that its subcircuit doesn't define."""
        used = re.compile(rf"(?:[{{'][^}}']*|=\s*)\b{re.escape(parameter)}\b", re.I)
        defined = re.compile(rf"\.(?:subckt|param)\b.*\b{re.escape(parameter)}\s*=", re.I)
        for scope in self._scopes():
            if not any(defined.match(card) for _, card in scope):
                for line, card in scope:
                    if used.search(card):
                        return str(line)
        return None

    def _cards(self) -> list[tuple[Line, str]]:
        """First line and whole text of each card, continuation lines joined, without comments."""
        cards: list[tuple[Line, str]] = []
        for line in self.lines:
            text = line.text.strip()
            if text.startswith("+") and cards:
                first, card = cards[-1]
                cards[-1] = (first, f"{card} {text[1:]}")
            elif not text.startswith("*"):
                cards.append((line, text))
        return cards

    def _scopes(self) -> list[list[tuple[Line, str]]]:
        """The cards outside subcircuits, then those of each subcircuit."""
        scopes: list[list[tuple[Line, str]]] = [[]]
        scope = scopes[0]
        for line, card in self._cards():
            if line.name == "subckt":
                scope = []
                scopes.append(scope)
            scope.append((line, card))
            if line.name == "ends":
                scope = scopes[0]
        return scopes


def read_netlist(path: Path | str) -> Deck:
    """Read a complete netlist, whose first line is the title, as ngspice would.

    `.include` and `.inc` are inlined, their paths relative to the file they stand in; `.lib` is
    left alone. Raises DeckError, naming `file:line` of the statement, for a missing or circular
    include.
    """
    deck = Deck("").include(path)
    if not deck.lines:
        raise DeckError(f"empty netlist: {path}")
    title, *lines = deck.lines
    return replace(deck, title=title.text, lines=tuple(lines))


class _Reader:
    """Inlines includes, and remembers in `files` what it has read."""

    def __init__(self, files: set[Path]):
        self.files = files

    def read(self, path: Path, parents: tuple[Path, ...]) -> Iterator[Line]:
        self.files.add(path)
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        return self.inline(text, _display(path), path.parent, (*parents, path))

    def inline(
        self, text: str, source: str, folder: Path, parents: tuple[Path, ...]
    ) -> Iterator[Line]:
        for number, content in enumerate(text.splitlines(), start=1):
            line = Line(content.rstrip(), source, number)
            if _END.match(content):
                return
            if statement := _INCLUDE.match(content):
                # The statement stays as a comment, so that the deck still shows its structure.
                yield replace(line, text=f"*{line.text}")
                yield from self._included(line, statement, folder, parents)
            elif line.text:
                yield line

    def _included(
        self, line: Line, statement: re.Match, folder: Path, parents: tuple[Path, ...]
    ) -> Iterator[Line]:
        name = next((group for group in statement.groups() if group), "")
        path = (folder / Path(name).expanduser()).resolve()
        if path in parents:
            raise DeckError(f"{line}: circular include of {name}")
        if not path.is_file():
            raise DeckError(f"{line}: included file not found: {name or '(no name given)'}")
        return iter(()) if path in self.files else self.read(path, parents)


def _display(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

"""Self-contained ngspice decks whose every line remembers the file it came from."""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cosim.engine.libraries import Libraries
from cosim.engine.netlist import Line, NetlistReader
from cosim.workbench.errors import DeckError
from cosim.workbench.places import in_use

_COMMENT = re.compile(r";|\$ ")


@dataclass(frozen=True)
class Deck:
    """An immutable deck; `include` and `append` return a longer one.

    All of it is in its lines, but for sections of libraries: a `.lib FILE SECTION` stays as it is,
    its path made absolute. Blank lines are dropped: ngspice does not count them in the line
    numbers of its messages.

    Attributes:
        library_files: files that ngspice reads for the sections, each with its hexadecimal SHA-256.
    """

    title: str
    lines: tuple[Line, ...] = ()
    library_files: frozenset[tuple[Path, str]] = frozenset()

    @property
    def text(self) -> str:
        """The deck as ngspice gets it: title, lines, `.end`."""
        title = " ".join(["*", *self.title.lstrip("* ").split()])
        return "\n".join([title, *(line.text for line in self.lines), ".end", ""])

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of `text` and of all that ngspice reads for it."""
        files = (f"{digest} {path}\n" for path, digest in sorted(self.library_files))
        return hashlib.sha256("".join([self.text, *files]).encode()).hexdigest()

    @property
    def files(self) -> frozenset[Path]:
        """Files that lines are from; those of libraries aren't among them."""
        sources = {line.source for line in self.lines}
        return frozenset(path.resolve() for path in map(Path, sources) if path.is_file())

    def include(self, path: Path | str, left_out: Collection[Path] = ()) -> "Deck":
        """Add all lines of a file, its includes inlined but for those of the files `left_out`.

        Raises DeckError, naming `file:line`, for what is missing or circular, and for statements
        that would let results depend on more than the deck.
        """
        # Not resolved: a link's includes are relative to the folder of the link.
        path = in_use(Path(path).absolute())
        if not path.is_file():
            raise DeckError(f"no such netlist: {path}")
        return self._with(NetlistReader(left_out).read(path))

    def append(self, text: str, origin: str) -> "Deck":
        """Add the lines of `text`; messages call them `origin:1`, `origin:2` and so on.

        Includes are relative to the current directory. Raises DeckError as `include` does.
        """
        return self._with(NetlistReader().inline(text, origin, Path.cwd()))

    def _with(self, lines: Iterable[Line]) -> "Deck":
        lines, libraries = tuple(lines), Libraries()
        # For what they raise, and what files they read.
        list(libraries.expanded(lines))
        files = self.library_files | libraries.digests.items()
        _check_different({path for path, _ in files})
        return replace(self, lines=self.lines + lines, library_files=files)

    def expanded(self) -> list[Line]:
        """The lines with those of the libraries' sections in place of `.lib`, from the files."""
        return list(Libraries().expanded(self.lines))

    def check_files(self) -> None:
        """Raise DeckError where a library's file isn't any more what it was."""
        for path, digest in sorted(self.library_files):
            if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                raise DeckError(f"{path} has changed since the deck was made of it")

    def check_definitions(self) -> None:
        """Raise DeckError where the lines define a subcircuit or model twice, in different ways.

        Or one that a library defines, too: ngspice would take the first one, and not always say so.
        """
        known: dict[tuple, tuple[Line, list[str]]] = {}
        for name, line, content in _definitions(self.lines):
            first, other = known.setdefault(name, (line, content))
            if other != content:
                raise _twice(line, name, first)
        if self.library_files:
            # Where a library defines something twice it has reasons of its own, such as an .if.
            for name, line, content in _definitions(self.expanded()):
                first, other = known.get(name, (line, content))
                if first != line and other != content:
                    raise _twice(first, name, line)

    def origin(self, line_number: int) -> str:
        """Origin of line `line_number` of `text` (the title is 1): `file:line`."""
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
        return next((str(line) for line, card in cards(self.lines) if whole.search(card)), None)

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

    def _scopes(self) -> list[list[tuple[Line, str]]]:
        """The cards outside subcircuits, then those of each subcircuit."""
        scopes: list[list[tuple[Line, str]]] = [[]]
        scope = scopes[0]
        for line, card in cards(self.lines):
            if line.name == "subckt":
                scope = []
                scopes.append(scope)
            scope.append((line, card))
            if line.name == "ends":
                scope = scopes[0]
        return scopes


def cards(lines: Iterable[Line]) -> list[tuple[Line, str]]:
    """First line and whole text of each card: continued lines joined, without lines of comment."""
    found: list[tuple[Line, str]] = []
    for line in lines:
        text = line.text.strip()
        if text.startswith("+") and found:
            first, card = found[-1]
            found[-1] = (first, f"{card} {text[1:]}")
        elif text and not text.startswith("*"):
            found.append((line, text))
    return found


def placed_cards(lines: Iterable[Line]) -> Iterator[tuple[tuple[str, ...], Line, str]]:
    """First line and text of each card without comments, after the subcircuits that it is in.

    Those are in lower case, the outermost first; a `.subckt` and its `.ends` are in their own.
    """
    around: tuple[str, ...] = ()
    for line, card in cards(uncommented(lines)):
        words = card.lower().split()
        if words[0] == ".subckt":
            around = (*around, words[1])
        yield around, line, card
        if words[0] == ".ends":
            around = around[:-1]


def bare_cards(lines: Iterable[Line]) -> list[str]:
    """Texts of the cards without comments at the ends of lines either."""
    return [card for _, card in cards(uncommented(lines))]


def uncommented(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines without the comments at their ends."""
    for line in lines:
        comment = _COMMENT.search(line.text)
        yield replace(line, text=line.text[: comment.start()]) if comment else line


def _definitions(lines: Iterable[Line]) -> Iterator[tuple[tuple[str, ...], Line, list[str]]]:
    """Models and subcircuits: name with those of the subcircuits around, line and content."""
    around: list[tuple[str, Line, list[str]]] = []
    for line, card in cards(lines):
        words = card.lower().split()
        for _, _, content in around:
            content.append(" ".join(words))
        if words[0] == ".subckt":
            around.append((words[1], line, [" ".join(words)]))
        elif words[0] == ".ends" and around:
            names = (*(name for name, _, _ in around),)
            _, first, content = around.pop()
            yield names, first, content
        elif words[0] == ".model":
            yield (*(name for name, _, _ in around), words[1]), line, [" ".join(words)]


def _twice(line: Line, name: tuple[str, ...], first: Line) -> DeckError:
    return DeckError(f"{line}: {name[-1]} is defined at {first} already, in another way")


def read_netlist(path: Path | str) -> Deck:
    """Read a complete netlist, whose first line is the title, as ngspice would.

    Raises DeckError as `Deck.include` does.
    """
    deck = Deck("").include(path)
    if not deck.lines:
        raise DeckError(f"empty netlist: {path}")
    title, *lines = deck.lines
    return replace(deck, title=title.text, lines=tuple(lines))


def _check_different(files: Collection[Path]) -> None:
    """Refuse what ngspice, which compares paths of libraries without their case, confuses."""
    known: dict[str, Path] = {}
    for path in sorted(files):
        if other := known.get(str(path).lower()):
            raise DeckError(f"ngspice takes {other} and {path} for one library; rename one")
        known[str(path).lower()] = path

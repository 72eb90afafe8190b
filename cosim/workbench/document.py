"""A document of headings, tables and figures, written as HTML and as Markdown."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from cosim.workbench.checks import VERDICTS, Check
from ebn_model.errors import InputError


@dataclass(frozen=True)
class Cell:
    """A table's cell; link: the anchor of a figure or section. passed: colours a judgement."""

    text: str
    link: str = ""
    passed: bool | None = None


def cells(*texts: str) -> list[Cell]:
    """Cells of plain text."""
    return [Cell(text) for text in texts]


@dataclass(frozen=True)
class Paragraph:
    """Plain text."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Table:
    """A table; every row has as many cells as the header."""

    kind: ClassVar[str] = "table"
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise InputError(
                    f"a row of {len(row)} cells under {len(self.header)} headings: {self.caption}"
                )


@dataclass(frozen=True)
class Picture:
    """A figure; file: name of a PNG beside the Markdown. anchor: for links to it."""

    kind: ClassVar[str] = "picture"
    file: str
    caption: str
    anchor: str


@dataclass(frozen=True)
class Listing:
    """Text as it is, in a typewriter's letters."""

    kind: ClassVar[str] = "listing"
    text: str


@dataclass(frozen=True)
class Links:
    """Links to files, by what they are called; places as seen from the document."""

    kind: ClassVar[str] = "links"
    files: Mapping[str, str]


Block = Paragraph | Table | Picture | Listing | Links


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    title: str
    anchor: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Document:
    """The whole; passed: its verdict, None where nothing was judged."""

    title: str
    passed: bool | None
    sections: Sequence[Section]

    @property
    def verdict(self) -> str:
        """In words."""
        return VERDICTS[self.passed]

    @property
    def pictures(self) -> list[str]:
        """Files of all figures."""
        return [
            block.file
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Picture)
        ]


_JUDGEMENTS = {True: "passed", False: "failed", None: "shown"}


def verdict_table(checks: Sequence[Check]) -> Table:
    """All lines of a verdict."""
    return Table(
        ("", "quantity", "required", "measured", "verdict"),
        [
            [
                *cells(check.comparison, check.quantity, check.required, check.measured),
                Cell(_JUDGEMENTS[check.passed], passed=check.passed),
            ]
            for check in checks
        ],
    )


def to_html(document: Document, pictures: Mapping[str, bytes]) -> str:
    """One page that needs no other file: the pictures, PNG by their file name, are in it."""
    encoded = {name: b64encode(data).decode() for name, data in pictures.items()}
    return _template("report.html.j2", autoescape=True).render(document=document, pictures=encoded)


def to_markdown(document: Document) -> str:
    """The same as Markdown; pictures are files beside it."""
    return _template("report.md.j2", autoescape=False).render(document=document)


def _template(name: str, autoescape: bool) -> Template:
    environment = Environment(
        loader=PackageLoader("cosim.workbench"),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = _escaped
    return environment.get_template(name)


def _escaped(text: str) -> str:
    """Text in which Markdown and its tables see no markup."""
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())

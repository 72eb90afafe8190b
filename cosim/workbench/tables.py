"""Tables as text: CSV for programs, Markdown for people."""

import csv
import io
from collections.abc import Iterable


def csv_text(rows: Iterable[Iterable]) -> str:
    """The rows as CSV, the header first; lines end with a newline."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Lines of a table whose cells are Markdown; a | in a cell does not end it."""
    header = list(header)
    lines = [_line(header), "|" + "---|" * len(header)]
    return [*lines, *map(_line, rows)]


def _line(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"

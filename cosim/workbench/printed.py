"""Reports as tables on the terminal."""

import sys
from itertools import groupby

from rich.console import Console
from rich.table import Table

from cosim.workbench.report import Report

_JUDGEMENTS = {True: "[green]pass[/]", False: "[bold red]FAIL[/]", None: "not judged"}
_VERDICTS = {
    True: "[green]pass[/]",
    False: "[bold red]FAIL[/]",
    None: "[bold yellow]nothing judged[/]: there was nothing to compare with that is required",
}


def print_report(report: Report) -> None:
    """Print what was required and what was measured, quantity by quantity."""
    table = Table(
        title=report.title,
        caption=f"verdict: {_VERDICTS[report.passed]}\nresults in {report.results}",
        title_justify="left",
        caption_justify="left",
    )
    for column in ("quantity", "required", "measured", "verdict"):
        table.add_column(column)
    for comparison, rows in groupby(report.rows, key=lambda row: row.comparison):
        table.add_section()
        table.add_row(f"[bold]{comparison}[/]")
        for row in rows:
            judgement = _JUDGEMENTS[row.passed]
            table.add_row(f"  {row.quantity}", row.required, row.measured, judgement)
    console().print(table)


def console() -> Console:
    """Standard output."""
    # A file or a pipe has no width of its own.
    return Console(width=None if sys.stdout.isatty() else 120)

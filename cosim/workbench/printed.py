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
    """Print the tables of a report, by default the checks, and say on standard error what fails."""
    for table in report.tables or [_checks(report)]:
        console().print(table)
    if report.page.suffix == ".html":
        print(f"report in {report.page}")
    if report.fault:
        print(f"ebn-cosim: {report.fault}", file=sys.stderr)


def _checks(report: Report) -> Table:
    """Required and measured values, quantity by quantity."""
    table = titled_table(
        report.title, f"verdict: {_VERDICTS[report.passed]}\nresults in {report.results}"
    )
    for column in ("quantity", "required", "measured", "verdict"):
        table.add_column(column)
    for comparison, checks in groupby(report.checks, key=lambda check: check.comparison):
        table.add_section()
        table.add_row(f"[bold]{comparison}[/]")
        for check in checks:
            judgement = _JUDGEMENTS[check.passed]
            table.add_row(f"  {check.quantity}", check.required, check.measured, judgement)
    return table


def titled_table(title: str, caption: str | None = None) -> Table:
    """A table without columns yet, whose title and caption begin on the left."""
    return Table(title=title, caption=caption, title_justify="left", caption_justify="left")


def console() -> Console:
    """Standard output."""
    # A file or a pipe has no width of its own.
    return Console(width=None if sys.stdout.isatty() else 120)

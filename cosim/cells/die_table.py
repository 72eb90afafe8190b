"""The table that `ebn-cosim bench-cells --dies N` prints."""

from collections.abc import Iterable
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from cosim.cells.die_sheets import DieSheets, QuantityOverDies
from cosim.cells.sheet import readable
from cosim.workbench.printed import titled_table

LISTED = 6
"""No more dies than these are named."""


def die_table(every: Iterable[DieSheets], folder: Path) -> Table:
    """Mean and coefficient of variation of each quantity, and the dies out of its limits."""
    table = titled_table(
        f"Datasheet of the cells, {folder.name}", f"tables and histograms in {folder}"
    )
    table.add_column("quantity")
    for column in ("min", "max", "nominal", "mean", "cv"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("dies out of limits")
    for sheets in every:
        table.add_section()
        table.add_row(f"[bold]{sheets.bench}[/]", *[""] * 5, f"{len(sheets.dies)} dies")
        if sheets.nominal.fault:
            table.add_row(f"  [bold red]nominal die[/]: {escape(sheets.nominal.fault)}")
        if sheets.faults:
            table.add_row("  could not be measured", *[""] * 5, _listed([*sheets.faults]))
        for one in sheets.quantities:
            table.add_row(*_cells(one))
    return table


def _cells(one: QuantityOverDies) -> tuple[str, ...]:
    nominal, found = one.nominal, one.spread
    limits = (readable(limit, nominal.unit) for limit in (nominal.min, nominal.max))
    values = (nominal.measured, found.mean if found else None)
    judged = nominal.passed is not None or one.failing
    return (
        f"  {escape(nominal.name)}",
        *limits,
        *(readable(value, nominal.unit) for value in values),
        f"{found.cv:.1%}" if found and found.mean else "",
        _listed(one.failing) if judged else "",
    )


def _listed(dies: list[int]) -> str:
    if not dies:
        return "[green]none[/]"
    more = " ..." if len(dies) > LISTED else ""
    return f"[bold red]{len(dies)}[/]: {', '.join(map(str, dies[:LISTED]))}{more}"

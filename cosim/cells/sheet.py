"""A datasheet on disk: the table as CSV, Markdown and JSON."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from quantiphy import Quantity

from cosim.cells.specification import QuantityCheck
from cosim.workbench.checks import all_passed
from cosim.workbench.json_files import write_json
from cosim.workbench.tables import csv_text, markdown_table

_PREFIXED = ("A", "s", "V", "F", "Ω", "C", "J", "Hz")
FILES = ("datasheet.csv", "datasheet.md", "datasheet.json")
_HEADERS = ("quantity", "min", "typical", "max", "measured", "verdict", "reason")
VERDICTS = {True: "pass", False: "FAIL", None: ""}


@dataclass(frozen=True)
class Sheet:
    """The datasheet of one bench.

    checks: its quantities, each against its limits. fault: why nothing could be measured.
    notes: what else it found.
    """

    bench: str
    checks: list[QuantityCheck]
    fault: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool | None:
        """True if all was measured and within its limits; None where there are no limits."""
        return False if self.fault else all_passed(check.passed for check in self.checks)


def readable(value: float | None, unit: str) -> str:
    """A value as people read it, with four digits; empty for None."""
    if value is None:
        return ""
    if unit in _PREFIXED:
        return Quantity(value, unit).render(prec=3).replace(" u", " µ")
    return f"{value:.4g} {unit}".strip()


def write_sheets(sheets: list[Sheet], conditions: dict, folder: Path) -> None:
    """Write the table of all sheets.

    Args:
        sheets: the datasheets; their figures are in NAME/figure.png beside the table.
        conditions: what the runs were made under, for the head of the table.
        folder: gets datasheet.csv (SI numbers), .md (for people) and .json (all of it).
    """
    csv_file, md_file, json_file = (folder / name for name in FILES)
    csv_file.write_text(_csv(sheets), encoding="utf-8")
    md_file.write_text(_markdown(sheets, conditions), encoding="utf-8")
    passed = all_passed(sheet.passed for sheet in sheets)
    benches = {sheet.bench: asdict(sheet) | {"passed": sheet.passed} for sheet in sheets}
    write_json({"passed": passed, "conditions": conditions, "benches": benches}, json_file)


def _csv(sheets: list[Sheet]) -> str:
    names = [field.name for field in fields(QuantityCheck)]
    rows = [["bench", *names]]
    for sheet in sheets:
        for check in sheet.checks:
            row = asdict(check) | {"passed": VERDICTS[check.passed]}
            rows.append([sheet.bench, *row.values()])
    return csv_text(rows)


def _markdown(sheets: list[Sheet], conditions: dict) -> str:
    lines = ["# Datasheet of the cells", ""]
    lines += [f"- {name}: {value}" for name, value in conditions.items()]
    for sheet in sheets:
        lines += ["", f"## {sheet.bench}", ""]
        if sheet.fault:
            lines.append(f"**FAIL**: {sheet.fault}")
            continue
        lines += [
            *markdown_table(_HEADERS, map(_cells, sheet.checks)),
            "",
            *(f"{note}\n" for note in sheet.notes),
            f"![{sheet.bench}]({sheet.bench}/figure.png)",
        ]
    return "\n".join([*lines, ""])


def _cells(check: QuantityCheck) -> tuple[str, ...]:
    limits = (check.min, check.typical, check.max, check.measured)
    values = (readable(value, check.unit) for value in limits)
    verdict = VERDICTS[check.passed].replace("FAIL", "**FAIL**")
    return (check.name, *values, verdict, check.reason)

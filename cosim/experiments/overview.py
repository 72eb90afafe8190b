"""One page on everything that has results here: verdicts, figures, and how to repeat them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from cosim.cells.runner import NOT_RUN, BenchConditions, stored_sheets
from cosim.cells.sheet import Sheet
from cosim.engine.simulator import versions
from cosim.experiments.protocol import DEFAULT
from cosim.experiments.registry import kind_of
from cosim.workbench.checks import VERDICTS, all_passed
from cosim.workbench.document import (
    Block,
    Cell,
    Document,
    Links,
    Listing,
    Paragraph,
    Picture,
    Section,
    Table,
    cells,
    to_html,
    verdict_table,
)
from cosim.workbench.errors import CosimError
from cosim.workbench.experiment_files import ExperimentFile, experiment_names, read_file
from cosim.workbench.output import new_files
from cosim.workbench.places import overview_page, results_of
from cosim.workbench.report import SUMMARY, Report
from ebn_model.errors import InputError

GROUPS = {
    "The learning neuron": ("neuron", "bias_comparison"),
    "Networks": ("network", "study"),
    "Networks as circuits": ("replay", "teaching"),
    "Dies": ("dies", "chip"),
    "Processes": ("technologies",),
    "Cost": ("ledger", "sizing"),
}
"""Kinds of experiments by the heading that they stand under; those that aren't named come last."""
OTHERS = "Others"
_KINDS = {kind: place for place, kind in enumerate(chain.from_iterable(GROUPS.values()))}
"""Place of each kind on the page."""
SEEDS = ("seed", "seeds", "first_die")
"""Keys of a file that random numbers follow from."""
CELLS = "cells"


@dataclass(frozen=True)
class Entry:
    """An experiment: its reports, or the reason why there are none."""

    file: ExperimentFile
    reports: tuple[Report, ...] = ()
    missing: str = ""

    @property
    def passed(self) -> bool | None:
        """The verdict on all of it."""
        return all_passed(report.passed for report in self.reports)


def add_overview(parser: argparse.ArgumentParser) -> None:
    """Add what `overview` takes."""
    parser.set_defaults(command=_overview)


def _overview(_options: argparse.Namespace) -> int:
    page = write_overview()
    print(page)
    return 0


def write_overview() -> Path:
    """Judge what has current results, write the page, and return its place.

    Raises:
        InputError: a file of an experiment that can't be read.
        OutputError: the page can't be written.
    """
    page = overview_page()
    entries = [_entry(read_file(name)) for name in experiment_names()]
    conditions = BenchConditions()
    sheets = stored_sheets(conditions, results_of(CELLS))
    document = _document(entries, sheets, page.parent, conditions)
    pictures = {name: (page.parent / name).read_bytes() for name in document.pictures}
    with new_files(page.parent) as new:
        new.joinpath(page.name).write_text(to_html(document, pictures), encoding="utf-8")
    return page


def _entry(file: ExperimentFile) -> Entry:
    kind = kind_of(file)
    with file.in_project():
        experiments = kind.read(file, DEFAULT)
        try:
            return Entry(file, tuple(kind.report(experiments)))
        except (InputError, CosimError) as error:
            # One that was never run, or whose results are outdated, keeps none of the others away.
            return Entry(file, missing=str(error))


def _document(
    entries: Iterable[Entry], sheets: list[Sheet], folder: Path, conditions: BenchConditions
) -> Document:
    """folder: that of the page."""
    ordered = sorted(entries, key=lambda one: _KINDS.get(one.file.kind, len(_KINDS)))
    shown = {group: [*found] for group, found in groupby(ordered, _group)}
    sections = [
        Section("All", "all", [_table(shown, sheets)]),
        *(
            Section(one.file.title, one.file.name, [*_blocks(one, folder)])
            for found in shown.values()
            for one in found
        ),
        Section("Datasheet of the cells", CELLS, [*_datasheet(sheets, folder, conditions)]),
        Section("Versions", "versions", [Listing(_lines(versions()))]),
    ]
    judged = [sheet.passed for sheet in sheets if sheet.fault != NOT_RUN]
    passed = all_passed([*(one.passed for found in shown.values() for one in found), *judged])
    return Document("ebn-cosim: all results", passed, sections)


def _group(entry: Entry) -> str:
    kind = entry.file.kind
    return next((group for group, kinds in GROUPS.items() if kind in kinds), OTHERS)


def _table(groups: Mapping[str, list[Entry]], sheets: list[Sheet]) -> Table:
    """A line for each experiment, and one for the datasheet."""
    lines = [_line(group, one) for group, found in groups.items() for one in found]
    judged = [sheet.passed for sheet in sheets if sheet.fault != NOT_RUN]
    passed = all_passed(judged)
    lines.append(
        [
            Cell("Cells"),
            Cell("Datasheet", link=CELLS),
            Cell(VERDICTS[passed] if judged else NOT_RUN, passed=passed),
            Cell(f"{sum(map(bool, judged))} of {len(judged)} benches" if judged else ""),
        ]
    )
    return Table(("", "experiment", "verdict", "requirements met"), lines)


def _line(group: str, entry: Entry) -> list[Cell]:
    checks = [check for report in entry.reports for check in report.checks]
    required = [check.passed for check in checks if check.passed is not None]
    met = f"{sum(required)} of {len(required)}" if required else ""
    verdict = NOT_RUN if entry.missing else VERDICTS[entry.passed]
    return [
        Cell(group),
        Cell(entry.file.title, link=entry.file.name),
        Cell(verdict, passed=entry.passed),
        Cell(met),
    ]


def _blocks(entry: Entry, folder: Path) -> Iterator[Block]:
    for report in entry.reports:
        if report.title != entry.file.title:
            yield Paragraph(report.title)
        if report.figure.is_file():
            # An anchor as the section has one, but of its own.
            place = _place(report.figure, folder)
            yield Picture(place, report.title, f"figure-{place.replace('/', '-')}")
        if report.checks:
            yield verdict_table(report.checks)
        yield Links({name: _place(path, folder) for name, path in _files(report)})
    if entry.missing:
        yield Paragraph(entry.missing)
    seeds = _lines(dict(_seeds(entry.file.values)))
    yield Listing(f"ebn-cosim run {entry.file.name}" + (f"\n{seeds}" if seeds else ""))


def _files(report: Report) -> Iterator[tuple[str, Path]]:
    """Files that a reader may want to open, by their names."""
    found = {
        "report": report.page if report.page.suffix == ".html" else None,
        "figure as PDF": report.figure.with_suffix(".pdf"),
        "all numbers": report.results / SUMMARY,
        "folder": report.results,
    }
    return ((name, path) for name, path in found.items() if path and path.exists())


def _seeds(values: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if key in SEEDS:
            yield place + key, value
        elif isinstance(value, Mapping):
            yield from _seeds(value, f"{place}{key}.")


def _datasheet(sheets: list[Sheet], folder: Path, conditions: BenchConditions) -> Iterator[Block]:
    results = results_of(CELLS) / conditions.folder_name
    lines = []
    for sheet in sheets:
        judged = [check.passed for check in sheet.checks if check.passed is not None]
        lines.append(
            [
                Cell(sheet.bench),
                _cell_verdict(sheet),
                *cells(f"{sum(judged)} of {len(judged)}" if judged else "", sheet.fault or ""),
            ]
        )
    yield Table(("bench", "verdict", "quantities within limits", ""), lines, conditions.label)
    table = results / "datasheet.md"
    if table.exists():
        yield Links({"datasheet": _place(table, folder), "folder": _place(results, folder)})
    yield Listing("ebn-cosim bench-cells")


def _cell_verdict(sheet: Sheet) -> Cell:
    if sheet.fault == NOT_RUN:
        return Cell("")
    return Cell(VERDICTS[sheet.passed], passed=sheet.passed)


def _lines(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{key} = {value}" for key, value in values.items())


def _place(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()

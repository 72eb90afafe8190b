"""Benches on many dies: runs what isn't known, and writes the datasheet over dies."""

from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from cosim.cells.bench import bench_names, specification_path
from cosim.cells.die_benches import bench_outcomes
from cosim.cells.die_figure import make_figure
from cosim.cells.die_sheets import DieSheets, QuantityOverDies
from cosim.cells.measured_bench import MeasuredBench
from cosim.cells.runner import BenchConditions
from cosim.cells.sheet import Sheet
from cosim.circuits.bias_tables import read_biases
from cosim.workbench.output import check_writable, new_files
from cosim.workbench.placement import HERE, Placement
from cosim.workbench.places import results_of
from cosim.workbench.report import FIGURES, StoredReport
from cosim.workbench.style import save
from cosim.workbench.tables import csv_text

TABLE, OF_DIES = "datasheet.csv", "dies.csv"
_COLUMNS = ("bench", "key", "name", "unit", "min", "typical", "max", "nominal")
_OVER_DIES = ("mean", "deviation", "cv", "lowest", "highest", "dies", "failing", "failing_dies")


def run_benches_on_dies(
    names: Iterable[str],
    conditions: BenchConditions,
    dies: range,
    out: Path | None = None,
    placement: Placement = HERE,
) -> tuple[list[DieSheets], Path]:
    """Run benches on dies, but for runs that are kept, and write what comes of it.

    Each bench has a folder NAME: `dies.csv`, a line for each die, histograms, and the runs that are
    finished, with which an interrupted command goes on. `datasheet.csv` beside has a line for each
    quantity.

    Args:
        names: benches, all that have a specification by default. dies: their numbers.
        conditions: of all dies. out: gets a folder named after the conditions, by default the
            results of `cells`.

    Returns:
        The sheets, in the order of the names, and the folder of the results.

    Raises:
        InputError: an unknown bench, bias table or technology, or a fault in a specification.
        CosimError: a process was lost, or results can't be written (OutputError).
    """
    chosen = list(dict.fromkeys(names)) or bench_names()
    for name in chosen:
        specification_path(name)
    folder = (out or results_of("cells")) / f"{conditions.folder_name}-dies"
    biases = read_biases(conditions.biases, conditions.technology)
    # A fault in any of them is found before hours of runs.
    benches = {name: MeasuredBench(name, biases, conditions.of_die(None)) for name in chosen}
    check_writable(folder)
    sheets = []
    for name, bench in benches.items():
        outcomes = bench_outcomes(
            name, conditions.biases, conditions, (None, *dies), folder / name, placement
        )
        of_dies = {die: _sheet(bench, conditions, outcomes[die]) for die in dies}
        sheets.append(DieSheets(_sheet(bench, conditions, outcomes[None]), of_dies))
        _write(sheets[-1], conditions, folder / name)
    with new_files(folder) as new:
        rows = [row for one in sheets for row in _rows(one)]
        text = csv_text([[*_COLUMNS, *_OVER_DIES], *rows])
        new.joinpath(TABLE).write_text(text, encoding="utf-8")
    return sheets, folder


def _sheet(bench: MeasuredBench, conditions: BenchConditions, outcome: dict[str, Any]) -> Sheet:
    if "error" in outcome:
        return Sheet(bench.name, [], outcome["error"])
    return bench.sheet(outcome["values"], conditions.biases, conditions.formula_names())


def _write(sheets: DieSheets, conditions: BenchConditions, folder: Path) -> None:
    """A bench's table, summary and figure, where they aren't current."""
    quantities = sheets.quantities
    summary = {
        "conditions": conditions.model_dump(mode="json"),
        "nominal": asdict(sheets.nominal),
        "quantities": {one.nominal.key: _summary(one) for one in quantities},
        "values": {
            one.nominal.key: {str(d): v for d, v in one.values.items()} for one in quantities
        },
        "faults": {str(die): reason for die, reason in sheets.faults.items()},
        "dies": [*sheets.dies],
    }

    def write(new: Path) -> None:
        new.joinpath(OF_DIES).write_text(csv_text(_lines(sheets)), encoding="utf-8")
        save(partial(make_figure, sheets), [new / name for name in FIGURES])

    StoredReport(folder, summary).write(write)


def _summary(one: QuantityOverDies) -> dict[str, Any]:
    found = one.spread
    return {
        "mean": found.mean if found else None,
        "deviation": found.deviation if found else None,
        "cv": found.cv if found and found.mean else None,
        "lowest": min(one.values.values(), default=None),
        "highest": max(one.values.values(), default=None),
        "dies": len(one.values),
        "failing": one.failing,
    }


def _rows(sheets: DieSheets) -> Iterable[list]:
    """A line of the datasheet for each quantity."""
    for one in sheets.quantities:
        n, found = one.nominal, _summary(one)
        failing = found.pop("failing")
        yield [
            *(sheets.bench, n.key, n.name, n.unit, n.min, n.typical, n.max, n.measured),
            *found.values(),
            len(failing),
            " ".join(map(str, failing)),
        ]


def _lines(sheets: DieSheets) -> Iterable[list]:
    """A line for each die: its values, the limits that it is out of, and why it has no values."""
    quantities = sheets.quantities
    yield ["die", *(one.nominal.key for one in quantities), "out_of_limits", "fault"]
    for die in sheets.dies:
        out = [one.nominal.key for one in quantities if die in one.failing]
        values = [one.values.get(die, "") for one in quantities]
        yield [die, *values, " ".join(out), sheets.faults.get(die, "")]

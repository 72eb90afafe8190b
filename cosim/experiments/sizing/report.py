"""Report of a sizing: verdict, summary, table and figure."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from cosim.engine.simulator import versions
from cosim.experiments.sizing.figure import SPREADS, draw_sizing
from cosim.experiments.sizing.runner import Sized
from cosim.experiments.sizing.settings import Sizing
from cosim.workbench.checks import Check, information
from cosim.workbench.provenance import sources_digest
from cosim.workbench.report import FIGURES, Report, StoredReport, verdict
from cosim.workbench.style import save

TABLE = "sizing.csv"


def make_report(sizing: Sizing, found: Mapping[float, Sized], redraw: bool = False) -> Report:
    """Judge, and write summary, table and figure where they changed; OutputError if they can't be.

    found: by area. redraw: anyway.
    """
    report = Report(sizing.title, sizing.results, [*_checks(found)])
    summary = {
        "experiment": sizing.title,
        **verdict(report),
        "areas": {f"{area:g}": asdict(one) for area, one in found.items()},
        "settings": sizing.settings.model_dump(mode="json"),
        "versions": versions(),
        "sources": sources_digest(__name__),
    }

    def write(folder: Path) -> None:
        write_table(folder / TABLE, found)
        chosen = sizing.settings.chosen
        save(lambda: draw_sizing(found, chosen), [folder / name for name in FIGURES])

    StoredReport(sizing.results, summary).write(write, redraw)
    return report


def write_table(path: Path, found: Mapping[float, Sized]) -> None:
    """A line for each area: yields, errors (A), spreads, energy (J) and area (um^2)."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [dict(_columns(area, one)) for area, one in found.items()]
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def _columns(area: float, one: Sized) -> Iterator[tuple[str, object]]:
    yield "area", area
    for name, settled in one.yields.items():
        yield from {
            f"{name}_settled": settled.settled,
            f"{name}_dies": settled.dies,
            f"{name}_yield_low": settled.low,
            f"{name}_yield_high": settled.high,
            f"{name}_error": one.errors[name],
        }.items()
    for name in SPREADS:
        yield f"{name}_cv", one.quantities[name].cv if name in one.quantities else ""
    yield "energy", one.energy
    yield "layout", one.area


def _checks(found: Mapping[float, Sized]) -> Iterator[Check]:
    for area, one in found.items():
        label = f"{area:g} times the area"
        failed = [name for name, learns in one.learns.items() if not learns]
        measured = f"not in {', '.join(failed)}" if failed else "yes"
        yield Check(label, "the nominal circuit learns", "in each simulation", measured, not failed)
        for name, settled in one.yields.items():
            text = f"{settled}; I_mem at the end {one.errors[name] * 1e12:.0f} pA RMS off"
            yield information(label, f"dies that settle in {name}", text)
        for name, text in SPREADS.items():
            if name in one.quantities:
                yield information(label, f"spread of {text}", f"{one.quantities[name].cv:.1%}")
        if one.energy is None or one.area is None:
            yield Check(label, "energy", "measured", one.fault, False)
        else:
            yield information(label, "learning event", f"{one.energy * 1e9:.2f} nJ")
            yield information(label, "neuron and synapse", f"{one.area:.0f} µm²")

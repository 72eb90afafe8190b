"""Report on dies: yields and spreads as verdict, tables, summary and figure."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.dies.figure import make_figure
from cosim.experiments.dies.population import (
    Outcomes,
    Spread,
    Yield,
    failures,
    model_agreement,
    spreads,
    yield_of,
)
from cosim.experiments.dies.runner import Found
from cosim.experiments.dies.settings import DiesExperiment
from cosim.workbench.checks import Check, at_least, information
from cosim.workbench.report import FIGURES, Report, StoredReport
from cosim.workbench.style import save
from cosim.workbench.tables import csv_text

LISTED = 12
"""No more dies than these are listed for a reason."""


def make_report(experiment: DiesExperiment, found: Found, redraw: bool = False) -> Report:
    """Write CASE.csv, cells_TABLE.csv, summary and figure where they aren't current.

    Raises:
        OutputError: a file can't be written.
    """
    yields = {name: yield_of(outcomes) for name, outcomes in found.cases.items()}
    tables = {table: spreads(outcomes) for table, outcomes in found.cells.items()}
    reasons = {
        name: failures(outcomes, _untrimmed_cells(experiment, name, found))
        for name, outcomes in found.cases.items()
    }
    summary = {
        **{
            name: _yield_summary(one, reasons[name]) | _model_summary(found.cases[name])
            for name, one in yields.items()
        },
        "quantities": {
            table: {name: _spread_summary(one) for name, one in every.items()}
            for table, every in tables.items()
        },
        "nominal": found.nominal,
        "settings": experiment.settings.model_dump(mode="json"),
    }

    def write(new: Path) -> None:
        for name, outcomes in found.cases.items():
            _write_table(outcomes, new / f"{name}.csv")
        for table, outcomes in found.cells.items():
            _write_table(outcomes, new / f"cells_{table}.csv")
        save(lambda: make_figure(experiment, found, yields), [new / name for name in FIGURES])

    StoredReport(experiment.results, summary).write(write, redraw)
    checks = [
        *_yield_checks(experiment, yields, reasons),
        *_model_checks(experiment, found),
        *(check for table, every in tables.items() for check in _spread_checks(table, every)),
    ]
    title = experiment.settings.title or experiment.name
    return Report(title, experiment.results, checks)


def _untrimmed_cells(experiment: DiesExperiment, case: str, found: Found) -> Outcomes:
    """Cells under a case's table; they say nothing of dies whose currents are others."""
    if experiment.settings.cases[case].trim:
        return {}
    return found.cells.get(experiment.simulations[case].experiment.biases, {})


def _yield_summary(one: Yield, reasons: dict[str, list[int]]) -> dict:
    values = asdict(one)
    return {
        "dies": values["dies"],
        "settled": values["settled"],
        "yield_low": values["low"],
        "yield_high": values["high"],
        "failures": reasons,
    }


def _model_summary(outcomes: Outcomes) -> dict:
    together, shares = model_agreement(outcomes)
    if not shares:
        return {}
    return {"model": {**asdict(together), "agreement": together.agreement, "by_die": shares}}


def _spread_summary(one: Spread) -> dict:
    return {"mean": one.mean, "cv": one.cv, "dies": one.dies}


def _yield_checks(
    experiment: DiesExperiment, yields: dict[str, Yield], reasons: dict[str, dict[str, list[int]]]
) -> list[Check]:
    checks = []
    for name, one in yields.items():
        label = experiment.settings.cases[name].label or name
        checks.append(information(label, "dies that settle", str(one)))
        for reason, dies in reasons[name].items():
            shown = ", ".join(map(str, dies[:LISTED])) + (" ..." if len(dies) > LISTED else "")
            checks.append(information(label, f"not, {reason}", f"{len(dies)}: {shown}"))
    return checks


def _model_checks(experiment: DiesExperiment, found: Found) -> Iterator[Check]:
    for name, outcomes in found.cases.items():
        case = experiment.settings.cases[name]
        if case.model:
            together, shares = model_agreement(outcomes)
            # Without a single decision outside the dead band nothing has been shown.
            least, share = case.model_one_step, together.agreement if together.outside else 0.0
            counts = (
                f"{together.equal} of {together.outside}, {len(shares)} of {len(outcomes)} dies, "
                f"worst {min(shares.values(), default=0.0):.1%}"
            )
            quantity = "decisions of the die's model, one step ahead"
            yield at_least((case.label or name, quantity), least, share, counts)


def _spread_checks(table: str, every: dict[str, Spread]) -> list[Check]:
    return [
        information(
            f"cells under {table}",
            QUANTITIES[name].text,
            f"{one.mean:.4g} {QUANTITIES[name].unit}, cv {one.cv:.1%}, {one.dies} dies",
        )
        for name, one in every.items()
    ]


def _write_table(outcomes: Outcomes, path: Path) -> None:
    """A line for each die; lists, as weights, in one cell with spaces between."""
    columns = list(dict.fromkeys(key for one in outcomes.values() for key in one))
    rows = [
        [die, *(_cell(one.get(column, "")) for column in columns)] for die, one in outcomes.items()
    ]
    path.write_text(csv_text([["die", *columns], *rows]), encoding="utf-8")


def _cell(value):
    return " ".join(map(str, value)) if isinstance(value, list) else value

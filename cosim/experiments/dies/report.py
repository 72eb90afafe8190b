"""Report on dies: yields and spreads as verdict, tables, summary and figure."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from cosim.engine.simulator import versions
from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.dies.bits import ByBits, yields_by_bits
from cosim.experiments.dies.bits_figure import make_bits_figure
from cosim.experiments.dies.both_views import views_agreement, views_checks
from cosim.experiments.dies.causes_figure import make_causes_figure
from cosim.experiments.dies.causes_report import (
    FoundCauses,
    causes_checks,
    causes_summary,
    found_causes,
    write_causes,
)
from cosim.experiments.dies.correlation_figure import make_correlation_figure
from cosim.experiments.dies.failures import PAGE, links, page, reasons
from cosim.experiments.dies.figure import make_figure
from cosim.experiments.dies.population import (
    Outcomes,
    Yield,
    correlations,
    model_agreement,
    spreads,
    yield_of,
)
from cosim.experiments.dies.runner import Found
from cosim.experiments.dies.settings import DiesExperiment
from cosim.workbench.checks import Check, at_least, information
from cosim.workbench.provenance import sources_digest
from cosim.workbench.report import FIGURES, Report, StoredReport, verdict
from cosim.workbench.statistics import Spread
from cosim.workbench.style import save
from cosim.workbench.tables import csv_text

LISTED = 12
"""No more dies than these are listed for a reason."""


def make_report(experiment: DiesExperiment, found: Found, redraw: bool = False) -> Report:
    """Write tables, summary and figures where they aren't current; see docs/dies.md for them.

    Raises:
        OutputError: a file can't be written.
    """
    yields = {name: yield_of(outcomes) for name, outcomes in found.cases.items()}
    by_bits = yields_by_bits(experiment, yields)
    tables = {table: spreads(outcomes) for table, outcomes in found.cells.items()}
    causes = {
        table: found_causes(parts, found.cells[table]) for table, parts in found.causes.items()
    }
    why = reasons(experiment, found)
    checks = [
        *_yield_checks(experiment, yields, why),
        *_model_checks(experiment, found),
        *_views_checks(experiment, found),
        *(check for table, every in tables.items() for check in _spread_checks(table, every)),
        *(check for table, one in causes.items() for check in causes_checks(table, one)),
    ]
    report = Report(experiment.settings.title or experiment.name, experiment.results, checks)
    cases = {
        name: _yield_summary(one, why[name])
        | _model_summary(found.cases[name])
        | _views_summary(found.cases[name])
        for name, one in yields.items()
    }
    summary = _by_technology(experiment, cases) | {
        "by_bits": {
            label: {str(bits): asdict(one) for bits, one in every.items()}
            for label, every in by_bits.items()
        },
        "quantities": {
            table: {name: _spread_summary(one) for name, one in every.items()}
            for table, every in tables.items()
        },
        "causes": {table: causes_summary(one) for table, one in causes.items()},
        "waveforms": links(experiment, found),
        "nominal": found.nominal,
        "settings": experiment.settings.model_dump(mode="json"),
        **verdict(report),
        "versions": versions(),
        "sources": sources_digest(__name__),
    }

    def write(new: Path) -> None:
        for name, outcomes in found.cases.items():
            _write_table(outcomes, new / f"{name}.csv")
        for table, outcomes in found.cells.items():
            _write_table(outcomes, new / f"cells_{table}.csv")
        for table, one in causes.items():
            write_causes(one, new / f"causes_{table}.csv")
        new.joinpath(PAGE).write_text(page(experiment, found), encoding="utf-8")
        save(lambda: make_figure(experiment, found, yields), [new / name for name in FIGURES])
        _save_further(by_bits, causes, found, new)

    StoredReport(experiment.results, summary).write(write, redraw)
    return report


def _save_further(
    by_bits: ByBits, causes: dict[str, FoundCauses], found: Found, folder: Path
) -> None:
    """The figures beside the first one, each where there is something to draw."""

    def save_as(name: str, draw: Callable[[], Figure]) -> None:
        save(draw, [folder / f"{name}{Path(path).suffix}" for path in FIGURES])

    if by_bits:
        save_as("yield_by_bits", lambda: make_bits_figure(by_bits))
    for table, outcomes in found.cells.items():
        names, matrix = correlations(outcomes)
        if names:
            title = f"cells under {table}"
            save_as(
                f"correlations_{table}",
                partial(make_correlation_figure, names, matrix, title),
            )
    for table, one in causes.items():
        if one.causes:
            title = f"shares of variance, cells under {table}"
            save_as(f"causes_{table}", partial(make_causes_figure, one.causes, title))


def _by_technology(experiment: DiesExperiment, summaries: dict[str, dict]) -> dict[str, dict]:
    """Summaries of cases by name; those of another technology are together, under its name."""
    found: dict[str, dict] = {}
    for name, summary in summaries.items():
        technology = experiment.settings.cases[name].technology
        place = found.setdefault(technology, {}) if technology else found
        place[name.removeprefix(f"{technology}_")] = summary
    return found


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


def _views_summary(outcomes: Outcomes) -> dict:
    found = views_agreement(outcomes)
    return {} if found is None else {"both_views": asdict(found)}


def _spread_summary(one: Spread) -> dict:
    return {"mean": one.mean, "cv": one.cv, "dies": one.dies}


def _yield_checks(
    experiment: DiesExperiment, yields: dict[str, Yield], reasons: dict[str, dict[str, list[int]]]
) -> list[Check]:
    checks = []
    for name, one in yields.items():
        label = experiment.label_of(name)
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
            yield at_least((experiment.label_of(name), quantity), least, share, counts)


def _views_checks(experiment: DiesExperiment, found: Found) -> Iterator[Check]:
    for name, outcomes in found.cases.items():
        agreement = views_agreement(outcomes)
        if agreement is not None:
            dead_band = experiment.simulations[name].experiment.tolerances.dead_band
            yield from views_checks(experiment.label_of(name), agreement, dead_band)


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

"""Causes of spread in a report: table, summary, and lines of the verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

from cosim.experiments.calibration.behaviour import QUANTITIES
from cosim.experiments.dies.causes import Cause, Causes, causes_of, unknown_causes
from cosim.experiments.dies.population import Outcomes
from cosim.workbench.checks import Check, information
from cosim.workbench.tables import csv_text

LISTED = 10
"""So many devices are in the summary; the table has all."""
NAMED = 3
"""So many are in a line of the verdict, with a share of at least LEAST."""
LEAST = 0.005


@dataclass(frozen=True)
class FoundCauses:
    """Causes under a bias table.

    causes: by quantity. unknown: reasons why a device's share is not known, by its place; under ""
    where no device's is.
    """

    causes: dict[str, Causes]
    unknown: dict[str, str]


def found_causes(parts: Sequence[Mapping[str, Any]], cells: Outcomes) -> FoundCauses:
    """Causes of the outcomes of CausesRuns; cells: quantities of dies under the same table."""
    errors = [part["error"] for part in parts if "error" in part]
    if errors:
        return FoundCauses({}, {"": errors[0]})
    return FoundCauses(causes_of(parts, cells), unknown_causes(parts))


def causes_summary(found: FoundCauses) -> dict[str, Any]:
    """The part of summary.json on the causes under a bias table."""
    return {
        **{name: _summary(one) for name, one in found.causes.items()},
        "unknown": found.unknown,
    }


def _summary(one: Causes) -> dict[str, Any]:
    return {
        "sum": one.total,
        "sum_low": one.low,
        "sum_high": one.high,
        "curvature": one.curvature,
        "predicted": one.predicted,
        "devices": dict(islice(one.devices().items(), LISTED)),
    }


def causes_checks(table: str, found: FoundCauses) -> Iterator[Check]:
    """A line for each quantity, and for each device whose share is not known."""
    label = f"causes under {table}"
    for name, one in found.causes.items():
        largest = islice(one.devices().items(), NAMED)
        named = [f"{place} {share:.0%}" for place, share in largest if share >= LEAST]
        yield information(label, QUANTITIES[name].text, f"{', '.join(named) or 'none'}; {one}")
    for place, reason in found.unknown.items():
        yield information(label, f"share of {place or 'each device'}", f"not known: {reason}")


def write_causes(found: FoundCauses, path: Path) -> None:
    """A line for each quantity, device, and what deviates in it; sensitivities in SI units."""
    header = ["quantity", "unit", *(field.name for field in fields(Cause))]
    rows = [
        [name, QUANTITIES[name].unit, *asdict(cause).values()]
        for name, one in found.causes.items()
        for cause in one.causes
    ]
    path.write_text(csv_text([header, *rows]), encoding="utf-8")

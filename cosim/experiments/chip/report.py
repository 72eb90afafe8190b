"""Report on networks of dies: errors by situation and method, as verdict, table and summary."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cosim.engine.simulator import versions
from cosim.experiments.chip.chip_run import METHODS, NOMINAL, REFINED
from cosim.experiments.chip.figure import make_figure
from cosim.experiments.chip.runner import Found
from cosim.experiments.chip.settings import ChipExperiment
from cosim.workbench.checks import Check, against_limit, information
from cosim.workbench.provenance import sources_digest
from cosim.workbench.report import FIGURES, Report, StoredReport, verdict
from cosim.workbench.statistics import Estimate, estimate
from cosim.workbench.style import save
from cosim.workbench.tables import csv_text
from ebn_model.errors import InputError

QUANTITIES = {
    "unscaled_error": "",
    "calibrated_error": "",
    "adapted_error": "",
    "decoding_error": "",
    "rate": " Hz",
}
"""Units of what is reported of each method."""
REFERENCES = {
    "learned": "transferred",
    "matured": "refined",
    "continued": "refined",
    "gated": "refined",
}
"""Codes learned on the nominal model with as many trials, with which those of a chip are compared.
"""


def make_report(experiment: ChipExperiment, found: Found, redraw: bool = False) -> Report:
    """Write chips.csv, trims, summary and figure where they aren't current.

    Raises:
        InputError: not one chip could be built.
        OutputError: a file can't be written.
    """
    if not found.nominal:
        reasons = {reason for faults in found.faults.values() for reason in faults.values()}
        raise InputError(f"{experiment.name}: no chip could be built: {'; '.join(sorted(reasons))}")
    checks = [
        *_nominal_checks(found),
        *(check for name in found.chips for check in _situation_checks(experiment, found, name)),
    ]
    report = Report(experiment.settings.title or experiment.name, experiment.results, checks)
    summary = {
        "chip": {
            name: {method: _summary(_of(outcomes, method)) for method in METHODS if outcomes}
            for name, outcomes in found.chips.items()
        },
        **{method: _summary(_of(found.nominal, method)) for method in (NOMINAL, REFINED)},
        "faults": {
            name: {str(chip): reason for chip, reason in faults.items()}
            for name, faults in found.faults.items()
        },
        "settings": experiment.settings.model_dump(mode="json"),
        **verdict(report),
        "versions": versions(),
        "sources": sources_digest(__name__),
    }

    def write(new: Path) -> None:
        (new / "chips.csv").write_text(csv_text(_rows(found)), encoding="utf-8")
        for name, trims in found.trims.items():
            text = csv_text(_trim_rows(trims))
            (new / f"trims_{name}.csv").write_text(text, encoding="utf-8")
        save(lambda: make_figure(experiment, found), [new / name for name in FIGURES])

    StoredReport(experiment.results, summary).write(write, redraw)
    return report


def ratio(outcomes: Iterable[dict], references: Iterable[dict], quantity: str) -> Estimate:
    """Geometric mean of a quantity over the reference's, chip by chip, with its interval."""
    pairs = zip(outcomes, references, strict=True)
    logs = estimate(np.log(one[quantity] / other[quantity]) for one, other in pairs)
    low, high = (None if v is None else float(np.exp(v)) for v in (logs.low, logs.high))
    return Estimate(float(np.exp(logs.mean)), low, high, logs.seeds)


def _ratio_text(outcomes: list[dict], references: list[dict], quantity: str) -> str:
    """That ratio for people; there is none where a chip doesn't fire."""
    if any(one[quantity] == 0 for one in (*outcomes, *references)):
        return "none, as a chip doesn't fire"
    return str(ratio(outcomes, references, quantity))


def _of(outcomes: dict[int, dict], method: str) -> list[dict[str, Any]]:
    """A method's outcomes, in the order of the chips."""
    return [one[method] for one in outcomes.values()]


def _summary(outcomes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    chips = list(outcomes)
    return {
        **{name: asdict(estimate(one[name] for one in chips)) for name in QUANTITIES},
        "ran_away": sum(one["ran_away"] for one in chips),
        "chips": len(chips),
    }


def _rows(found: Found) -> list[list]:
    """A line for each chip, situation and method; the nominal model is in no situation."""
    named = [
        ("", chip, method, one)
        for chip, methods in found.nominal.items()
        for method, one in methods.items()
    ]
    named += [
        (name, chip, method, methods[method])
        for name, outcomes in found.chips.items()
        for chip, methods in outcomes.items()
        for method in METHODS
    ]
    columns = [*QUANTITIES, "ran_away"]
    return [
        ["situation", "chip", "method", *columns],
        *([name, chip, method, *(one[c] for c in columns)] for name, chip, method, one in named),
    ]


def _trim_rows(trims: dict[int, dict[str, float]]) -> list[list]:
    """A line for each die: codes, and currents in A."""
    columns = list(next(iter(trims.values())))
    return [["die", *columns], *([die, *(one[c] for c in columns)] for die, one in trims.items())]


def _nominal_checks(found: Found) -> list[Check]:
    group = f"nominal model, mean of {len(found.nominal)} chips' decoders and inputs"
    return [
        information(group, label, _texts(_of(found.nominal, method)))
        for method, label in {NOMINAL: "learned", REFINED: "and refined"}.items()
    ]


def _situation_checks(experiment: ChipExperiment, found: Found, name: str) -> list[Check]:
    outcomes, situation = found.chips[name], experiment.settings.situations[name]
    group, limit = situation.label, situation.over_nominal
    checks = [
        information(group, f"chip {chip} left out", reason)
        for chip, reason in found.faults.get(name, {}).items()
    ]
    if not outcomes:
        return [*checks, Check(group, "chips that could be built", "1", "none", False)]
    checks += [
        information(group, label, _texts(_of(outcomes, method)))
        for method, label in METHODS.items()
    ]
    checks += [
        information(
            group,
            f"{METHODS[method]}, over {METHODS[reference]}: {_words(quantity)}",
            _ratio_text(_of(outcomes, method), _of(outcomes, reference), quantity),
        )
        for method, reference in REFERENCES.items()
        for quantity in QUANTITIES
    ]
    nominal = [found.nominal[chip][REFINED] for chip in outcomes]
    for method in ("matured", "continued"):
        over = ratio(_of(outcomes, method), nominal, "unscaled_error")
        checks.append(_nominal_check(group, method, over, limit if method == "matured" else None))
    return checks + [_runaway_check(group, label, _of(outcomes, m)) for m, label in METHODS.items()]


def _nominal_check(group: str, method: str, over: Estimate, limit: float | None) -> Check:
    return against_limit(
        (group, f"{METHODS[method]}, over the nominal model: unscaled error"),
        limit,
        lambda most: f"≤ {most:g}",
        str(over),
        lambda most: over.mean <= most,
    )


def _runaway_check(group: str, label: str, outcomes: list[dict]) -> Check:
    """None may run away that has learned codes, wherever they were learned."""
    away, name = sum(one["ran_away"] for one in outcomes), f"{label}: chips that run away"
    measured = f"{away} of {len(outcomes)}"
    if label == METHODS["programmed"]:
        return information(group, name, measured)
    return Check(group, name, "none", measured, away == 0)


def _texts(outcomes: list[dict]) -> str:
    return "; ".join(
        f"{_words(name)} {estimate(one[name] for one in outcomes)}{unit}"
        for name, unit in QUANTITIES.items()
    )


def _words(quantity: str) -> str:
    return quantity.replace("_", " ")

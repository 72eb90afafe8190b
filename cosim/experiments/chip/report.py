"""Report on networks of dies: errors by situation and method, as verdict, table and summary."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cosim.experiments.chip.chip_run import METHODS, NOMINAL
from cosim.experiments.chip.figure import make_figure
from cosim.experiments.chip.runner import Found
from cosim.experiments.chip.settings import ChipExperiment
from cosim.workbench.checks import Check, information
from cosim.workbench.report import FIGURES, Report, StoredReport
from cosim.workbench.statistics import Estimate, estimate
from cosim.workbench.style import save
from cosim.workbench.tables import csv_text
from ebn_model.errors import InputError

QUANTITIES = {"unscaled_error": "", "decoding_error": "", "rate": " Hz"}
"""Units of what is reported of each method."""
REFERENCE = "transferred"
"""The method that the others are compared with, chip by chip."""


def make_report(experiment: ChipExperiment, found: Found, redraw: bool = False) -> Report:
    """Write chips.csv, summary and figure where they aren't current.

    Raises:
        InputError: not one chip could be built.
        OutputError: a file can't be written.
    """
    if not found.nominal:
        raise InputError(f"{experiment.name}: no chip could be built: {found.faults}")
    summary = {
        "chip": {
            name: {method: _summary(_of(outcomes, method)) for method in METHODS}
            for name, outcomes in found.chips.items()
        },
        "nominal": _summary(found.nominal.values()),
        "faults": {str(chip): reason for chip, reason in found.faults.items()},
        "settings": experiment.settings.model_dump(mode="json"),
    }

    def write(new: Path) -> None:
        (new / "chips.csv").write_text(csv_text(_rows(found)), encoding="utf-8")
        save(lambda: make_figure(experiment, found), [new / name for name in FIGURES])

    StoredReport(experiment.results, summary).write(write, redraw)
    checks = [
        *_nominal_checks(found),
        *(check for name in found.chips for check in _situation_checks(experiment, found, name)),
    ]
    title = experiment.settings.title or experiment.name
    return Report(title, experiment.results, checks)


def ratio(outcomes: Iterable[dict], references: Iterable[dict], quantity: str) -> Estimate:
    """Geometric mean of a quantity over the reference's, chip by chip, with its interval."""
    pairs = zip(outcomes, references, strict=True)
    logs = estimate(np.log(one[quantity] / other[quantity]) for one, other in pairs)
    low, high = (None if v is None else float(np.exp(v)) for v in (logs.low, logs.high))
    return Estimate(float(np.exp(logs.mean)), low, high, logs.seeds)


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
    named = [("", chip, NOMINAL, one) for chip, one in found.nominal.items()]
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


def _nominal_checks(found: Found) -> list[Check]:
    group = f"nominal model, mean of {len(found.nominal)} chips' decoders and inputs"
    checks = [
        information(group, name.replace("_", " "), _text(found.nominal.values(), name))
        for name in QUANTITIES
    ]
    return checks + [
        information("chips left out", f"chip {chip}", reason)
        for chip, reason in found.faults.items()
    ]


def _situation_checks(experiment: ChipExperiment, found: Found, name: str) -> list[Check]:
    outcomes, checks = found.chips[name], []
    group = experiment.settings.situations[name].label
    reference = _of(outcomes, REFERENCE)
    for method, label in METHODS.items():
        own = _of(outcomes, method)
        texts = [f"{q.replace('_', ' ')} {_text(own, q)}{u}" for q, u in QUANTITIES.items()]
        checks.append(information(group, label, "; ".join(texts)))
        if method != REFERENCE:
            over = ratio(own, reference, "unscaled_error")
            checks.append(
                information(group, f"{label}: unscaled error over transferred", str(over))
            )
    over = ratio(_of(outcomes, "learned"), found.nominal.values(), "unscaled_error")
    checks.append(information(group, f"{METHODS['learned']}: over nominal", str(over)))
    return checks + [_runaway_check(group, label, _of(outcomes, m)) for m, label in METHODS.items()]


def _runaway_check(group: str, label: str, outcomes: list[dict]) -> Check:
    """None may run away that has learned codes, wherever they were learned."""
    away, name = sum(one["ran_away"] for one in outcomes), f"{label}: chips that run away"
    measured = f"{away} of {len(outcomes)}"
    if label == METHODS["programmed"]:
        return information(group, name, measured)
    return Check(group, name, "none", measured, away == 0)


def _text(outcomes: Iterable[dict], quantity: str) -> str:
    return str(estimate(one[quantity] for one in outcomes))

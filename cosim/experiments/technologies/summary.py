"""The numbers of a comparison of technologies, as its summary has them."""

from typing import Any

from cosim.cells.sheet import Sheet, readable
from cosim.circuits.conditions import Conditions
from cosim.experiments.neuron.views import Results
from cosim.experiments.technologies.cause import cause
from cosim.experiments.technologies.corner_run import CornerOutcome, CornerTrial
from cosim.experiments.technologies.learned import Learned, learned
from cosim.experiments.technologies.settings import TechnologyComparison
from cosim.experiments.technologies.typical import TypicalOutcome


def corner_name(conditions: Conditions) -> str:
    """Corner, temperature and supply, as ss-85C-1.62V."""
    return f"{conditions.corner}-{conditions.temperature:g}C-{conditions.supply:g}V"


def numbers(
    comparison: TechnologyComparison,
    typical: dict[str, TypicalOutcome],
    corners: dict[str, dict[Conditions, CornerOutcome]],
) -> dict[str, Any]:
    """By technology and corner: `typical`, and each of the corners by its name."""
    deviation = comparison.settings.corners.deviation
    return {
        name: {
            "typical": _typical(typical[name]),
            **{
                corner_name(at): {
                    plan.learning.name: _trial(outcome.fixed, deviation),
                    "calibrated": {
                        plan.learning.name: _trial(outcome.trimmed, deviation),
                        "bias_changes": outcome.trims,
                    },
                }
                for at, outcome in corners[name].items()
            },
        }
        for name, plan in comparison.plans.items()
    }


def views_learned(results: Results) -> dict[str, Learned]:
    """Learning of the circuits of a simulation, the most detailed view first."""
    published = results.published
    if published is None:
        return {}
    return {view: learned(run, published) for view, run in results.circuits.items()}


def failures(sheet: Sheet) -> dict[str, str]:
    """Quantities out of their limits, or the fault, in words, by quantity."""
    if sheet.fault:
        return {"": sheet.fault}
    return {
        check.name: f"{readable(check.measured, check.unit) or 'not measured'}, not "
        f"{readable(check.min, check.unit) or '…'} to {readable(check.max, check.unit) or '…'}"
        for check in sheet.checks
        if check.passed is False
    }


def _typical(outcome: TypicalOutcome) -> dict[str, Any]:
    simulations = {}
    for name, results in outcome.simulations.items():
        views = {view: _numbers(found) for view, found in views_learned(results).items()}
        first = next(iter(views), None)
        simulations[name] = {"view": first, **views[first], "views": views} if first else {}
    failed = {sheet.bench: failures(sheet) for sheet in outcome.sheets if sheet.passed is False}
    cells = {"passed": sum(bool(sheet.passed) for sheet in outcome.sheets), "failed": failed}
    found = {**simulations, "bench_cells": cells}
    if outcome.replay is not None:
        found["replay"] = {**_replay(outcome), "passed": outcome.replay_passed}
    return found


def _replay(outcome: TypicalOutcome) -> dict[str, Any]:
    names = ("rows", "pulses", "one_step_agreement", "trajectory_agreement", "unexplained")
    replay = outcome.replay or {}
    return {name: replay[name] for name in names}


def _trial(trial: CornerTrial, deviation: float) -> dict[str, Any]:
    found = trial.learned
    learns = found is not None and found.within(deviation)
    return {
        **(_numbers(found) if found else {}),
        "learned": learns,
        "cause": None if learns else cause(trial),
        "quantities": trial.quantities,
    }


def _numbers(found: Learned) -> dict[str, Any]:
    return {
        "turning_points": found.turning_points,
        "decisions": found.decisions,
        "spikes": found.spikes,
        "i_mem_rise_rms": found.i_mem_rise_rms,
        "settled": found.settled,
        "last_weight": found.last_weight,
        "i_mem_end": found.i_mem_end,
    }

"""Shift of the window per LSB at all corners, as a multiple of what an LSB changes I_mem by.

How a network learns depends on this ratio (docs/hardware_mapping.md), which references and synapses
set together, and with them corner, temperature and supply. The shift is half of I_Omega.
"""

from collections.abc import Mapping
from typing import Any

from cosim.circuits.conditions import Conditions
from cosim.engine.outcome import OUTCOME
from cosim.experiments.calibration.cells_run import CellsRun
from cosim.experiments.protocol import Work
from cosim.experiments.technologies.settings import Slope, TechnologyComparison
from cosim.experiments.technologies.summary import corner_name
from cosim.workbench.checks import Check, against_limit
from cosim.workbench.kept_outcomes import KeptOutcomes, outcomes_made_by

JOURNAL = "slopes.jsonl"
RATIO = "slope_over_kick"
Slopes = Mapping[str, Mapping[Conditions, Mapping[str, Any]]]
"""Outcomes of CellsRun by technology and conditions; empty where none are asked for."""


def run_slopes(comparison: TechnologyComparison, work: Work) -> Slopes:
    """Measure what the journal doesn't have, and give all.

    Raises:
        CosimError: a process was lost, or the journal can't be written (OutputError).
    """
    if comparison.settings.corners.slope is None:
        return {}
    pool, journal = work.placement.local_pool(), comparison.results / JOURNAL
    with outcomes_made_by(pool, journal, comparison.name, work.force) as kept:
        return _outcomes(comparison, comparison.settings.corners.slope, kept)


def read_slopes(comparison: TechnologyComparison) -> Slopes:
    """All slopes from the journal; raises InputError where one is missing."""
    if comparison.settings.corners.slope is None:
        return {}
    kept = KeptOutcomes(comparison.results / JOURNAL, comparison.name)
    return _outcomes(comparison, comparison.settings.corners.slope, kept)


def slope_check(technology: str, found: Mapping[Conditions, Mapping], slope: Slope) -> Check:
    """The line of a verdict; a corner whose cells can't be measured fails where all must."""
    ratios = [one[RATIO] for one in found.values() if RATIO in one]
    span = f"{min(ratios):.2f} to {max(ratios):.2f}, " if ratios else ""
    return against_limit(
        (f"{technology}, corners, table {slope.biases}", "shift of the window per LSB over kick"),
        slope.over_kick,
        lambda least: f"≥ {least:g}",
        f"{span}{len(ratios)} of {len(found)} corners",
        lambda least: len(ratios) == len(found) and min(ratios) >= least,
    )


def slope_numbers(found: Mapping[Conditions, Mapping]) -> dict[str, Any]:
    """Shift over kick by the corner's name, or the reason why there is none, under `error`."""
    return {
        corner_name(at): one.get(RATIO, {"error": one.get("error")}) for at, one in found.items()
    }


def _outcomes(comparison: TechnologyComparison, slope: Slope, kept: KeptOutcomes) -> Slopes:
    # Where a neuron at rest is far from its threshold, the generator's bench doesn't fire.
    planned = [
        CellsRun(slope.biases, at, spikes=False)
        for plan in comparison.plans.values()
        for at in plan.corners
    ]
    runs = {run.key: run for run in planned}
    known = kept.of(runs, OUTCOME, f"cells under {slope.biases}")
    found: dict[str, dict[Conditions, dict]] = {}
    for key, run in runs.items():
        found.setdefault(run.conditions.facts.name, {})[run.conditions] = known[key]
    return found

"""Runs at the typical corner of each technology: datasheet, simulations and a replay."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cosim.cells.runner import BenchConditions, run_benches, stored_sheets
from cosim.cells.sheet import Sheet
from cosim.experiments.neuron import kind as neuron
from cosim.experiments.neuron.views import Results, Views
from cosim.experiments.protocol import Work
from cosim.experiments.replay.experiment import run_replay
from cosim.experiments.technologies.settings import TechnologyPlan
from cosim.replay.open_loop import Runs

CELLS = "cells"
"""Folder of the datasheet in a technology's results."""


@dataclass(frozen=True)
class TypicalOutcome:
    """Results of a technology at its typical corner.

    simulations: by name. sheets: of all benches.
    replay: the metrics of its summary; None where there is no replay. replay_passed: its verdict.
    """

    simulations: dict[str, Results]
    sheets: list[Sheet]
    replay: Mapping[str, Any] | None
    replay_passed: bool | None


def run_typical(plans: Iterable[TechnologyPlan], work: Work) -> dict[str, TypicalOutcome]:
    """Run what isn't current, and read all, by technology; raises as the kinds of the parts."""
    plans = list(plans)
    # All reports, each of which comes when it is asked for.
    list(neuron.KIND.run([one for plan in plans for one in plan.simulations.values()], work))
    return {plan.name: _run(plan, work) for plan in plans}


def read_typical(plans: Iterable[TechnologyPlan]) -> dict[str, TypicalOutcome]:
    """Read what has run; raises InputError where it hasn't, or isn't current."""
    found = {}
    for plan in plans:
        conditions = _bench_conditions(plan)
        sheets = stored_sheets(conditions, plan.results / CELLS) if conditions else []
        found[plan.name] = _outcome(plan, sheets, Work(), "none")
    return found


def _run(plan: TechnologyPlan, work: Work) -> TypicalOutcome:
    conditions = _bench_conditions(plan)
    sheets: list[Sheet] = []
    if conditions:
        sheets, _ = run_benches((), conditions, plan.results / CELLS, work.placement)
    return _outcome(plan, sheets, work, "missing")


def _outcome(plan: TechnologyPlan, sheets: list[Sheet], work: Work, rows: Runs) -> TypicalOutcome:
    """rows: which ones of the replay are run."""
    replay = run_replay(plan.replay, work, rows) if plan.replay else None
    return TypicalOutcome(
        {name: Views(one).results() for name, one in plan.simulations.items()},
        sheets,
        replay.metrics if replay else None,
        replay.passed if replay else None,
    )


def _bench_conditions(plan: TechnologyPlan) -> BenchConditions | None:
    if plan.benches is None:
        return None
    technology = plan.learning.experiment.technology
    return BenchConditions(biases=plan.benches, technology=technology)

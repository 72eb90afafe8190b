"""Benches on many dies: the runs, of which those that are finished are kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cosim.cells.bench_run import BenchRun
from cosim.cells.die_outcomes import outcomes_by_die
from cosim.circuits.conditions import Conditions
from cosim.workbench.kept_outcomes import JOURNAL, outcomes_made_by
from cosim.workbench.placement import Placement


def bench_outcomes(
    name: str,
    table: str,
    conditions: Conditions,
    dies: Iterable[int | None],
    folder: Path,
    placement: Placement,
) -> dict[int | None, dict[str, Any]]:
    """The outcome of a bench by die, None being the nominal one: `values`, or the `error`.

    folder: keeps what is finished. conditions: of all dies. Raises as KeptOutcomes.of.
    """

    def run(die: int | None) -> BenchRun:
        return BenchRun(name, table, conditions.of_die(die))

    with outcomes_made_by(placement.pool(), folder / JOURNAL, f"bench {name}") as kept:
        return outcomes_by_die(run, dies, kept, name)

"""Sweeps: one row for each combination of parameters, means over its seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from cosim.experiments.network.report import metrics
from cosim.experiments.network.settings import NetworkExperiment
from cosim.experiments.network.training_run import training_runs
from cosim.workbench.output import new_files
from cosim.workbench.printed import titled_table
from cosim.workbench.report import Report
from cosim.workbench.statistics import Estimate
from cosim.workbench.tables import csv_text

SWEEP = "sweep.csv"
_COLUMNS = {
    "learned_paper_error": "error, paper's formula",
    "learned_fitted_error": "error",
    "learned_filtered_error": "error, filtered target",
    "optimal_fitted_error": "error of optimal weights",
    "learned_rate": "rate (Hz)",
    "correlation": "correlation",
    "distance": "distance",
}
"""Columns of the file that the table shows, and their headings."""


@dataclass(frozen=True)
class SweepReport(Report):
    """The verdicts on all combinations, and the table of their results."""

    @property
    def page(self) -> Path:
        """The table with all quantities, as CSV."""
        return self.results / SWEEP


def make_sweep_report(
    experiments: list[NetworkExperiment], reports: Sequence[Report]
) -> SweepReport:
    """Write sweep.csv beside the folders of the combinations, and report the same as a table.

    Args:
        experiments: the combinations. reports: on each of them.

    Raises:
        OutputError: the file can't be written.
    """
    found = [metrics([run.record for run in training_runs(one)]) for one in experiments]
    folder = experiments[0].runs.parent
    with new_files(folder) as new:
        (new / SWEEP).write_text(_csv(experiments, found), encoding="utf-8")
    table = _table(experiments, found, folder / SWEEP)
    checks = [check for report in reports for check in report.checks]
    return SweepReport(experiments[0].name, folder, checks, (table,))


def _csv(experiments: list[NetworkExperiment], found: list[dict[str, dict]]) -> str:
    """The changed keys, the number of seeds, and mean, low and high of each quantity."""
    keys = [change.partition("=")[0] for change in experiments[0].changes]
    header = [*keys, "seeds"]
    header += [f"{name}_{part}" for name in found[0] for part in ("mean", "low", "high")]
    rows: list[list[str | int]] = [[key if key != "seed" else "seed_numbers" for key in header]]
    for experiment, quantities in zip(experiments, found, strict=True):
        values = [change.partition("=")[2] for change in experiment.changes]
        estimates = [one[part] for one in quantities.values() for part in ("mean", "low", "high")]
        numbers = ["" if value is None else f"{value:.6g}" for value in estimates]
        rows.append([*values, len(experiment.seeds), *numbers])
    return csv_text(rows)


def _table(experiments: list[NetworkExperiment], found: list[dict[str, dict]], path: Path) -> Table:
    seeds = len(experiments[0].seeds)
    table = titled_table(
        f"{experiments[0].name}: mean of {seeds} seeds [95 % confidence interval]",
        f"all quantities in {path}",
    )
    table.add_column("changes")
    for text in _COLUMNS.values():
        table.add_column(text, justify="right")
    for experiment, quantities in zip(experiments, found, strict=True):
        cells = [str(Estimate(**quantities[name])) for name in _COLUMNS]
        table.add_row("\n".join(experiment.changes), *cells)
    return table

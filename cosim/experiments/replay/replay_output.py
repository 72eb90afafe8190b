"""Files that a replay leaves in its folder: report, trajectories, digital waveforms, summary."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cosim.comparison.tolerances import ReplayTolerances, ReportSettings
from cosim.engine.simulator import versions
from cosim.experiments.replay.outcome import ReplayOutcome
from cosim.experiments.replay.report import FOLDER, ReplayReport, make_report
from cosim.experiments.replay.row_waves import write_row_waves
from cosim.experiments.replay.trajectories import write_trajectories
from cosim.replay.open_loop import ReplayResult
from cosim.workbench.json_files import write_json
from cosim.workbench.output import new_files, new_folder
from cosim.workbench.provenance import python_versions
from cosim.workbench.report import SUMMARY, verdict
from ebn_model.errors import InputError

TRAJECTORIES = "trajectories"
"""Folder with a table row_NNN.csv for each row."""
WAVES = "logic"
"""Folder of the circuits' digital waveforms, row_NNN.vcd for each row."""
CACHE = "rows"
"""Folder of finished rows."""


def check_ours(folder: Path) -> None:
    """Raise InputError where `write_replay` would replace folders that no replay has written."""
    if any((folder / name).exists() for name in (CACHE, SUMMARY)):
        return
    for name in (FOLDER, TRAJECTORIES, WAVES):
        if (folder / name).exists():
            raise InputError(
                f"{folder} has a {name} that isn't of a replay and would be replaced; choose "
                "another folder"
            )


def write_replay(
    outcome: ReplayOutcome,
    result: ReplayResult,
    tolerances: ReplayTolerances,
    settings: ReportSettings,
    folder: Path,
) -> ReplayReport:
    """Write what came out of a replay; each of its parts whole or not at all, the summary last.

    Raises:
        OutputError: a file can't be written.
    """
    with new_folder(folder / TRAJECTORIES) as new:
        for row, case in outcome.rows.items():
            write_trajectories(case, new / f"row_{row:03d}.csv")
    with new_folder(folder / WAVES) as new:
        for row, case in result.rows.items():
            write_row_waves(case.circuit, case.stimulus, new / f"row_{row:03d}.vcd")
    report = make_report(outcome, tolerances, settings, folder)
    source = outcome.provenance
    summary = {
        "experiment": outcome.title,
        **verdict(report),
        **report.metrics,
        "failures": {str(row): str(error) for row, error in result.failures.items()},
        "view": outcome.view,
        "command": source.command,
        "seeds": dict(source.seeds),
        "configuration": dict(source.configuration),
        "tolerances": tolerances.model_dump(),
        "versions": dict(source.versions),
        "sources": source.sources,
        **_sizes(result),
    }
    with new_files(folder) as new:
        write_json(summary, new / SUMMARY)
    return report


def replay_versions() -> dict[str, str]:
    """Versions of all programs that a replay's results pass through."""
    return {**versions(), **python_versions("numba", "h5py", "joblib")}


def _sizes(result: ReplayResult) -> Mapping[str, Any]:
    """Sizes of the circuits' runs, and their times."""
    runs = result.runs
    return {
        "transistors": {str(row): run.transistors for row, run in runs.items()},
        "points": {str(row): run.points for row, run in runs.items()},
        "timing": {"seconds_per_row": {str(row): run.seconds for row, run in runs.items()}},
    }

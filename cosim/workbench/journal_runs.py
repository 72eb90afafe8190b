"""Runs of which a journal keeps the outcomes, so that only those that are missing are done."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from cosim.workbench.journal import Journal
from cosim.workbench.pool import Pool, results
from cosim.workbench.progress import progress_bars
from cosim.workbench.task import Task


def run_into(
    journal: Journal,
    runs: Mapping[str, Any],
    lengths: Sequence[float],
    task: Task,
    pool: Pool,
    label: str,
) -> None:
    """Do a task with each run, and add each outcome to the journal as soon as it is there.

    Args:
        runs: by their keys. lengths: of the runs, simulated time in s, for the progress bar, whose
            name is `label`.

    Raises the error of a run; the others are then given up.
    """
    keys = list(runs)
    with progress_bars() as add_bar:
        show = add_bar(label, list(lengths))
        with closing(results(pool.run(task, list(runs.values()), show))) as ended:
            for number, outcome in ended:
                journal.add(keys[number], outcome)
                show(number, lengths[number])

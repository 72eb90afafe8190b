"""Rows in parallel: on this machine, or on those of a Dask cluster."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from threading import Event
from warnings import catch_warnings, simplefilter

from joblib import Parallel, cpu_count, delayed

from cosim.replay.row_run import RowRun, RowTask, run_row
from cosim.replay.stored_row import row_key
from cosim.workbench.cluster import run_on_cluster
from cosim.workbench.errors import CosimError
from cosim.workbench.pool import LostWorkerError, Notify

OnProgress = Callable[[int, float], None]
"""Gets the number of a row's neuron and its simulated time in s."""


class _CancelledError(Exception):
    """Ends a row whose result nobody waits for any more."""


def run_rows(
    tasks: Sequence[RowTask],
    workers: int | None = None,
    scheduler: str | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[tuple[RowTask, RowRun | CosimError]]:
    """Run rows, each in a process of its own, at most `workers` at once (default: all processors).

    scheduler: address of a Dask scheduler, whose workers then do it; they need this project and
        ngspice, in the same versions, and report no progress within a row.

    Yields each task with what came out, or the error that ended it, as the rows end. Where the
    iterator is closed, or an unexpected exception comes out of it, all other runs are killed.

    Raises:
        InputError: a scheduler is named, but Dask isn't installed or nothing answers there.
        ClusterError: the scheduler or all its workers have gone, or a worker's sources, netlists
            or programs are others.
    """
    if scheduler is None:
        yield from _in_threads(tasks, workers or cpu_count(), on_progress)
        return
    ended = run_on_cluster(scheduler, _run_remotely, tasks, row_key, workers)
    with closing(ended):
        for number, run in ended:
            yield tasks[number], _named(run, tasks[number])


def _in_threads(
    tasks: Sequence[RowTask], workers: int, on_progress: OnProgress | None
) -> Iterator[tuple[RowTask, RowRun | CosimError]]:
    """The work is in the processes that run_row starts; threads wait for them."""
    cancelled = Event()

    def run(task: RowTask) -> tuple[RowTask, RowRun | CosimError]:
        def on_time(time: float) -> None:
            if cancelled.is_set():
                raise _CancelledError
            if on_progress:
                on_progress(task.row, time)

        if cancelled.is_set():
            raise _CancelledError
        return task, run_row(task, on_time)

    pool = Parallel(n_jobs=workers, backend="threading", return_as="generator_unordered")
    results = pool(delayed(run)(task) for task in tasks)
    try:
        # Not `yield from`, which would close the results before the threads know.
        for ended in results:  # noqa: UP028
            yield ended
    finally:
        # The threads outlive the iterator: their processes end at their next message.
        cancelled.set()
        with catch_warnings():
            simplefilter("ignore")
            # joblib's warning that not all was done says what we know.
            results.close()


def _run_remotely(task: RowTask, notify: Notify) -> RowRun | CosimError:
    return run_row(task, notify)


def _named(run: RowRun | CosimError, task: RowTask) -> RowRun | CosimError:
    lost = isinstance(run, LostWorkerError)
    return LostWorkerError(f"{task.job.label}: {run}") if lost else run

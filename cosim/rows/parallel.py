"""Rows in parallel: on this machine, or on those of a Dask cluster."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event
from typing import Any
from warnings import catch_warnings, simplefilter

from joblib import Parallel, cpu_count, delayed, parallel_config

from cosim.errors import CosimError
from cosim.rows.row_run import RowRun, RowTask, run_row
from ebn_model.errors import InputError

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
        ngspice, and report no progress within a row.

    Yields each task with what came out, or the error that ended it, as the rows end. Where the
    iterator is closed, or an unexpected exception comes out of it, all other runs are killed.

    Raises:
        InputError: a scheduler is named, but Dask isn't installed or nothing answers there.
    """
    if scheduler is None:
        yield from _in_threads(tasks, workers or cpu_count(), on_progress)
        return
    with _client(scheduler), parallel_config(backend="dask"):
        # One at a time, so that no worker gets two rows while another has none.
        pool = Parallel(n_jobs=workers or -1, return_as="generator_unordered", batch_size=1)
        with closing(pool(delayed(_remotely)(task) for task in tasks)) as results:
            yield from results


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


def _remotely(task: RowTask) -> tuple[RowTask, RowRun | CosimError]:
    return task, run_row(task)


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            f"--scheduler {address} needs Dask: pip install 'ebn-cosim[cluster]'"
        ) from None
    try:
        client = Client(address)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler at {address}: {error}") from None
    with client:
        yield client

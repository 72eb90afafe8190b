"""Tasks on the workers of a Dask cluster, instead of processes of this machine."""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any

from cosim.workbench.errors import CosimError, WorkerError
from cosim.workbench.pool import LocalPool, OnMessage, Outcomes, Pool, ignore
from cosim.workbench.task import Failure, Task
from ebn_model.errors import InputError

ANSWER_TIME = 10.0
"""Longest time that a scheduler may take to answer, s."""
WORKERLESS_TIME = 60.0
"""Longest time that a cluster may be without any worker, s."""


class ClusterError(CosimError):
    """The cluster has gone, or can't do what it is asked for."""


class _AbandonedError(Exception):
    """Ends a task whose result nobody waits for any more."""


class DaskPool(Pool):
    """The workers of a Dask cluster; what a lost one had to do, another one does.

    A task's messages are not passed on, but each of them ends it where nobody waits for it any
    more.
    """

    def __init__(self, scheduler: str, workers: int | None = None):
        """scheduler: address, such as tcp://10.0.0.1:8786.

        workers: at most so many tasks are done at once (default: as many as fit).
        """
        self._scheduler, self._workers = scheduler, workers

    def run(self, task: Task, arguments: Iterable, on_message: OnMessage = ignore) -> Outcomes:
        """As in every Pool; a task at which one worker after the other has died is a WorkerError.

        Raises:
            InputError: Dask isn't installed, or no scheduler answers at the address.
            ClusterError: a worker for which an argument's key is another one, and which would give
                another result, no worker is left, or the scheduler has gone.
        """
        if task.key is None:
            raise InputError(f"{task.function.__name__} can't go to a cluster")
        return self._run(task, arguments)

    def close(self) -> None:
        """Each run has a client of its own, which ends with it."""

    def _run(self, task: Task, arguments: Iterable) -> Outcomes:
        # The end of the client is that of its tasks, too.
        with _client(self._scheduler) as client:
            waiting, running = enumerate(arguments), {}
            while True:
                for number, argument in islice(
                    waiting, self._workers and self._workers - len(running)
                ):
                    future = client.submit(
                        _on_worker, task, argument, task.key(argument), pure=False
                    )
                    running[future] = number, task.label(argument)
                if not running:
                    return
                for future in _done(client, running, self._scheduler):
                    number, label = running.pop(future)
                    yield number, _outcome(future, self._scheduler, label)


def _on_worker(task: Task, argument: Any, expected: str) -> Any:
    """Called in a thread of a worker; the task's result, or its Failure."""
    from distributed import get_worker

    worker = get_worker()
    if task.key(argument) != expected:
        raise ClusterError(
            f"the Dask worker {worker.address} would give another result: its sources, netlists "
            "or versions of programs are not the same as here"
        )
    name = worker.get_current_task()

    def end_if_abandoned(_number: int, _message: Any) -> None:
        known = worker.state.tasks.get(name)
        if known is None or known.state == "cancelled":
            raise _AbandonedError

    [(_, outcome)] = LocalPool(1).run(task, [argument], end_if_abandoned)
    return Failure.of(outcome) if isinstance(outcome, Exception) else outcome


def _done(client: Any, running: dict, scheduler: str) -> list:
    """The tasks that have ended, as soon as there are any."""
    from distributed import CancelledError, wait

    workerless = 0.0
    while True:
        try:
            return list(wait(list(running), ANSWER_TIME, "FIRST_COMPLETED").done)
        except CancelledError:
            raise _gone(scheduler) from None
        except (TimeoutError, asyncio.TimeoutError):
            workerless = 0.0 if _threads(client, scheduler) else workerless + ANSWER_TIME
        if workerless >= WORKERLESS_TIME:
            raise ClusterError(
                f"the Dask scheduler at {scheduler} has had no worker for {workerless:g} s"
            )


def _threads(client: Any, scheduler: str) -> dict:
    """Threads of each worker."""
    try:
        return client.sync(client.scheduler.ncores, callback_timeout=ANSWER_TIME)
    except (OSError, TimeoutError, asyncio.TimeoutError):
        raise _gone(scheduler) from None


def _outcome(future: Any, scheduler: str, label: str) -> Any:
    from distributed import CancelledError, KilledWorker

    try:
        outcome = future.result()
    except CancelledError:
        raise _gone(scheduler) from None
    except KilledWorker as error:
        return WorkerError(
            f"{label}: the Dask workers that ran it were killed, one by one: {error}"
        )
    except (ModuleNotFoundError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "deserialization" not in str(error):
            raise
        raise ClusterError(
            f"the Dask scheduler at {scheduler}, or a worker of it, lacks this project"
        ) from error
    return outcome.unpacked(label) if isinstance(outcome, Failure) else outcome


def _gone(scheduler: str) -> ClusterError:
    return ClusterError(f"the Dask scheduler at {scheduler} has gone; run again to go on")


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            f"--scheduler {address} needs Dask: pip install 'ebn-cosim[cluster]'"
        ) from None
    # What it has to say of a scheduler that has gone, our errors say.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        # In a thread of its own, as this one may have a loop of events already.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _greet(address)).result()
        client = Client(address, timeout=ANSWER_TIME)
    except (TimeoutError, asyncio.TimeoutError):
        raise InputError(f"no Dask scheduler at {address}: what is there doesn't answer") from None
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler at {address}: {error}") from None
    with client:
        yield client


async def _greet(address: str) -> None:
    """Raise what keeps from talking to a scheduler; Client itself would wait for ever."""
    from distributed import Security
    from distributed.comm import connect

    arguments = Security().get_connection_args("client")
    greeting = connect(address, timeout=ANSWER_TIME, **arguments)
    await (await asyncio.wait_for(greeting, 2 * ANSWER_TIME)).close()

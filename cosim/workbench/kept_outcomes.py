"""Outcomes of runs that a journal keeps, so that only those that are missing are made."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from cosim.workbench.errors import CosimError
from cosim.workbench.journal import Journal
from cosim.workbench.output import check_writable
from cosim.workbench.pool import Pool, results
from cosim.workbench.progress import progress_bars
from cosim.workbench.task import Task
from ebn_model.errors import InputError

JOURNAL = "finished.jsonl"
"""Name of a journal that is the only one of its experiment."""


class Run(Protocol):
    """A run; length: simulated time, s, for the progress bar."""

    @property
    def length(self) -> float: ...  # noqa: D102


class KeptOutcomes:
    """The outcomes of an experiment's runs."""

    def __init__(self, journal: Path, name: str, pool: Pool | None = None, force: bool = False):
        """Open a journal.

        Args:
            journal: the file. name: of the experiment, in messages.
            pool: where missing runs are made; None where they are an error instead.
            force: to make those that are known anew, too, each once.
        """
        self._path, self._name, self._pool, self._force = journal, name, pool, force
        self._journal = Journal(journal)
        self._asked: set[str] = set()

    def of(
        self,
        runs: Mapping[str, Run],
        task: Task,
        label: str,
        key_now: Callable[[str], str] | None = None,
    ) -> dict[str, dict]:
        """The outcome of each run by its key, each kept as soon as it is there.

        Args:
            runs: by their keys, all of one kind. task: makes an outcome of a run.
            label: name of the runs in messages.
            key_now: makes the key of a run once more, by the one that it has, to find out whether
                files were changed while it ran; by default the task's key, if it has one.

        Raises:
            InputError: some are missing, and none is to be made.
            CosimError: the error of a run, or of one whose netlists, bias table or settings were
                changed meanwhile; the others are then given up.
        """
        missing = {key: run for key, run in runs.items() if self._is_missing(key)}
        self._asked |= runs.keys()
        if missing and self._pool is None:
            raise InputError(
                f"no current results of {len(missing)} of {len(runs)} {label} of {self._name} in "
                f"{self._path.parent}: `ebn-cosim run` it first"
            )
        if missing and self._pool is not None:
            made_from = key_now or (lambda key: task.key(runs[key]) if task.key else key)
            self._make(missing, task, self._pool, label, made_from)
        return {key: self._journal[key] for key in runs}

    def drop_others(self) -> None:
        """Forget what has not been asked for."""
        self._journal.keep_only(self._asked)

    def _is_missing(self, key: str) -> bool:
        return (self._force and key not in self._asked) or key not in self._journal

    def _make(
        self,
        runs: Mapping[str, Run],
        task: Task,
        pool: Pool,
        label: str,
        key_now: Callable[[str], str],
    ) -> None:
        keys, lengths = list(runs), [run.length for run in runs.values()]
        with progress_bars() as add_bar:
            show = add_bar(label, lengths)
            with closing(results(pool.run(task, list(runs.values()), show))) as ended:
                for number, outcome in ended:
                    key = keys[number]
                    _check_unchanged(key, key_now(key), task.label(runs[key]))
                    self._journal.add(key, outcome)
                    show(number, lengths[number])


def _check_unchanged(key: str, key_now: str, label: str) -> None:
    """Raise CosimError for an outcome that follows from a file which is another one by now."""
    if key_now != key:
        raise CosimError(
            f"{label}: a file that it follows from was changed while it ran; run it again, "
            "which keeps what had ended before"
        )


@contextmanager
def outcomes_made_by(
    pool: Pool, journal: Path, name: str, force: bool = False
) -> Iterator[KeptOutcomes]:
    """Outcomes of which the missing ones are made; at the end, what wasn't asked for is forgotten.

    pool: is closed at the end. The rest is as of KeptOutcomes. Raises OutputError where the
    journal's folder can't be written.
    """
    with pool as at_work:
        check_writable(journal.parent)
        kept = KeptOutcomes(journal, name, at_work, force)
        yield kept
    kept.drop_others()

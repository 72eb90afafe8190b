"""The interface of every kind of experiment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.placement import HERE, Placement
from ebn_model.errors import InputError

if TYPE_CHECKING:
    # It takes a quarter of a second, which `list` needn't wait for.
    from cosim.workbench.report import Report

E = TypeVar("E")


@dataclass(frozen=True)
class Request:
    """A user's wishes beside the file of an experiment.

    Each kind takes some of it; a field that differs from its default is an error for the others.

    changes: of settings, "KEY=VALUE" each. seeds: instead of the file's. out: folder that gets
    NAME/ with the results. biases: bias table instead of the file's. conditions: changes of
    `Conditions`, "KEY=VALUE" each. view: what runs, or "all". full: the full size
    instead of the small one. dies, first_die: number of dies, and of the first one.

    Raises:
        InputError: a key that is stated twice, of which only one value could hold.
    """

    changes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    out: Path | None = None
    biases: str | None = None
    conditions: tuple[str, ...] = ()
    view: str | None = None
    full: bool = False
    dies: int | None = None
    first_die: int | None = None

    def __post_init__(self) -> None:
        stated = [change.partition("=")[0] for change in (*self.changes, *self.conditions)]
        stated += [name for name in ("biases", "view") if getattr(self, name) is not None]
        for key in stated:
            if stated.count(key) > 1:
                raise InputError(f"{key} is stated twice")

    def check(self, file: ExperimentFile, takes: Iterable[str]) -> None:
        """Raise InputError for a field that isn't among those that a kind takes."""
        for field in fields(self):
            if getattr(self, field.name) != field.default and field.name not in takes:
                option = OPTIONS.get(field.name) or _options(self.conditions)
                raise InputError(
                    f"{file.name} is of the kind {file.kind!r}, which takes no {option}"
                )


DEFAULT = Request()
"""The file as it is."""
OPTIONS = {
    "changes": "--set",
    "seeds": "--seed",
    "out": "--out",
    "biases": "--biases",
    "view": "--view",
    "full": "--full",
    "dies": "--dies",
    "first_die": "--first-die",
}
"""Options of the command line, by the fields of a Request; a condition's has its own name."""


def _options(conditions: Iterable[str]) -> str:
    names = (condition.partition("=")[0].replace("_", "-") for condition in conditions)
    return ", ".join(f"--{name}" for name in names)


@dataclass(frozen=True)
class Work:
    """Choices for making runs.

    placement: where, and how many at once.
    force: to run what is current, too.
    """

    placement: Placement = HERE
    force: bool = False


class Kind(Protocol[E]):
    """A kind of experiment; E is what its files are read as, and has its folder as `results`.

    Attributes:
        takes: the fields of a Request that mean something to it.
        not_on_a_cluster: the reason why a Dask cluster can't do its work; "" where it can.
    """

    takes: frozenset[str]
    not_on_a_cluster: str

    def read(self, file: ExperimentFile, request: Request) -> Sequence[E]:
        """The experiments that a file and a request mean: one, or those of a sweep.

        Raises:
            InputError: a key or value that can't be; names file and key.
        """
        ...

    def run(self, experiments: Sequence[E], work: Work) -> Iterable[Report]:
        """Run what isn't current, and give the reports on all, as `report` does.

        Raises:
            InputError: something that can't be run.
            CosimError: a run failed, or results can't be written (OutputError).
        """
        ...

    def report(self, experiments: Sequence[E], redraw: bool = False) -> Iterable[Report]:
        """Judge current results, and write summary and figures: where they changed, or anew.

        Raises:
            InputError: there are no current results.
            OutputError: a file can't be written.
        """
        ...

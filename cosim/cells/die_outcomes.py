"""Runs that differ in nothing but the die: those that are finished are kept."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from cosim.engine.outcome import OUTCOME
from cosim.workbench.kept_outcomes import KeptOutcomes
from cosim.workbench.provenance import digest


class RunOfDie(Protocol):
    """A CircuitRun of a die; key: digest of all that the outcome depends on."""

    @property
    def length(self) -> float: ...  # noqa: D102

    @property
    def key(self) -> str: ...  # noqa: D102


def outcomes_by_die(
    run: Callable[[int | None], RunOfDie],
    dies: Iterable[int | None],
    kept: KeptOutcomes,
    label: str,
) -> dict[int | None, dict[str, Any]]:
    """Outcome by die, None being the nominal one; of one that failed, the reason under `error`.

    run: makes the run of a die. kept: has the outcomes that are known. label: of the runs in
    messages. Raises as KeptOutcomes.of.
    """
    keys = keys_by_die(run, dies)
    dies_by_key = {key: die for die, key in keys.items()}
    made = {key: run(die) for die, key in keys.items()}
    outcomes = kept.of(made, OUTCOME, label, lambda key: key_of_die(run, dies_by_key[key]))
    return {die: outcomes[key] for die, key in keys.items()}


def keys_by_die(
    run: Callable[[int | None], RunOfDie], dies: Iterable[int | None]
) -> dict[int | None, str]:
    """Key of the outcome of each die, None being the nominal one; run: as in outcomes_by_die."""
    # A deck for each die would take longer than some runs; they differ in its number only.
    key = run(0).key
    return {die: _with_number(key, die) for die in dies}


def key_of_die(run: Callable[[int | None], RunOfDie], die: int | None) -> str:
    """Key of the outcome of one die, as its files are now; run: as in outcomes_by_die."""
    return _with_number(run(0).key, die)


def _with_number(key: str, die: int | None) -> str:
    return digest(f"{key} {-1 if die is None else die}")

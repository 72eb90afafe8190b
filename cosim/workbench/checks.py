"""Lines of a verdict: what was required and what was measured."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

Limit = TypeVar("Limit")


@dataclass(frozen=True)
class Check:
    """One line of the verdict; passed is None where nothing is required.

    about_run: whether it is about the run itself, which must be sound, but shows no result to be
    right.
    """

    comparison: str
    quantity: str
    required: str
    measured: str
    passed: bool | None
    about_run: bool = False


def overall(checks: Iterable[Check]) -> bool | None:
    """True if all passed that is required; None where no result was judged, but for checks."""
    checks = list(checks)
    if any(one.about_run and one.passed is False for one in checks):
        return False
    return all_passed(one.passed for one in checks if not one.about_run)


def information(name: str, quantity: str, measured: str) -> Check:
    """A check that only informs: nothing is required."""
    return Check(name, quantity, "", measured, None)


def nano_text(current: float) -> str:
    """A current in A, written in nA."""
    return f"{current * 1e9:.3f} nA"


def unjudged(check: Check) -> Check:
    """The check as information, whatever it required."""
    return replace(check, required="", passed=None)


def against_limit(
    names: tuple[str, str],
    limit: Limit | None,
    describe: Callable[[Limit], str],
    measured: str,
    judge: Callable[[Limit], bool],
) -> Check:
    """A check that requires something, unless the limit is None.

    Args:
        names: comparison and quantity.
        limit: of any kind that `describe` puts in words, and `judge` compares with.
        measured: in words.
    """
    if limit is None:
        return information(*names, measured)
    return Check(*names, describe(limit), measured, judge(limit))


def at_least(names: tuple[str, str], share: float | None, measured: float, counts: str) -> Check:
    """A check that requires a share, 0 to 1, if any; `counts` says what the measured one is of."""
    text = f"{measured:.1%} ({counts})"
    return against_limit(
        names, share, lambda least: f"≥ {least:.0%}", text, lambda least: measured >= least
    )


def at_most(names: tuple[str, str], limit: float | None, measured: float | None) -> Check:
    """A check that requires a current in A to be at most as large as the limit, if there is one.

    measured: None where no time of waveforms could be compared, which fails where something is
        required of them.
    """
    if measured is None:
        return Check(*names, "", "nothing to compare", None if limit is None else False)

    def describe(current: float) -> str:
        return f"≤ {nano_text(current)}"

    text = nano_text(measured)
    return against_limit(names, limit, describe, text, lambda most: measured <= most)


VERDICTS = {True: "passed", False: "failed", None: "nothing judged"}
"""Verdicts in words."""


def all_passed(judgements: Iterable[bool | None]) -> bool | None:
    """True if all passed that were judged; None, as for a single one, where none was."""
    judged = [one for one in judgements if one is not None]
    return all(judged) if judged else None

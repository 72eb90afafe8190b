"""Judgements of single results, put together."""

from collections.abc import Iterable

VERDICTS = {True: "passed", False: "failed", None: "nothing judged"}
"""Verdicts in words."""


def all_passed(judgements: Iterable[bool | None]) -> bool | None:
    """Whether all passed that were judged; None, as for a single one, where none was."""
    judged = [one for one in judgements if one is not None]
    return all(judged) if judged else None

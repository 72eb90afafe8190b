"""Tasks, and their errors on the way from process to process."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cosim.workbench.errors import CosimError, WorkerError


@dataclass(frozen=True)
class Task:
    """A function for each of several arguments, in this process or another one.

    Attributes:
        function: takes an argument and a function for its messages (Link, where it runs in a
            process of its own). All of these can be pickled, and the result, too.
        label: the name of an argument in errors.
        isolated: whether it may spoil or kill its process, or hang: each argument then has a
            process of its own.
        key: digest of all that an argument's result depends on: sources, netlists, programs. A
            machine for which it is another one would give another result. Without it, the task
            can't leave this machine.
    """

    function: Callable[[Any, Callable[[Any], None]], Any]
    label: Callable[[Any], str] = str
    isolated: bool = False
    key: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class Failure:
    """A task's error on its way to another process, with its trace, which an error itself loses."""

    error: Exception
    trace: str

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """The error, or one with the same text where it can't be pickled."""
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            error = RuntimeError(f"{type(error).__name__}: {error}")
        return cls(error, trace)

    def unpacked(self, label: str) -> Exception:
        """The error; one that isn't expected has its trace as its cause."""
        if not isinstance(self.error, CosimError):
            self.error.__cause__ = WorkerError(f"{label}: {self.trace}")
        return self.error

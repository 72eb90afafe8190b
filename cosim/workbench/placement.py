"""Placement of a command's work: `--workers` and `--scheduler`, the same in all of them."""

import argparse
from dataclasses import dataclass

from cosim.workbench.pool import LocalPool, Pool
from ebn_model.errors import InputError


def positive(text: str) -> int:
    """A positive number, for argparse."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def not_negative(text: str) -> int:
    """A number that is 0 or more, for argparse."""
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def add_placement(parser: argparse.ArgumentParser) -> None:
    """Add the options that say in how many processes, and on whose machines, work is done."""
    parser.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="how many processes work at once (default: as many as there are processors)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster that does the work instead of this machine, such as "
        "tcp://10.0.0.1:8786; only for replays in open loop, the study, dies and chips",
    )


@dataclass(frozen=True)
class Placement:
    """Placement of work.

    workers: how much is done at once, as much as there are processors by default.
    scheduler: address of a Dask cluster that does it instead of this machine.
    """

    workers: int | None = None
    scheduler: str | None = None

    @classmethod
    def of(cls, options: argparse.Namespace) -> "Placement":
        """Placement that the options state."""
        return cls(options.workers, options.scheduler)

    def pool(self) -> Pool:
        """A pool there."""
        if self.scheduler is None:
            return self.local_pool()
        from cosim.workbench.cluster import DaskPool

        return DaskPool(self.scheduler, self.workers)

    def local_pool(self) -> LocalPool:
        """A pool on this machine, for what can't leave it, or isn't worth while."""
        return LocalPool(self.workers)

    def check_local(self, name: str, reason: str) -> None:
        """Refuse a cluster for what can't go there; raises InputError that names it."""
        if self.scheduler is not None:
            raise InputError(f"{name} can't go to a cluster: {reason}; leave --scheduler out")


HERE = Placement()
"""All processors of this machine."""

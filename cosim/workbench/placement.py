"""Where a command's work is done: `--workers` and `--scheduler`, the same in all of them."""

import argparse

from ebn_model.errors import InputError


def positive(text: str) -> int:
    """A positive number, for argparse."""
    number = int(text)
    if number < 1:
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
        "tcp://10.0.0.1:8786; only for replays in open loop and the study",
    )


def no_cluster(scheduler: str | None, name: str, reason: str) -> None:
    """Refuse a scheduler for what a cluster can't do; raises InputError that names it."""
    if scheduler is not None:
        raise InputError(f"{name} can't go to a cluster: {reason}; leave --scheduler out")

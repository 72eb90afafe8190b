"""From a deck that has all its devices to the run of it."""

from typing import Any

from cosim.circuits.conditions import Conditions, die_of, whole_deck
from cosim.circuits.probes import read_in
from cosim.circuits.project import project_settings
from cosim.circuits.start_check import start_check
from cosim.engine.deck import Deck
from cosim.engine.job import Job


def whole_job(
    label: str,
    deck: Deck,
    conditions: Conditions,
    vectors: tuple[str, ...] = (),
    i_mem: str | None = None,
    at_rest: bool = False,
    **expected: Any,
) -> Job:
    """The run of a deck that lacks nothing but the models.

    Args:
        label: of the job.
        deck: without the models.
        conditions: technology, corner, temperature, supply and die.
        vectors: that are kept, see Job.
        i_mem: see `start_check`.
        at_rest: see `start_check`.
        expected: all else of a Job.

    Raises:
        ProbeError: one of the vectors can't be read in the cells that there are.
        CosimError: the technology's models aren't there.
    """
    deck = whole_deck(deck, conditions)
    check = start_check(deck, i_mem, at_rest)
    read = read_in(deck, project_settings().probes, (*vectors, *(check.probes if check else ())))
    read.needed(*vectors)
    return Job(
        label,
        read.deck,
        vectors,
        alter=die_of(read.deck, conditions),
        check_start=check.without(read.unread) if check else None,
        readings=read.readings,
        unread=read.unread,
        **expected,
    )

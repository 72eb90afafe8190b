"""Runs that ngspice gives up because of the steps it happens to take, once more in other ones.

At a digital edge the charges in a step may differ by less than a number of double precision
resolves: ngspice then cuts the step until none is left, and says `Timestep too small`. Whether it
comes to that depends on where the points lie, and hits some 1 % of the runs of a bench in gf180;
with a longest step that is a tenth shorter they lie elsewhere. A circuit that has no solution fails
again.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from cosim.engine.job import Job, Vectors
from cosim.engine.spice_parameters import spice_number
from cosim.workbench.errors import SimulationError

GIVEN_UP = "Timestep too small"
SHORTER = 0.9
"""Longest step of the second attempt, as a share of the first one's."""

_LONGEST_STEP = re.compile(r"(\s*\.tran\s+\S+\s+\S+\s+\S+\s+)(\S+)(.*)", re.IGNORECASE)
"""A transient analysis that states its longest step: what is before it, the step, what follows."""


def again_in_other_steps(simulate: Callable[[Job], Vectors]) -> Callable[[Job], Vectors]:
    """A function that runs jobs as `simulate` does, but those that ngspice gives up twice.

    A run of which the second attempt fails, too, raises that attempt's error; one without a longest
    step, and one that fails for any other reason, has no second attempt.
    """

    def run(job: Job) -> Vectors:
        try:
            return simulate(job)
        except SimulationError as error:
            other = _in_shorter_steps(job)
            if GIVEN_UP not in str(error) or other is None:
                raise
            return simulate(other)

    return run


def _in_shorter_steps(job: Job) -> Job | None:
    """The same run with a shorter longest step; None where its deck doesn't state one."""
    lines = list(job.deck.lines)
    for index, line in enumerate(lines):
        if found := _LONGEST_STEP.fullmatch(line.text):
            before, step, rest = found.groups()
            text = f"{before}{SHORTER * spice_number(step, 's')!r}{rest}"
            lines[index] = replace(line, text=text)
            return replace(job, deck=replace(job.deck, lines=tuple(lines)))
    return None

"""The transistor view of dies against their mixed view: do both learn the same?

Both have the same decision circuit, with the same mismatch. Where they decide differently for the
first time, their weights are still equal, and a threshold lies between their I_mem, or so near that
what else differs between the views, such as delays, moves the outcome. So the difference of I_mem
up to there tells how well the views agree. From there on the weights set the two runs apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cosim.comparison.spikes import UNTIL, compare
from cosim.experiments.dies.population import Outcomes, Yield, yield_of
from cosim.workbench.checks import Check, at_most, information
from ebn_model.results import LearningResult


@dataclass(frozen=True)
class ViewAgreement:
    """Agreement of both views of some dies.

    alike: dies on which all decisions are equal. settled: yield in the transistor view.
    mixed: yield of the same dies in the mixed view.
    equal_decisions, spikes: of all dies.
    i_mem_difference: the largest one at a rising edge, of any die, up to and including the spike of
        the first different decision, A.
    """

    alike: int
    settled: Yield
    mixed: Yield
    equal_decisions: int
    spikes: int
    i_mem_difference: float


def views_outcome(transistor: LearningResult, mixed: LearningResult) -> dict[str, Any]:
    """Agreement of a die's transistor view with its mixed one, of JSON's types.

    Raises:
        InputError: the runs are of different stimuli.
    """
    found = compare(transistor, mixed)
    last = found.spikes if found.first_difference is None else found.first_difference + 1
    difference = abs(transistor.spikes.i_mem_rise[:last] - mixed.spikes.i_mem_rise[:last])
    return {
        "views_spikes": found.spikes,
        "views_equal": found.equal_decisions,
        "views_first_difference": found.first_difference,
        "views_i_mem_difference": float(difference.max()),
    }


def views_agreement(outcomes: Outcomes) -> ViewAgreement | None:
    """Agreement of the dies that ran in both views; None where none did."""
    both = {die: one for die, one in outcomes.items() if "views_equal" in one}
    if not both:
        return None
    transistor = {die: {"settled": one["transistor_settled"]} for die, one in both.items()}
    return ViewAgreement(
        alike=sum(one["views_first_difference"] is None for one in both.values()),
        settled=yield_of(transistor),
        mixed=yield_of(both),
        equal_decisions=sum(one["views_equal"] for one in both.values()),
        spikes=sum(one["views_spikes"] for one in both.values()),
        i_mem_difference=max(one["views_i_mem_difference"] for one in both.values()),
    )


def views_checks(label: str, found: ViewAgreement, dead_band: float) -> Iterator[Check]:
    """Lines of a verdict: I_mem must agree to within a simulation's dead band, A."""
    quantity = "decisions of both views equal on"
    yield information(label, quantity, f"{found.alike} of {found.mixed.dies} dies")
    yield information(label, "dies that settle in the transistor view", str(found.settled))
    quantity = f"I_mem of both views {UNTIL}, largest difference"
    yield at_most((label, quantity), dead_band, found.i_mem_difference)

"""From runs to what they say about methods: means, intervals, runaway shares, differences."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from cosim.experiments.study.condition import Condition
from cosim.experiments.study.condition_run import Outcome
from cosim.workbench.statistics import CONFIDENCE, Estimate, estimate
from ebn_model.network.evaluation import QUANTITIES as SCORED

QUANTITIES = (*SCORED, "worst_rate", "distance", "correlation")
"""Names of all that is reported of an Outcome."""


@dataclass(frozen=True)
class Share:
    """A share of chips, with its 95 % confidence interval (Wilson's)."""

    count: int
    seeds: int
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.count} of {self.seeds}"


@dataclass(frozen=True, eq=False)
class Finding:
    """A condition over its seeds.

    Attributes:
        condition: what was run.
        quantity: what methods are compared by.
        estimates: of all quantities of an Outcome, by name.
        runaway: chips that ran away.
        difference: of that quantity from the group's reference in the same situation, mean over
            the seeds' differences; None for the reference itself, or where there is none.
    """

    condition: Condition
    quantity: str
    estimates: dict[str, Estimate]
    runaway: Share
    difference: Estimate | None

    @property
    def error(self) -> Estimate:
        """Quantity by which methods are compared."""
        return self.estimates[self.quantity]


def findings(
    outcomes: Mapping[Condition, list[Outcome]], quantity: str, reference: str | None
) -> list[Finding]:
    """Findings from the runs of a group.

    Args:
        outcomes: of all conditions of a group, in the order of its seeds.
        quantity: what methods are compared by.
        reference: name of the method that the others are compared with, if any.
    """
    references = {
        condition.situation: _errors(found, quantity)
        for condition, found in outcomes.items()
        if condition.method == reference
    }
    return [
        Finding(
            condition=condition,
            quantity=quantity,
            estimates={
                name: estimate(getattr(outcome, name) for outcome in found) for name in QUANTITIES
            },
            runaway=share(sum(outcome.ran_away for outcome in found), len(found)),
            difference=None
            if reference in (None, condition.method)
            else estimate(_errors(found, quantity) - references[condition.situation]),
        )
        for condition, found in outcomes.items()
    ]


def share(count: int, seeds: int) -> Share:
    """A share with its interval."""
    interval = stats.binomtest(count, seeds).proportion_ci(CONFIDENCE, method="wilson")
    return Share(count, seeds, float(interval.low), float(interval.high))


def _errors(found: list[Outcome], quantity: str) -> np.ndarray:
    return np.array([getattr(outcome, quantity) for outcome in found])

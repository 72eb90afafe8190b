"""Runs what is missing of the corners, and keeps what is finished."""

from cosim.cells.characterise import jobs, measure_neuron
from cosim.cells.row_constants import neuron_constants
from cosim.circuits.bias_tables import read_biases
from cosim.circuits.conditions import Conditions
from cosim.experiments.protocol import Work
from cosim.experiments.technologies.corner_run import (
    CORNER,
    CornerOutcome,
    CornerRun,
    quantities,
)
from cosim.experiments.technologies.settings import TechnologyComparison, TechnologyPlan
from cosim.workbench.kept_outcomes import KeptOutcomes, outcomes_made_by
from cosim.workbench.pool import Pool
from cosim.workbench.provenance import digest

JOURNAL = "corners.jsonl"
Outcomes = dict[str, dict[Conditions, CornerOutcome]]
"""By technology and conditions."""


def run_corners(comparison: TechnologyComparison, work: Work) -> Outcomes:
    """Run the corners that the journal doesn't have, and give all.

    Raises:
        CosimError: no models, a process was lost, or the journal can't be written (OutputError).
    """
    pool, journal = work.placement.local_pool(), comparison.results / JOURNAL
    with outcomes_made_by(pool, journal, comparison.name, work.force) as kept:
        return _outcomes(comparison, kept, pool)


def read_corners(comparison: TechnologyComparison, work: Work) -> Outcomes:
    """All corners from the journal; raises InputError where one is missing."""
    kept = KeptOutcomes(comparison.results / JOURNAL, comparison.name)
    with work.placement.local_pool() as pool:
        return _outcomes(comparison, kept, pool)


def _runs(comparison: TechnologyComparison, pool: Pool) -> dict[str, CornerRun]:
    """The runs by their keys, in the order of the technologies and their corners."""
    runs = [run for plan in comparison.plans.values() for run in _of_technology(plan, pool)]
    return {run.key: run for run in runs}


def _of_technology(plan: TechnologyPlan, pool: Pool) -> list[CornerRun]:
    experiment = plan.learning.experiment
    there = Conditions(technology=experiment.technology)
    biases = experiment.bias_table()
    if biases == read_biases(experiment.biases, experiment.technology):
        constants = neuron_constants(experiment.biases, there, pool)
    else:
        constants = measure_neuron(biases, conditions=there, pool=pool)
    typical = quantities(constants)
    benches = digest("".join(job.deck.sha256 for job in jobs(biases, there)))
    return [CornerRun(plan.learning, point, typical, benches) for point in plan.corners]


def _outcomes(comparison: TechnologyComparison, kept: KeptOutcomes, pool: Pool) -> Outcomes:
    """pool: for constants of the typical corner that have to be measured."""
    runs = _runs(comparison, pool)
    known = kept.of(runs, CORNER, "corners")
    found: Outcomes = {}
    for key, run in runs.items():
        technology = run.conditions.facts.name
        found.setdefault(technology, {})[run.conditions] = CornerOutcome.of(known[key])
    return found

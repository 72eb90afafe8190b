"""Runs what is missing of a ledger, and keeps what is finished."""

from collections.abc import Mapping
from typing import Any

from cosim.cells.bench_run import BenchRun
from cosim.circuits.conditions import Conditions
from cosim.engine.outcome import OUTCOME
from cosim.experiments.ledger.energy_run import EnergyRun
from cosim.experiments.ledger.noise_run import NoiseRun
from cosim.experiments.ledger.settings import Ledger
from cosim.experiments.ledger.wrong_run import WrongRun
from cosim.experiments.protocol import Work
from cosim.workbench.kept_outcomes import JOURNAL, KeptOutcomes, outcomes_made_by
from ebn_model.validation import validated

WRONG = "wrong decisions"
"""Name of the run that only the first technology has."""
SUPPLIES = {"nominal": 0, "low": -1, "high": 1}
"""Supplies at which the decision is measured, in steps of the settings' from the nominal one."""

Outcomes = dict[str, dict[str, Any]]
"""By technology and the name of the run; that of one that failed has its reason under `error`."""


def run_ledger(ledger: Ledger, work: Work) -> Outcomes:
    """Run what isn't in the journal, and give all outcomes.

    Raises:
        CosimError: no models, a process was lost, or results can't be written (OutputError).
    """
    journal = ledger.results / JOURNAL
    with outcomes_made_by(work.placement.pool(), journal, ledger.name, work.force) as kept:
        return _outcomes(ledger, kept)


def found_ledger(ledger: Ledger) -> Outcomes:
    """All outcomes, from the journal; raises InputError where some are missing."""
    return _outcomes(ledger, KeptOutcomes(ledger.results / JOURNAL, ledger.name))


def _outcomes(ledger: Ledger, kept: KeptOutcomes) -> Outcomes:
    planned = {
        (technology, name): run
        for technology, conditions in ledger.conditions.items()
        for name, run in runs(ledger, conditions).items()
    }
    first, wrong = next(iter(ledger.conditions.items())), ledger.settings.wrong
    planned[first[0], WRONG] = WrongRun(
        ledger.settings.biases, first[1], wrong.distances, wrong.samples, wrong.seed
    )
    keys = {place: run.key for place, run in planned.items()}
    known = kept.of({keys[place]: run for place, run in planned.items()}, OUTCOME, "runs")
    found: Outcomes = {technology: {} for technology in ledger.conditions}
    for (technology, name), key in keys.items():
        found[technology][name] = known[key]
    return found


def runs(ledger: Ledger, conditions: Conditions) -> Mapping[str, Any]:
    """The runs in one technology, by name."""
    settings = ledger.settings
    planned: dict[str, Any] = {
        "energy": EnergyRun(settings.biases, conditions, settings.use.stimulus()),
        "spikes": BenchRun("spike_generator", settings.spiking, conditions),
    }
    for bench in settings.delays:
        planned[f"delay {bench}"] = BenchRun(bench, settings.biases, conditions)
    for table in dict.fromkeys((settings.biases, settings.spiking)):
        planned[f"noise {table}"] = NoiseRun(table, conditions)
    for name, steps in SUPPLIES.items():
        supply = round(conditions.supply * (1 + steps * settings.supply_step), 6)
        stated = {"technology": conditions.technology, "supply": supply}
        changed = validated(Conditions, stated, f"{ledger.name}: supply_step")
        planned[f"decision {name}"] = BenchRun("decision", settings.biases, changed)
    return planned

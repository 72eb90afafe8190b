"""Runs of a sizing: at each area its dies, and what the nominal circuit takes."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cosim.circuits.conditions import Conditions
from cosim.engine.outcome import OUTCOME
from cosim.experiments.dies.population import Yield, spreads, yield_of
from cosim.experiments.dies.runner import Found, found_dies, run_dies
from cosim.experiments.dies.settings import DiesExperiment
from cosim.experiments.ledger.energy_run import EnergyRun
from cosim.experiments.ledger.quantities import event_energy, layout_areas
from cosim.experiments.protocol import Work
from cosim.experiments.sizing.scaled_circuit import scaled_project
from cosim.experiments.sizing.settings import Sizing
from cosim.workbench.kept_outcomes import KeptOutcomes, outcomes_made_by
from cosim.workbench.places import in_project
from cosim.workbench.statistics import Spread

JOURNAL = "energy.jsonl"


@dataclass(frozen=True)
class Sized:
    """Results of an area.

    yields: by simulation. learns: whether the nominal die does, by simulation.
    errors: RMS deviation of dies from the nominal one in I_mem at the end, A, by simulation.
    quantities: spreads over dies, by name.
    energy: of a learning event, J, in the whole neuron and bias block; area: of neuron and synapse
    with the layout's factors, um^2, without the bias block. None where `fault` says why.
    """

    yields: dict[str, Yield]
    learns: dict[str, bool]
    errors: dict[str, float]
    quantities: dict[str, Spread]
    energy: float | None
    area: float | None
    fault: str = ""


def run_sizing(sizing: Sizing, work: Work) -> dict[float, Sized]:
    """Run what isn't known, and give what each area gives.

    Raises:
        CosimError: a process was lost, or results can't be written (OutputError).
    """

    def kept(journal: Path) -> AbstractContextManager[KeptOutcomes]:
        return outcomes_made_by(work.placement.local_pool(), journal, sizing.name, work.force)

    return _by_area(sizing, lambda dies: run_dies(dies, work), kept)


def found_sizing(sizing: Sizing) -> dict[float, Sized]:
    """Results of each area, from the journals; raises InputError where something is missing."""
    return _by_area(
        sizing, found_dies, lambda journal: nullcontext(KeptOutcomes(journal, sizing.name))
    )


def _by_area(
    sizing: Sizing,
    of_dies: Callable[[DiesExperiment], Found],
    kept: Callable[[Path], AbstractContextManager[KeptOutcomes]],
) -> dict[float, Sized]:
    """kept: opens the journal of an area's energy."""
    found = {}
    for area in sizing.settings.areas:
        circuit = sizing.circuit(area)
        scaled_project(sizing.base, circuit, area, sizing.settings.smallest_gate)
        with in_project(circuit):
            dies = of_dies(sizing.dies(area))
            with kept(sizing.folder(area) / JOURNAL) as outcomes:
                found[area] = _sized(sizing, dies, _energy(sizing, outcomes))
    return found


def _energy(sizing: Sizing, kept: KeptOutcomes) -> dict[str, Any]:
    """Outcome of the EnergyRun, or its `error`."""
    run = EnergyRun(sizing.settings.biases, Conditions(), sizing.settings.use.stimulus())
    [outcome] = kept.of({run.key: run}, OUTCOME, "energies").values()
    return outcome


def _sized(sizing: Sizing, dies: Found, energy: dict[str, Any]) -> Sized:
    """Results of an area; dies: outcomes there. energy: outcome of its EnergyRun, or its error."""
    settings = sizing.settings
    cost: dict[str, Any] = {"energy": None, "area": None, "fault": energy.get("error", "")}
    if "error" not in energy:
        blocks = layout_areas(energy, settings.layout, Conditions().facts.name)
        cost["energy"] = event_energy(energy, settings.use)["all"]
        cost["area"] = sum(blocks.values()) - blocks["bias"]
    return Sized(
        yields={name: yield_of(outcomes) for name, outcomes in dies.cases.items()},
        learns={name: bool(dies.nominal[name].get("settled")) for name in dies.cases},
        errors={name: _error(dies, name) for name in dies.cases},
        quantities=spreads(dies.cells[settings.biases]),
        **cost,
    )


def _error(dies: Found, name: str) -> float:
    nominal = dies.nominal[name].get("i_mem", np.nan)
    ends = [one["i_mem"] for one in dies.cases[name].values() if "i_mem" in one]
    return float(np.sqrt(np.mean((np.array(ends) - nominal) ** 2))) if ends else float("nan")

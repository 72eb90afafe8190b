"""Yield against the bits of a trim: of cases that differ in nothing else."""

from collections.abc import Mapping

from cosim.experiments.dies.population import Yield
from cosim.experiments.dies.settings import DiesExperiment
from cosim.workbench.json_files import to_json

ByBits = dict[str, dict[int, Yield]]
"""Yields by bits, 0 without a trim, by what was run."""


def yields_by_bits(experiment: DiesExperiment, yields: Mapping[str, Yield]) -> ByBits:
    """Yields of simulations that ran with several trims, or with one and without.

    Args:
        yields: by the case's name.
    """
    untrimmed: dict[tuple[str, str, str], str] = {}
    trimmed: dict[tuple[tuple[str, str, str], str], list[str]] = {}
    for name, case in experiment.settings.cases.items():
        ran = experiment.simulations[name].experiment
        what = (case.simulation, ran.biases, ran.technology)
        if case.trim is None:
            untrimmed.setdefault(what, name)
        else:
            currents = to_json(case.trim.model_dump(mode="json", exclude={"bits"}))
            trimmed.setdefault((what, currents), []).append(name)

    found: ByBits = {}
    cases = experiment.settings.cases
    for (what, _), names in trimmed.items():
        without = untrimmed.get(what)
        by_bits = {0: yields[without]} if without else {}
        by_bits |= {trim.bits: yields[name] for name in names if (trim := cases[name].trim)}
        label = (cases[without].label or without) if without else f"{what[0]}, table {what[1]}"
        if len(by_bits) > 1:
            found[label if label not in found else f"{label} ({names[0]})"] = dict(
                sorted(by_bits.items())
            )
    return found

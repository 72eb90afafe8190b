"""Dies that have not settled: why, and examples with all that a single run stores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cosim.experiments.dies.population import COULD_NOT_RUN, failures
from cosim.experiments.dies.runner import Found
from cosim.experiments.dies.settings import DiesExperiment
from cosim.experiments.neuron.runner import run
from cosim.experiments.neuron.simulation import Simulation
from cosim.experiments.protocol import Work
from cosim.workbench.placement import Placement
from cosim.workbench.report import FIGURES
from cosim.workbench.tables import markdown_table

PAGE = "failures.md"
VIEW = "mixed"

Reasons = Mapping[str, Mapping[str, list[int]]]
"""Dies that have not settled, by case and reason."""


def reasons(experiment: DiesExperiment, found: Found) -> dict[str, dict[str, list[int]]]:
    """Dies that have not settled, by case, and by the reason that their own cells show.

    The cells under a table say nothing of dies whose currents were trimmed, nor of those of another
    technology.
    """
    return {
        name: failures(outcomes, _cells(experiment, name, found))
        for name, outcomes in found.cases.items()
    }


def _cells(experiment: DiesExperiment, case: str, found: Found) -> Mapping[int, Mapping[str, Any]]:
    ran = experiment.settings.cases[case]
    if ran.trim or ran.technology:
        return {}
    return found.cells.get(experiment.simulations[case].experiment.biases, {})


@dataclass(frozen=True)
class Example:
    """A die that has not settled; simulation: what it ran, with results in a folder of its own."""

    case: str
    die: int
    simulation: Simulation


def examples(experiment: DiesExperiment, found: Found) -> Iterator[Example]:
    """The first dies of each case and reason, as many as the settings state."""
    for case, by_reason in reasons(experiment, found).items():
        for reason, dies in by_reason.items():
            for die in dies[: experiment.settings.waveforms] if reason != COULD_NOT_RUN else ():
                yield _example(experiment, case, die, found.cases[case][die])


def run_examples(experiment: DiesExperiment, found: Found, work: Work) -> None:
    """Run the examples that aren't current, on this machine, as they leave large files.

    Raises:
        CosimError: a run failed, or results can't be written (OutputError).
    """
    simulations = [one.simulation for one in examples(experiment, found)]
    for _ in run(simulations, Work(Placement(work.placement.workers), work.force)):
        pass


def _example(
    experiment: DiesExperiment, case: str, die: int, outcome: Mapping[str, Any]
) -> Example:
    original = experiment.simulations[case]
    currents = _currents(experiment, case, outcome)
    changed = original.experiment.model_copy(
        update={"die": die, "bias_changes": {**original.experiment.bias_changes, **currents}}
    )
    simulation = Simulation(
        name=f"{case}, die {die}",
        experiment=changed,
        published=original.published,
        results=experiment.results / "waveforms" / case / f"die_{die}",
        views=(VIEW,),
        changes=(
            *original.changes,
            f"die={die}",
            *(f"{name}={current:.4g}" for name, current in currents.items()),
        ),
    )
    return Example(case, die, simulation)


def _currents(
    experiment: DiesExperiment, case: str, outcome: Mapping[str, Any]
) -> dict[str, float]:
    """The trimmed currents of a die, A, by name."""
    trim = experiment.settings.cases[case].trim
    return {name: outcome[name] for name in trim.biases if name in outcome} if trim else {}


def links(experiment: DiesExperiment, found: Found) -> dict[str, dict[int, str]]:
    """Figures that there are, as seen from the results, by case and die; waveforms are beside."""
    kept: dict[str, dict[int, str]] = {}
    for one in examples(experiment, found):
        figure = one.simulation.results / FIGURES[0]
        if figure.is_file():
            path = figure.relative_to(experiment.results).as_posix()
            kept.setdefault(one.case, {})[one.die] = path
    return kept


def page(experiment: DiesExperiment, found: Found) -> str:
    """All dies that have not settled, in Markdown, with links to the figures that are there."""
    kept = links(experiment, found)
    lines = [
        f"# Dies that have not settled: {experiment.settings.title or experiment.name}",
        "",
        f"Waveforms are kept of {experiment.settings.waveforms} dies of each case and reason; "
        "`--set waveforms=N` keeps those of N.",
        "",
    ]
    for case, by_reason in reasons(experiment, found).items():
        rows = [
            _row(die, reason, found.cases[case][die], kept.get(case, {}).get(die))
            for reason, dies in by_reason.items()
            for die in dies
        ]
        header = ["die", "reason", "weights at the end", "waveforms"]
        table = markdown_table(header, rows) if rows else ["None."]
        lines += [f"## {experiment.label_of(case)}", "", *table, ""]
    return "\n".join(lines)


def _row(die: int, reason: str, outcome: Mapping[str, Any], figure: str | None) -> list[str]:
    return [str(die), reason, _end(outcome), f"[figure]({figure})" if figure else "not kept"]


def _end(outcome: Mapping[str, Any]) -> str:
    if "error" in outcome:
        return str(outcome["error"])
    lowest, highest = outcome["lowest"], outcome["highest"]
    return str(lowest) if lowest == highest else f"{lowest} to {highest}"

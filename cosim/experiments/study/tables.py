"""The study's findings as CSV, as Markdown and as a table on the terminal."""

from rich.table import Table

from cosim.experiments.study.condition import Condition
from cosim.experiments.study.condition_run import Outcome
from cosim.experiments.study.settings import StudySettings
from cosim.experiments.study.summary import QUANTITIES, Finding
from cosim.workbench.printed import titled_table
from cosim.workbench.statistics import Estimate
from cosim.workbench.tables import csv_text, markdown_table

_HEADERS = (
    "situation",
    "method",
    "error",
    "difference to reference",
    "ran away",
    "unscaled error",
    "rate (Hz)",
    "paper's formula",
)

TEXTS = {
    "paper_error": "decoding error in the paper's formula",
    "fitted_error": "decoding error",
    "filtered_error": "decoding error against the filtered input",
    "unscaled_error": "unscaled error",
}


def findings_csv(groups: dict[str, list[Finding]]) -> str:
    """One row per condition, with mean, low and high of each quantity."""
    parts = ("mean", "low", "high")
    header = ["group", "situation", "method", "x", "seeds", "ran_away"]
    header += [f"{name}_{part}" for name in (*QUANTITIES, "difference") for part in parts]
    rows = []
    for found in (finding for group in groups.values() for finding in group):
        condition = found.condition
        row: list[str | int] = [condition.group, condition.situation, condition.method]
        row += ["" if condition.x is None else f"{condition.x:g}"]
        row += [found.runaway.seeds, found.runaway.count]
        estimates = [*(found.estimates[name] for name in QUANTITIES), found.difference]
        for one in estimates:
            row += _numbers(one)
        rows.append(row)
    return csv_text([header, *rows])


def runs_csv(outcomes: dict[tuple[Condition, int], Outcome]) -> str:
    """One row per run."""
    rows: list[list[str | int]] = [["group", "situation", "method", "seed", *QUANTITIES]]
    for (condition, seed), outcome in outcomes.items():
        values = [f"{getattr(outcome, name):.6g}" for name in QUANTITIES]
        rows.append([condition.group, condition.situation, condition.method, seed, *values])
    return csv_text(rows)


def markdown(settings: StudySettings, groups: dict[str, list[Finding]]) -> str:
    """A table for each group, for people to read."""
    lines = [f"# {settings.title}", ""]
    for name, found in groups.items():
        group = settings.groups[name]
        seeds = settings.seeds[group.seeds]
        lines += [
            f"## {group.title}",
            "",
            f"{seeds.count} seeds, {seeds.first} to {seeds.first + seeds.count - 1}; mean "
            f"[95 % confidence]. Error: {TEXTS[group.quantity]}.{_reference_text(settings, name)}",
            "",
            *markdown_table(_HEADERS, (_cells(settings, one) for one in found)),
            "",
        ]
    return "\n".join(lines)


def terminal_table(settings: StudySettings, name: str, found: list[Finding]) -> Table:
    """The table of a group."""
    table = titled_table(settings.groups[name].title)
    for header in _HEADERS:
        table.add_column(header)
    situation = None
    for finding in found:
        if finding.condition.situation != situation:
            situation = finding.condition.situation
            table.add_section()
        table.add_row(*_cells(settings, finding))
    return table


def _reference_text(settings: StudySettings, name: str) -> str:
    reference = settings.groups[name].reference
    return f" Reference: {settings.methods[reference].label}, seed by seed." if reference else ""


def _of_sweep(situation: str) -> str:
    """A parameter and its value, in words that can be wrapped."""
    return situation.replace("_", " ").replace("=", " = ")


def _cells(settings: StudySettings, found: Finding) -> list[str]:
    condition, estimates = found.condition, found.estimates
    known = settings.situations.get(condition.situation)
    return [
        known.label if known else _of_sweep(condition.situation),
        settings.methods[condition.method].label,
        _text(found.error),
        "" if found.difference is None else _text(found.difference, signed=True),
        str(found.runaway),
        f"{estimates['unscaled_error'].mean:.3g}",
        f"{estimates['rate'].mean:.3g}",
        _text(estimates["paper_error"]),
    ]


def _text(value: Estimate, signed: bool = False) -> str:
    form = "+.3f" if signed else ".3f"
    if value.low is None:
        return f"{value.mean:{form}}"
    return f"{value.mean:{form}} [{value.low:{form}}, {value.high:{form}}]"


def _numbers(value: Estimate | None) -> list[str]:
    if value is None:
        return ["", "", ""]
    parts = (value.mean, value.low, value.high)
    return ["" if part is None else f"{part:.6g}" for part in parts]

"""What README's commands gave on one platform, read from the files that they left."""

import csv
import json
import math
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict, dataclass, field
from pathlib import Path

DECISIONS = {
    "simulation_1": ("transistor against published", "equal decisions"),
    "simulation_2": ("transistor against published", "equal decisions"),
    "network_replay": ("model against mixed", "decisions along the trajectory"),
}
"""For each experiment, the line of its verdict that says how many decisions are right."""

SPIKES = ("simulation_1", "simulation_2")
VIEWS = ("transistor", "mixed")
I_MEM_LIMIT = 5e-3
"""nA; greatest difference between platforms, RMS over the rising edges of a run."""


class IncompleteError(Exception):
    """A file that a command leaves is missing or isn't what it should be."""


@dataclass
class Outcome:
    """One line of the table; text that isn't known is empty."""

    platform: str
    ngspice: str = ""
    python: str = ""
    tests: str = ""
    decisions: dict[str, str] = field(default_factory=dict)
    agreement: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing at all went wrong."""
        return not self.faults

    def to_dict(self) -> dict:
        """The same as JSON values."""
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class Waveforms:
    """What must agree between platforms.

    decisions: by run, its decisions in their order, each with the weight that follows.
    i_mem: nA, by run, at the rising edges.
    """

    decisions: dict[str, list[tuple[str, ...]]]
    i_mem: dict[str, list[float]]


def read_decisions(simulations: Path, outcome: Outcome) -> None:
    """Put what the experiments' verdicts say into the outcome; what failed becomes a fault."""
    for name, (comparison, quantity) in DECISIONS.items():
        try:
            summary = _summary(simulations, name)
            lines = [
                line["measured"]
                for line in summary["verdict"]
                if (line["comparison"], line["quantity"]) == (comparison, quantity)
            ]
            if len(lines) != 1:
                raise IncompleteError(f"{name}: the verdict has no {quantity!r} of {comparison}")
            outcome.decisions[name] = lines[0]
            if summary["passed"] is not True:
                outcome.faults.append(f"{name}: the verdict is not pass")
        except IncompleteError as error:
            outcome.faults.append(str(error))


def read_tests(report: Path, outcome: Outcome) -> None:
    """Put the counts of pytest's JUnit report into the outcome; failures become a fault."""
    try:
        [suite] = ElementTree.parse(report).getroot().iter("testsuite")
        count = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    except (OSError, ElementTree.ParseError, ValueError, TypeError) as error:
        outcome.faults.append(f"the tests left no report: {error}")
        return
    failed = count["failures"] + count["errors"]
    passed = count["tests"] - failed - count["skipped"]
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    outcome.tests = f"{passed} of {count['tests']}{skipped}"
    if failed or not passed:
        outcome.faults.append(f"{failed} of {count['tests']} tests failed")


def read_waveforms(simulations: Path) -> Waveforms:
    """Decisions and I_mem of the circuits' runs; raises IncompleteError for one that is missing."""
    decisions, i_mem = {}, {}
    for name in SPIKES:
        for view in VIEWS:
            rows = _rows(simulations / name / "results" / view / "per_spike.csv")
            decisions[f"{name} {view}"] = [(row["decision"], row["weight_after"]) for row in rows]
            i_mem[f"{name} {view}"] = [float(row["i_mem_rise_nA"]) for row in rows]
    tables = sorted((simulations / "network_replay/results/trajectories").glob("row_*.csv"))
    if not tables:
        raise IncompleteError("network_replay left no trajectories")
    for table in tables:
        steps = [(row["pre"], row["decision"], row["weight_circuit"]) for row in _rows(table)]
        decisions[f"network_replay {table.stem}"] = steps
    return Waveforms(decisions, i_mem)


def compare(own: Waveforms, first: Waveforms, outcome: Outcome) -> None:
    """Put the agreement with the first platform into the outcome; a difference is a fault."""
    different = [
        name for name in first.decisions if own.decisions.get(name) != first.decisions[name]
    ]
    if different or own.decisions.keys() != first.decisions.keys():
        outcome.agreement = "no"
        outcome.faults.append(f"other decisions in {', '.join(different) or 'other rows'}")
        return
    greatest = max(_rms(own.i_mem[name], first.i_mem[name]) for name in first.i_mem)
    outcome.agreement = f"all; {greatest * 1e3:.2g} pA"
    if not greatest <= I_MEM_LIMIT:
        outcome.faults.append(f"I_mem differs by {greatest * 1e3:.2g} pA RMS")


def _rms(one: list[float], other: list[float]) -> float:
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / len(one))


def _summary(simulations: Path, name: str) -> dict:
    try:
        text = (simulations / name / "results/summary.json").read_text(encoding="utf-8")
        return json.loads(text)
    except (OSError, ValueError) as error:
        raise IncompleteError(f"{name}: no summary ({error})") from None


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise IncompleteError(f"a run is missing: {error}") from None
    if not rows:
        raise IncompleteError(f"{path} is empty")
    return rows


COLUMNS = (
    "platform",
    "ngspice",
    "Python",
    "tests passed",
    "simulation 1",
    "simulation 2",
    "short replay",
    "decisions as on the first; I_mem, RMS",
)


def markdown(outcomes: list[Outcome]) -> str:
    """The table of the platforms, and below it what went wrong."""
    lines = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    for one in outcomes:
        decisions = [one.decisions.get(name, "") for name in DECISIONS]
        cells = [one.platform, one.ngspice, one.python, one.tests, *decisions, one.agreement]
        lines.append(_line([cell or "–" for cell in cells]))
    faults = [f"- {one.platform}: {fault}" for one in outcomes for fault in one.faults]
    return "\n".join([*lines, *([""] if faults else []), *faults]) + "\n"


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"

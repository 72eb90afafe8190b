"""Reports: the verdict on a folder of results, its summary and its figures."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from cosim.workbench.checks import Check, overall
from cosim.workbench.errors import CosimError
from cosim.workbench.output import new_files
from cosim.workbench.store import read_json, to_json, write_json

SUMMARY = "summary.json"
FIGURES = ("figure.png", "figure.pdf")


@dataclass(frozen=True)
class Report:
    """The verdict on what a folder holds the results of.

    tables: what is printed instead of a table of checks, where that says more.
    fault: the reason why the results are not complete.
    """

    title: str
    results: Path
    checks: list[Check]
    tables: tuple[Table, ...] = ()
    fault: CosimError | None = None

    @property
    def passed(self) -> bool | None:
        """True if all passed that is required; None where no result was judged."""
        return overall(self.checks)

    @property
    def page(self) -> Path:
        """The file to look at first: the figure, as PNG."""
        return self.results / FIGURES[0]


def verdict(report: Report) -> dict:
    """What a summary tells of the verdict; passed: None where no result was judged."""
    return {"passed": report.passed, "verdict": [asdict(check) for check in report.checks]}


def write_report(
    folder: Path, summary: dict, draw_figures: Callable[[list[Path]], None], anew: bool
) -> None:
    """Write summary and figures where the summary changed or a figure is missing, or anyway.

    Raises:
        OutputError: a file can't be written.
    """
    known = to_json(read_json(folder / SUMMARY)) == to_json(summary)
    if anew or not known or not all((folder / name).is_file() for name in FIGURES):
        with new_files(folder) as new:
            draw_figures([new / name for name in FIGURES])
            write_json(summary, new / SUMMARY)

"""Reports: the verdict on a folder of results, its summary and its figures."""

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from cosim.workbench.checks import Check, overall
from cosim.workbench.errors import CosimError
from cosim.workbench.json_files import to_json
from cosim.workbench.output import new_files
from cosim.workbench.provenance import digest
from cosim.workbench.store import StoredResult
from ebn_model.sealed import DamagedError

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
    def figure(self) -> Path:
        """The figure that shows most, as PNG."""
        return self.results / FIGURES[0]

    @property
    def page(self) -> Path:
        """The file to look at first."""
        return self.figure


def verdict(report: Report) -> dict:
    """The verdict as a summary has it; passed: None where no result was judged."""
    return {"passed": report.passed, "verdict": [asdict(check) for check in report.checks]}


class StoredReport(StoredResult):
    """The files of a report, beside the folders of the results that it follows from.

    Its key is the summary: as soon as that changes, the files are written again.
    """

    record_name = SUMMARY

    def __init__(self, folder: Path, summary: Mapping[str, Any]):
        """folder: gets the files. summary: all numbers, of JSON's types."""
        super().__init__(folder, digest(to_json(dict(summary))))
        self._summary = summary

    def _place(self) -> AbstractContextManager[Path]:
        return new_files(self.folder)

    def write(self, write_files: Callable[[Path], None], anew: bool = False) -> None:
        """Write summary and files where the summary changed or a file isn't intact, or anyway.

        write_files: writes all but the summary into a folder.

        Raises:
            OutputError: a file can't be written.
        """
        if anew or not self.is_current():
            with self.writing(self._summary) as new:
                write_files(new)

    def _is_there(self) -> bool:
        return os.path.lexists(self.folder / self.record_name)

    def _say(self, error: Exception) -> None:
        # That it is outdated is no news: the results are new.
        if isinstance(error, DamagedError):
            super()._say(error)


def write_report(
    folder: Path, summary: Mapping, draw_figures: Callable[[list[Path]], None], anew: bool
) -> None:
    """Write summary and figures where they aren't current, or anyway; raises as StoredReport."""
    StoredReport(folder, summary).write(
        lambda new: draw_figures([new / name for name in FIGURES]), anew
    )

"""The kind `sizing`: what the area of the decisive devices buys, and what it costs."""

from collections.abc import Iterator, Sequence

from cosim.experiments.protocol import Request, Work
from cosim.experiments.sizing.report import make_report
from cosim.experiments.sizing.runner import found_sizing, run_sizing
from cosim.experiments.sizing.settings import Sizing, read_sizing
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class SizingKind:
    """Sizings; see Kind."""

    takes = frozenset({"out", "dies", "first_die"})
    not_on_a_cluster = "each area is a project on this machine"

    def read(self, file: ExperimentFile, request: Request) -> Sequence[Sizing]:
        """One sizing; see Kind and `read_sizing`."""
        return [read_sizing(file, request)]

    def run(self, experiments: Sequence[Sizing], work: Work) -> Iterator[Report]:
        """See Kind; finished dies are kept, so that what was interrupted goes on."""
        for one in experiments:
            yield make_report(one, run_sizing(one, work))

    def report(self, experiments: Sequence[Sizing], redraw: bool = False) -> Iterator[Report]:
        """See Kind."""
        for one in experiments:
            yield make_report(one, found_sizing(one), redraw)


KIND = SizingKind()

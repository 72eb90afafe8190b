"""The kind `technologies`: circuits in several technologies, and at their corners."""

from collections.abc import Iterator, Sequence

from cosim.experiments.protocol import Request, Work
from cosim.experiments.technologies.corners import read_corners, run_corners
from cosim.experiments.technologies.report import Found, make_report
from cosim.experiments.technologies.settings import TechnologyComparison, read_comparison
from cosim.experiments.technologies.slopes import read_slopes, run_slopes
from cosim.experiments.technologies.typical import read_typical, run_typical
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.output import check_writable
from cosim.workbench.report import Report


class TechnologiesKind:
    """Comparisons of technologies; see Kind. Their reports are pages with all figures."""

    takes = frozenset({"out"})
    not_on_a_cluster = "its models of devices are on this machine"

    def read(self, file: ExperimentFile, request: Request) -> Sequence[TechnologyComparison]:
        """One comparison; see Kind and `read_comparison`."""
        return [read_comparison(file, request)]

    def run(self, experiments: Sequence[TechnologyComparison], work: Work) -> Iterator[Report]:
        """See Kind; finished parts are kept, so that what was interrupted goes on."""
        for comparison in experiments:
            check_writable(comparison.results)
            typical = run_typical(comparison.plans.values(), work)
            corners, slopes = run_corners(comparison, work), run_slopes(comparison, work)
            yield make_report(Found(comparison, typical, corners, slopes))

    def report(
        self, experiments: Sequence[TechnologyComparison], redraw: bool = False
    ) -> Iterator[Report]:
        """See Kind."""
        for comparison in experiments:
            typical = read_typical(comparison.plans.values())
            corners = read_corners(comparison, Work())
            slopes = read_slopes(comparison)
            yield make_report(Found(comparison, typical, corners, slopes), redraw)


KIND = TechnologiesKind()

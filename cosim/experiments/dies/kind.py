"""The kind `dies`: simulations and cells over many dies, each with mismatch of its own."""

from collections.abc import Iterator, Sequence

from cosim.experiments.dies.failures import run_examples
from cosim.experiments.dies.report import make_report
from cosim.experiments.dies.runner import found_dies, run_dies
from cosim.experiments.dies.settings import DiesExperiment, read_dies
from cosim.experiments.protocol import Request, Work
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class DiesKind:
    """Populations of dies."""

    takes = frozenset({"out", "changes", "conditions", "biases", "dies", "first_die"})
    not_on_a_cluster = ""

    def read(self, file: ExperimentFile, request: Request) -> Sequence[DiesExperiment]:
        """One experiment; see Kind."""
        return [read_dies(file, request)]

    def run(self, experiments: Sequence[DiesExperiment], work: Work) -> Iterator[Report]:
        """See Kind."""
        for one in experiments:
            found = run_dies(one, work)
            run_examples(one, found, work)
            yield make_report(one, found)

    def report(
        self, experiments: Sequence[DiesExperiment], redraw: bool = False
    ) -> Iterator[Report]:
        """See Kind."""
        for one in experiments:
            yield make_report(one, found_dies(one), redraw)


KIND = DiesKind()

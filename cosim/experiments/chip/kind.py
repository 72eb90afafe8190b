"""The kind `chip`: networks whose neurons are dies, and what learning on them is worth."""

from collections.abc import Iterator, Sequence

from cosim.experiments.chip.report import make_report
from cosim.experiments.chip.runner import found_chips, run_chips
from cosim.experiments.chip.settings import ChipExperiment, read_chip
from cosim.experiments.protocol import Request, Work
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class ChipKind:
    """Networks of dies; see Kind."""

    takes = frozenset({"out", "changes", "conditions", "biases"})
    not_on_a_cluster = ""

    def read(self, file: ExperimentFile, request: Request) -> Sequence[ChipExperiment]:
        """One experiment; see Kind."""
        return [read_chip(file, request)]

    def run(self, experiments: Sequence[ChipExperiment], work: Work) -> Iterator[Report]:
        """See Kind."""
        for one in experiments:
            yield make_report(one, run_chips(one, work))

    def report(
        self, experiments: Sequence[ChipExperiment], redraw: bool = False
    ) -> Iterator[Report]:
        """See Kind."""
        for one in experiments:
            yield make_report(one, found_chips(one), redraw)


KIND = ChipKind()

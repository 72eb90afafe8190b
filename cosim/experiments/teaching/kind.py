"""The kind `teaching`: circuits of a chip's rows, each a die, teach its network from codes 0."""

from collections.abc import Iterator, Sequence

from cosim.experiments.protocol import Request, Work
from cosim.experiments.teaching.lessons import give_lessons
from cosim.experiments.teaching.report import make_report
from cosim.experiments.teaching.settings import TeachingExperiment, read_teaching
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class TeachingKind:
    """Chips that learn as circuits; see Kind."""

    takes = frozenset({"changes", "out", "conditions", "biases", "view"})
    not_on_a_cluster = "in a closed loop all rows wait for each other"

    def read(self, file: ExperimentFile, request: Request) -> Sequence[TeachingExperiment]:
        """One experiment; see Kind."""
        return [read_teaching(file, request)]

    def run(self, experiments: Sequence[TeachingExperiment], work: Work) -> Iterator[Report]:
        """See Kind."""
        for one in experiments:
            yield make_report(one, give_lessons(one, work))

    def report(
        self, experiments: Sequence[TeachingExperiment], redraw: bool = False
    ) -> Iterator[Report]:
        """See Kind."""
        for one in experiments:
            yield make_report(one, give_lessons(one, Work(), "none"), redraw)


KIND = TeachingKind()

"""The kind `study`: methods in situations, over many seeds."""

from collections.abc import Iterator, Sequence

from cosim.experiments.protocol import Request, Work
from cosim.experiments.study.runner import make_study_report, run_study
from cosim.experiments.study.settings import Study, read_study
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class StudyKind:
    """Studies, which show and judge nothing; see Kind."""

    takes = frozenset({"out"})
    not_on_a_cluster = ""

    def read(self, file: ExperimentFile, request: Request) -> Sequence[Study]:
        """One study; see Kind."""
        return [read_study(file, request)]

    def run(self, experiments: Sequence[Study], work: Work) -> Iterator[Report]:
        """See Kind."""
        for study in experiments:
            yield run_study(study, work)

    def report(self, experiments: Sequence[Study], redraw: bool = False) -> Iterator[Report]:
        """See Kind; tables and figure are always written anew."""
        for study in experiments:
            yield make_study_report(study)


KIND = StudyKind()

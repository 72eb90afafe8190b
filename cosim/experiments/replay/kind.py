"""The kind `replay`: spikes of a network in circuits of its rows, in open or closed loop."""

from collections.abc import Iterator, Sequence

from cosim.experiments.protocol import Request, Work
from cosim.experiments.replay.experiment import run_replay
from cosim.experiments.replay.settings import ReplayExperiment, read_replay
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class ReplayKind:
    """Replays; see Kind. Its reports are pages with all figures."""

    takes = frozenset({"changes", "seeds", "out", "conditions", "biases", "view", "full"})
    not_on_a_cluster = ""

    def read(self, file: ExperimentFile, request: Request) -> Sequence[ReplayExperiment]:
        """One replay; see Kind and `read_replay`."""
        return [read_replay(file, request)]

    def run(self, experiments: Sequence[ReplayExperiment], work: Work) -> Iterator[Report]:
        """See Kind."""
        for replay in experiments:
            yield run_replay(replay, work)

    def report(
        self, experiments: Sequence[ReplayExperiment], redraw: bool = False
    ) -> Iterator[Report]:
        """See Kind; page and figures are always written anew."""
        for replay in experiments:
            yield run_replay(replay, Work(), runs="none")


KIND = ReplayKind()

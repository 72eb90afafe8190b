"""The kind `network`: trainings of a network, over seeds and combinations of parameters."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from cosim.experiments.network.report import make_network_report
from cosim.experiments.network.runner import run_networks
from cosim.experiments.network.settings import NetworkExperiment, read_networks
from cosim.experiments.network.sweep import make_sweep_report
from cosim.experiments.protocol import Request, Work
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class NetworkKind:
    """Trainings; one report for all combinations of a sweep. See Kind."""

    takes = frozenset({"changes", "seeds", "out"})
    not_on_a_cluster = "its trainings are kept on this machine as they go on"

    def read(self, file: ExperimentFile, request: Request) -> Sequence[NetworkExperiment]:
        """See Kind and `read_networks`."""
        return read_networks(file, request)

    def run(self, experiments: Sequence[NetworkExperiment], work: Work) -> Iterator[Report]:
        """All of them in parallel; see Kind."""
        return _by_name(experiments, run_networks(experiments, work))

    def report(
        self, experiments: Sequence[NetworkExperiment], redraw: bool = False
    ) -> Iterator[Report]:
        """See Kind."""
        return _by_name(experiments, [make_network_report(one, redraw) for one in experiments])


def _by_name(
    experiments: Sequence[NetworkExperiment], reports: Sequence[Report]
) -> Iterator[Report]:
    """A report for each name."""
    pairs = zip(experiments, reports, strict=True)
    for _, group in groupby(pairs, key=lambda pair: (pair[0].name, pair[0].runs.parent)):
        combinations, own = zip(*group, strict=True)
        yield make_sweep_report([*combinations], own) if len(own) > 1 else own[0]


KIND = NetworkKind()

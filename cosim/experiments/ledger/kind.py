"""The kind `ledger`: what the neuron costs in several technologies, beside published circuits."""

from collections.abc import Iterator, Sequence

from cosim.experiments.ledger.report import make_report
from cosim.experiments.ledger.runner import found_ledger, run_ledger
from cosim.experiments.ledger.settings import Ledger, read_ledger
from cosim.experiments.protocol import Request, Work
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class LedgerKind:
    """Ledgers; see Kind. Their reports are pages."""

    takes = frozenset({"out"})
    not_on_a_cluster = "its models of devices are on this machine"

    def read(self, file: ExperimentFile, request: Request) -> Sequence[Ledger]:
        """One ledger; see Kind and `read_ledger`."""
        return [read_ledger(file, request)]

    def run(self, experiments: Sequence[Ledger], work: Work) -> Iterator[Report]:
        """See Kind; finished runs are kept, so that what was interrupted goes on."""
        for one in experiments:
            yield make_report(one, run_ledger(one, work))

    def report(self, experiments: Sequence[Ledger], redraw: bool = False) -> Iterator[Report]:
        """See Kind."""
        for one in experiments:
            yield make_report(one, found_ledger(one), redraw)


KIND = LedgerKind()

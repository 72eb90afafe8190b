"""The kind `bias_comparison`: stimuli, each run with several bias tables."""

from collections.abc import Iterator, Sequence

from cosim.experiments.bias_comparison.report import make_comparison_report
from cosim.experiments.bias_comparison.settings import BiasComparison, read_comparison
from cosim.experiments.neuron import kind as neuron
from cosim.experiments.neuron.simulation import check_out
from cosim.experiments.protocol import Request, Work
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class BiasComparisonKind:
    """Comparisons; the reports on their simulations come first. See Kind."""

    takes = frozenset({"changes", "out", "conditions", "view"})
    not_on_a_cluster = neuron.KIND.not_on_a_cluster

    def read(self, file: ExperimentFile, request: Request) -> Sequence[BiasComparison]:
        """One comparison; see Kind and `read_comparison`."""
        check_out(request)
        return [read_comparison(file, request)]

    def run(self, experiments: Sequence[BiasComparison], work: Work) -> Iterator[Report]:
        """See Kind."""
        for comparison in experiments:
            yield from neuron.KIND.run(comparison.simulations, work)
            yield make_comparison_report(comparison)

    def report(
        self, experiments: Sequence[BiasComparison], redraw: bool = False
    ) -> Iterator[Report]:
        """See Kind."""
        for comparison in experiments:
            yield from neuron.KIND.report(comparison.simulations, redraw)
            yield make_comparison_report(comparison, redraw)


KIND = BiasComparisonKind()

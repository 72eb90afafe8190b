"""The kind `neuron`: a stimulus for one learning neuron, in several views."""

from collections.abc import Iterable, Iterator, Sequence

from cosim.experiments.neuron.report import make_report
from cosim.experiments.neuron.runner import run
from cosim.experiments.neuron.simulation import Simulation, check_out, read_simulation
from cosim.experiments.neuron.views import Views
from cosim.experiments.protocol import Request, Work
from cosim.workbench.experiment_files import ExperimentFile
from cosim.workbench.report import Report


class NeuronKind:
    """Simulations; see Kind."""

    takes = frozenset({"changes", "out", "conditions", "biases", "view"})
    not_on_a_cluster = "it is one circuit, that of a single neuron"

    def read(self, file: ExperimentFile, request: Request) -> Sequence[Simulation]:
        """One simulation; see Kind and `read_simulation`."""
        check_out(request)
        simulation = read_simulation(file, request)
        simulation.experiment.check_varies()
        return [simulation]

    def run(self, experiments: Sequence[Simulation], work: Work) -> Iterable[Report]:
        """All of them in parallel; see Kind."""
        return run(experiments, work)

    def report(self, experiments: Sequence[Simulation], redraw: bool = False) -> Iterator[Report]:
        """See Kind; raises DamagedError for a damaged view, without which it wouldn't be whole."""
        for simulation in experiments:
            views = Views(simulation)
            views.check_intact()
            yield make_report(views, redraw)


KIND = NeuronKind()

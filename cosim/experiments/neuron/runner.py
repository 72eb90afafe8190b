"""Runs of simulations in several views; what is up to date is kept, the rest runs in parallel."""

from collections.abc import Collection, Iterable
from itertools import combinations
from pathlib import Path

from cosim.cells import characterise
from cosim.engine.batch import Batch, run_batches
from cosim.experiments.neuron.bias_comparison import BiasComparison
from cosim.experiments.neuron.bias_comparison_report import make_comparison_report
from cosim.experiments.neuron.circuit_view import CircuitView
from cosim.experiments.neuron.model_view import ModelView
from cosim.experiments.neuron.report import make_report
from cosim.experiments.neuron.simulation import Simulation
from cosim.experiments.neuron.views import USUAL, Views, check_views
from cosim.workbench.output import check_writable
from cosim.workbench.progress import AddBar, progress_bars
from cosim.workbench.report import Report
from cosim.workbench.scratch import ScratchFolder
from ebn_model.errors import InputError
from ebn_model.parameters import NeuronParameters


def run(
    simulations: Iterable[Simulation],
    views: Collection[str] = USUAL,
    workers: int | None = None,
    force: bool = False,
) -> list[Report]:
    """Run simulations and report on each.

    Args:
        simulations: what to run.
        views: names of views; the others are compared with if they are current.
        workers: greatest number of processes at once, all processors by default.
        force: whether to run what is current, too.

    Raises:
        InputError: an unknown view, a stimulus or parameter that can't be.
        CosimError: a run failed, or results can't be written (OutputError).
    """
    simulations = list(simulations)
    check_views(views)
    for one, other in combinations(simulations, 2):
        if one.results == other.results:
            raise InputError(f"two simulations would both write to {one.results}")
    planned = [Views(simulation) for simulation in simulations]
    for simulation in simulations:
        check_writable(simulation.results)
    circuits = [plan.circuits[name] for plan in planned for name in plan.circuits if name in views]
    models = [plan.model for plan in planned if "model" in views]

    def stale(views: list) -> list:
        return [view for view in views if force or not view.is_current()]

    _run_stale(stale(circuits), stale(models), workers, force)
    return [make_report(plan) for plan in planned]


def run_comparison(
    comparison: BiasComparison,
    views: Collection[str] | None = None,
    workers: int | None = None,
    force: bool = False,
) -> list[Report]:
    """Run a comparison's simulations; reports on each, and at last on all together.

    Args and Raises as for `run`; views: by default those that the comparison states.
    """
    reports = run(comparison.simulations, views or comparison.views, workers, force)
    return [*reports, make_comparison_report(comparison)]


def redraw(simulation: Simulation) -> Report:
    """Draw the figure anew, from current results.

    Raises:
        InputError: there are none, or damaged ones (DamagedError), with which it wouldn't be whole.
        OutputError: the figure can't be written.
    """
    views = Views(simulation)
    views.check_intact()
    return make_report(views, redraw_figure=True)


def redraw_comparison(comparison: BiasComparison) -> Report:
    """Draw the figures of a comparison and of its simulations anew; raises as `redraw`."""
    for simulation in comparison.simulations:
        redraw(simulation)
    return make_comparison_report(comparison, redraw_figure=True)


def _run_stale(
    circuits: list[CircuitView], models: list[ModelView], workers: int | None, force: bool
) -> None:
    parameters = {} if force else _stored_parameters(models)
    with ScratchFolder() as scratch, progress_bars() as add_bar:
        batches = [circuit.batch(Path(scratch)) for circuit in circuits]
        batches += _measurements(models, parameters)
        run_batches(batches, workers, add_bar)
        _run_models(models, parameters, add_bar)


def _stored_parameters(models: list[ModelView]) -> dict[str, NeuronParameters]:
    stored = {model.parameters_key: model.stored_parameters() for model in models}
    return {key: parameters for key, parameters in stored.items() if parameters}


def _measurements(models: list[ModelView], parameters: dict[str, NeuronParameters]) -> list[Batch]:
    """Batches that fill in the missing parameters, one for all models with the same biases."""
    missing = {
        model.parameters_key: model.measurements
        for model in models
        if model.parameters_key not in parameters
    }

    def batch(key: str, jobs: list) -> Batch:
        def finish(vectors: list) -> None:
            parameters[key] = characterise.parameters(vectors)

        return Batch("cells of the circuit", jobs, finish)

    return [batch(key, jobs) for key, jobs in missing.items()]


def _run_models(
    models: list[ModelView], parameters: dict[str, NeuronParameters], add_bar: AddBar
) -> None:
    for model in models:
        model.run(parameters[model.parameters_key], add_bar)

"""Runs of simulations in several views; what is up to date is kept, the rest runs in parallel."""

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from cosim.cells import characterise
from cosim.engine.batch import Batch, run_batches
from cosim.experiments.neuron.circuit_view import CircuitView
from cosim.experiments.neuron.model_view import ModelView
from cosim.experiments.neuron.report import make_report
from cosim.experiments.neuron.simulation import Simulation
from cosim.experiments.neuron.views import Views
from cosim.experiments.protocol import Work
from cosim.workbench.output import check_writable
from cosim.workbench.progress import AddBar, progress_bars
from cosim.workbench.report import Report
from cosim.workbench.scratch import ScratchFolder
from ebn_model.errors import InputError
from ebn_model.parameters import NeuronParameters


def run(simulations: Iterable[Simulation], work: Work) -> list[Report]:
    """Run simulations and report on each; other current views of them are compared with, too.

    Raises:
        InputError: a stimulus or parameter that can't be, or results in the same place.
        CosimError: a run failed, or results can't be written (OutputError).
    """
    simulations = list(simulations)
    for one, other in combinations(simulations, 2):
        if one.results == other.results:
            raise InputError(f"two simulations would both write to {one.results}")
    planned = [Views(simulation) for simulation in simulations]
    for simulation in simulations:
        check_writable(simulation.results)

    def stale(plan: Views) -> list[CircuitView | ModelView]:
        chosen = [plan.all[name] for name in plan.simulation.views]
        return [view for view in chosen if work.force or not view.is_current()]

    views = [view for plan in planned for view in stale(plan)]
    circuits = [view for view in views if isinstance(view, CircuitView)]
    models = [view for view in views if isinstance(view, ModelView)]
    _run_stale(circuits, models, work)
    return [make_report(plan) for plan in planned]


def _run_stale(circuits: list[CircuitView], models: list[ModelView], work: Work) -> None:
    parameters = {} if work.force else _stored_parameters(models)
    with ScratchFolder() as scratch, progress_bars() as add_bar:
        batches = [circuit.batch(Path(scratch)) for circuit in circuits]
        batches += _measurements(models, parameters)
        run_batches(batches, work.placement.pool(), add_bar)
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

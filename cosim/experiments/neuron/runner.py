"""Runs of simulations in several views; what is up to date is kept, the rest runs in parallel."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cosim.cells import characterise
from cosim.engine.batch import Batch, run_batches
from cosim.experiments.neuron.circuit_view import CircuitView
from cosim.experiments.neuron.model_view import ModelView
from cosim.experiments.neuron.report import make_report
from cosim.experiments.neuron.simulation import Simulation
from cosim.experiments.neuron.views import Views
from cosim.experiments.protocol import Work
from cosim.workbench.errors import CosimError
from cosim.workbench.output import check_writable
from cosim.workbench.progress import AddBar, progress_bars
from cosim.workbench.report import Report
from cosim.workbench.scratch import ScratchFolder
from ebn_model.parameters import NeuronParameters


class ViewError(CosimError):
    """Several views that didn't run; says which, and why."""


def run(simulations: Iterable[Simulation], work: Work) -> Iterator[Report]:
    """Run simulations and report on each; other current views of them are compared with, too.

    A view that can't run doesn't stop the others, and is named at the end.

    Raises:
        InputError: a stimulus or parameter that can't be, or results in the same place.
        CosimError: a run failed, which is said after all reports, or results can't be written
            (OutputError).
    """
    simulations = list(simulations)
    planned = [Views(simulation) for simulation in simulations]
    for simulation in simulations:
        check_writable(simulation.results)

    faults: list[CosimError] = []

    def stale(plan: Views) -> list[CircuitView | ModelView]:
        faults.extend(plan.unbuilt[name] for name in plan.simulation.views if name in plan.unbuilt)
        chosen = [plan.all[name] for name in plan.simulation.views if name in plan.all]
        return [view for view in chosen if work.force or not view.is_current()]

    views = [view for plan in planned for view in stale(plan)]
    circuits = [view for view in views if isinstance(view, CircuitView)]
    models = [view for view in views if isinstance(view, ModelView)]
    faults += _run_stale(circuits, models, work)
    for plan in planned:
        if plan.records():
            yield make_report(plan)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise ViewError("; ".join(dict.fromkeys(map(str, faults))))


def _run_stale(
    circuits: list[CircuitView], models: list[ModelView], work: Work
) -> list[CosimError]:
    """Run views; returns the errors of those that failed."""
    faults: list[CosimError] = []
    parameters = {} if work.force else _stored_parameters(models)
    with ScratchFolder() as scratch, progress_bars() as add_bar:
        batches = [circuit.batch(Path(scratch), faults.append) for circuit in circuits]
        batches += _measurements(models, parameters, faults.append)
        run_batches(batches, work.placement.pool(), add_bar)
        _run_models(models, parameters, add_bar)
    return faults


def _stored_parameters(models: list[ModelView]) -> dict[str, NeuronParameters]:
    stored = {model.parameters_key: model.stored_parameters() for model in models}
    return {key: parameters for key, parameters in stored.items() if parameters}


def _measurements(
    models: list[ModelView],
    parameters: dict[str, NeuronParameters],
    fail: Callable[[CosimError], None],
) -> list[Batch]:
    """Batches that fill in the missing parameters, one for all models with the same biases."""
    missing = {
        model.parameters_key: model.measurements
        for model in models
        if model.parameters_key not in parameters
    }

    def batch(key: str, jobs: list) -> Batch:
        def finish(vectors: list) -> None:
            parameters[key] = characterise.parameters(vectors)

        return Batch("cells of the circuit", jobs, finish, fail)

    return [batch(key, jobs) for key, jobs in missing.items()]


def _run_models(
    models: list[ModelView], parameters: dict[str, NeuronParameters], add_bar: AddBar
) -> None:
    for model in models:
        if model.parameters_key not in parameters:
            continue
        model.run(parameters[model.parameters_key], add_bar)

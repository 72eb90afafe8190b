"""Runs of simulations in both views; what is up to date is kept, the rest runs in parallel."""

from collections.abc import Collection, Iterable
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from cosim import characterise
from cosim.experiments.batch import Batch, run_batches
from cosim.experiments.output import check_writable
from cosim.experiments.progress import AddBar, progress_bars
from cosim.experiments.report import Report, make_report
from cosim.experiments.simulation import Simulation
from cosim.experiments.views import CircuitView, ModelView
from ebn_model.errors import InputError
from ebn_model.parameters import NeuronParameters

VIEWS = ("transistor", "model")


def run(
    simulations: Iterable[Simulation],
    views: Collection[str] = VIEWS,
    workers: int | None = None,
    force: bool = False,
) -> list[Report]:
    """Run simulations and report on each.

    Args:
        simulations: what to run.
        views: "transistor", "model" or both; the other one is compared with if it is current.
        workers: greatest number of processes at once, all processors by default.
        force: whether to run what is current, too.

    Raises:
        InputError: an unknown view, a stimulus or parameter that can't be.
        CosimError: a run failed, or results can't be written (OutputError).
    """
    unknown = set(views) - set(VIEWS)
    if unknown:
        raise InputError(f"unknown view {min(unknown)!r}; there are: {', '.join(VIEWS)}")
    simulations = list(simulations)
    for one, other in combinations(simulations, 2):
        if one.results == other.results:
            raise InputError(f"two simulations would both write to {one.results}")
    circuits = [CircuitView(simulation) for simulation in simulations]
    models = [ModelView(simulation) for simulation in simulations]
    for simulation in simulations:
        check_writable(simulation.results)

    def stale(view: str, planned: list) -> list:
        return [plan for plan in planned if view in views and (force or not plan.is_current())]

    _run_stale(stale("transistor", circuits), stale("model", models), workers, force)
    return [make_report(*three) for three in zip(simulations, circuits, models, strict=True)]


def redraw(simulation: Simulation) -> Report:
    """Draw the figure anew, from current results.

    Raises:
        InputError: there are none.
        OutputError: the figure can't be written.
    """
    return make_report(
        simulation, CircuitView(simulation), ModelView(simulation), redraw_figure=True
    )


def _run_stale(
    circuits: list[CircuitView], models: list[ModelView], workers: int | None, force: bool
) -> None:
    parameters = {} if force else _stored_parameters(models)
    with TemporaryDirectory() as scratch, progress_bars() as add_bar:
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

"""A replay from its file to its report."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from cosim.cells.row_constants import row_constants
from cosim.circuits.conditions import Conditions
from cosim.experiments.protocol import Work
from cosim.experiments.replay.network_scores import codes_of_rows, network_scores
from cosim.experiments.replay.outcome import Provenance, ReplayOutcome
from cosim.experiments.replay.recorded_run import RecordedRun, recorded_run
from cosim.experiments.replay.replay_output import CACHE, replay_versions, write_replay
from cosim.experiments.replay.report import ReplayReport
from cosim.experiments.replay.run_with_progress import run_with_progress
from cosim.experiments.replay.settings import ReplayExperiment
from cosim.replay.loops import close_loop
from cosim.replay.open_loop import ReplayResult, RowSettings, Runs, network_stimuli
from cosim.workbench.errors import CosimError
from cosim.workbench.output import check_writable, new_files
from cosim.workbench.progress import progress_bars
from cosim.workbench.provenance import sources_digest
from ebn_model.errors import InputError
from ebn_model.network.evaluation import DetailedScore
from ebn_model.network.fields import CHIP_UNITS
from ebn_model.network.files import save, write_spikes
from ebn_model.validation import with_values

_Ran = tuple[ReplayResult, Mapping[str, np.ndarray], CosimError | None]
"""The rows, the network's codes from model and circuit, and the error for missing rows."""


def run_replay(experiment: ReplayExperiment, work: Work, runs: Runs = "missing") -> ReplayReport:
    """Train, replay or close the loop, compare and report.

    Finished rows of a replay, and finished loops, are kept from run to run.

    Args:
        experiment: what to run.
        work: how it is run.
        runs: which rows are run: those that are not current, all, or none.

    Raises:
        InputError: rows, technology or bias table that there aren't, a scheduler for a closed
            loop, or no current results and none to be run.
        OutputError: results can't be written; finished rows are kept.
    """
    settings = experiment.settings
    stretch, folder = settings.stretch, experiment.results
    if stretch.loop != "open":
        reason = "in a closed loop all rows wait for each other"
        work.placement.check_local(experiment.name, reason)
    # Of its own for each length, so that one doesn't displace the other.
    cache = folder / CACHE / f"{stretch.duration * 1e3:g}ms"
    if runs == "none" and not cache.is_dir():
        # Said before the network is trained, as which rows are current follows from its spikes.
        raise InputError(f"no current results of {experiment.name} in {cache}: run it first")
    check_writable(folder)
    how = RowSettings(
        settings.view,
        settings.conditions,
        settings.biases,
        settings.first_die,
        placement=work.placement,
        cache=cache,
        runs="all" if work.force else runs,
        dacs=settings.dacs,
    )
    experiment, how = _with_own_neurons(experiment, how)
    recorded = recorded_run(experiment)
    run = _open if stretch.loop == "open" else _closed
    result, codes, error = run(experiment, recorded, how)
    with new_files(folder) as new:
        save(recorded.result, new / "network.h5", CHIP_UNITS)
        write_spikes(recorded.result, new / "spikes.csv")
    outcome = ReplayOutcome(
        experiment.title,
        settings.view,
        result.rows,
        _provenance(experiment),
        {} if error else _scores(experiment, recorded, codes),
        fault=error,
        missing=[*result.failures],
    )
    return write_replay(outcome, result, settings.tolerances, settings.report, folder)


def _with_own_neurons(
    experiment: ReplayExperiment, how: RowSettings
) -> tuple[ReplayExperiment, RowSettings]:
    """Both with the constants that the network's neurons have: the circuit's, or those of its dies.

    The network is designed for the circuit under its technology's own conditions; those of the run
    are the rows'. Constants that the experiment states stay.
    """
    settings = experiment.settings
    values: dict[str, Any] = {}
    if "neuron" not in settings.network.parameters:
        nominal = Conditions(technology=settings.technology)
        pool = how.placement.local_pool()
        values["neuron"] = row_constants(settings.biases, nominal, pool)
    if how.first_die is not None:
        models = how.models(range(experiment.parameters.neurons))
        constants = {row: model.neuron for row, model in models.items()}
        values["rows"] = tuple(constants.values())
        how = replace(how, constants=constants)
    parameters = with_values(experiment.parameters, values, f"neurons of {experiment.name}")
    return replace(experiment, parameters=parameters), how


def _provenance(experiment: ReplayExperiment) -> Provenance:
    return Provenance(
        command=experiment.command,
        seeds={"network": experiment.settings.network.seed},
        versions=replay_versions(),
        sources=sources_digest(__name__, "cosim.engine.worker"),
        configuration={
            **experiment.settings.model_dump(mode="json"),
            "parameters": experiment.parameters.model_dump(mode="json"),
        },
    )


def _open(experiment: ReplayExperiment, recorded: RecordedRun, how: RowSettings) -> _Ran:
    """Open loop; the network has the codes of the rows, for all others those that it learned."""
    stretch = experiment.settings.stretch
    rows = None if stretch.rows == "all" else stretch.rows
    stimuli = network_stimuli(
        recorded.network, recorded.command, recorded.result, rows, stretch.forced
    )
    result, error = run_with_progress(stimuli, how)
    if error:
        return result, {}, error
    learned = recorded.result.state.weights
    models = {row: case.model for row, case in result.rows.items()}
    circuits = {row: case.circuit for row, case in result.rows.items()}
    codes = {
        "model": codes_of_rows(learned, models, stimuli),
        "circuit": codes_of_rows(learned, circuits, stimuli),
    }
    return result, codes, None


def _closed(experiment: ReplayExperiment, recorded: RecordedRun, how: RowSettings) -> _Ran:
    """Closed loop; the network has what the circuits have taught it, or it itself has learned."""
    stretch = experiment.settings.stretch
    with progress_bars() as add_bar:
        show = add_bar(f"{experiment.name}, all rows", [stretch.duration])
        on_progress = partial(show, 0)
        result, network = close_loop(
            stretch.loop, recorded.network, recorded.command, how, on_progress
        )
    with new_files(experiment.results) as new:
        save(network, new / "closed_loop.h5", CHIP_UNITS)
        write_spikes(network, new / "closed_loop_spikes.csv")
    codes = {"model": recorded.result.state.weights, "circuit": network.state.weights}
    return result, codes, None


def _scores(
    experiment: ReplayExperiment, recorded: RecordedRun, codes: Mapping[str, np.ndarray]
) -> Mapping[str, DetailedScore]:
    """Scores of the network with these codes, and with none or the optimal ones."""
    network, chosen = recorded.network, experiment.settings.network
    references = {
        "untrained": np.zeros_like(network.state.weights),
        "optimal": network.optimal_state.weights,
    }
    return network_scores(network, {**references, **codes}, chosen.task, chosen.seed)

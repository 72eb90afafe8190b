"""A replay from its file to its report."""

from collections.abc import Mapping

import numpy as np

from cosim.errors import CosimError
from cosim.experiments.output import check_writable, new_files
from cosim.experiments.provenance import sources_digest
from cosim.rows.network_scores import NetworkScore, codes_of_rows, network_scores
from cosim.rows.outcome import Provenance, ReplayOutcome
from cosim.rows.replay import ReplayResult, RowSettings, network_stimuli
from cosim.rows.replay_output import CACHE, replay_versions, write_replay
from cosim.rows.report import ReplayReport
from cosim.rows.settings import ReplayExperiment
from cosim.rows.shown import replay_shown
from cosim.rows.taught import TaughtRun, taught_run
from ebn_model.network.fields import HARDWARE_UNITS
from ebn_model.network.files import save, write_spikes

Outcome = tuple[ReplayReport, CosimError | None]
"""The report, and the error that names the rows which are missing in it."""


def run_replay(
    experiment: ReplayExperiment,
    workers: int | None = None,
    scheduler: str | None = None,
    force: bool = False,
) -> Outcome:
    """Train, replay, compare and report; finished rows are kept from run to run.

    Args:
        experiment: what to run.
        workers: processes at once, all processors by default.
        scheduler: address of a Dask scheduler whose workers run the circuits instead.
        force: whether to run finished rows, too.

    Raises:
        InputError: rows, technology or bias table that there aren't.
        OutputError: results can't be written; finished rows are kept.
    """
    settings = experiment.settings
    stretch, folder = settings.stretch, experiment.results
    check_writable(folder)
    taught = taught_run(experiment)
    with new_files(folder) as new:
        save(taught.result, new / "network.h5", HARDWARE_UNITS)
        write_spikes(taught.result, new / "spikes.csv")
    how = RowSettings(
        settings.view,
        settings.technology,
        settings.biases,
        settings.temperature,
        workers=workers,
        scheduler=scheduler,
        # Of its own for each length, so that one doesn't displace the other.
        cache=folder / CACHE / f"{stretch.duration * 1e3:g}ms",
        force=force,
    )
    rows = None if stretch.rows == "all" else stretch.rows
    stimuli = network_stimuli(taught.network, taught.command, taught.result, rows, stretch.forced)
    result, error = replay_shown(stimuli, how)
    outcome = ReplayOutcome(
        experiment.title,
        settings.view,
        result.rows,
        _provenance(experiment),
        {} if error else _scores(experiment, taught, result),
    )
    return write_replay(outcome, result, settings.tolerances, settings.report, folder), error


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


def _scores(
    experiment: ReplayExperiment, taught: TaughtRun, result: ReplayResult
) -> Mapping[str, NetworkScore]:
    """The network with the codes of the rows that were replayed, all others as it has learned."""
    stimuli = {row: case.stimulus for row, case in result.rows.items()}
    learned = taught.result.state.weights

    models = {row: case.model for row, case in result.rows.items()}
    circuits = {row: case.circuit for row, case in result.rows.items()}
    chosen = experiment.settings.network
    return network_scores(
        taught.network,
        {
            "untrained": np.zeros_like(learned),
            "optimal": taught.network.optimal_state.weights,
            "model": codes_of_rows(learned, models, stimuli),
            "circuit": codes_of_rows(learned, circuits, stimuli),
        },
        chosen.task,
        chosen.seed,
    )

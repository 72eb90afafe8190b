"""Provenance of a replay of somebody's own spikes."""

import argparse
import shlex
from pathlib import Path

from cosim.experiments.replay.outcome import Provenance
from cosim.experiments.replay.replay_output import replay_versions
from cosim.replay.spike_files import SpikeTrains
from cosim.workbench.json_files import to_json
from cosim.workbench.provenance import digest, sources_digest


def provenance_of(options: argparse.Namespace, spikes: SpikeTrains) -> Provenance:
    """The command line, without what changes nothing in the results, and what it was given."""
    stated = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in vars(options).items()
        if name not in ("command", "out", "workers", "scheduler")
    }
    return Provenance(
        command=_command_line(stated),
        seeds={},
        versions=replay_versions(),
        sources=sources_digest(__name__, "cosim.engine.worker"),
        configuration={
            **stated,
            "spikes_sha256": digest(to_json(_listed(spikes))),
            "neurons": spikes.neurons,
            # The order in which a file of codes has them.
            "neuron_ids": spikes.ids.tolist(),
            "duration": spikes.duration,
        },
    )


def _listed(spikes: SpikeTrains) -> dict:
    return {"times": spikes.spike_times.tolist(), "neurons": spikes.spike_neurons.tolist()}


def _command_line(stated: dict) -> str:
    words = ["ebn-cosim", "replay", stated["spikes"], "--out", "DIR"]
    for name, value in stated.items():
        if name == "rows":
            words += [word for row in value or () for word in ("--row", str(row))]
        elif value is True:
            words.append(_option(name))
        elif name != "spikes" and value not in (None, False):
            words += [_option(name), str(value)]
    return shlex.join(words)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"

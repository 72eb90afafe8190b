"""The command `ebn-cosim export`: networks, spikes and dies for other tools."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import h5py

from cosim.cells.die_constants import constants_of, measured_dies
from cosim.exchange.dies import DiePopulation, write_dies
from cosim.exchange.equivalent import Network
from cosim.exchange.nir_files import write_nir
from cosim.exchange.nwb import write_nwb
from cosim.exchange.sonata import write_sonata
from cosim.experiments.chip.settings import read_chip
from cosim.replay.spike_files import read_told
from cosim.replay.spike_tables import TIME_UNITS
from cosim.workbench.experiment_files import read_file
from cosim.workbench.kept_outcomes import JOURNAL, KeptOutcomes
from cosim.workbench.output import new_files
from cosim.workbench.placement import Placement, add_placement, not_negative, positive
from ebn_model.chip.network import ChipNetwork
from ebn_model.errors import InputError
from ebn_model.lif.network import LifNetwork
from ebn_model.network.files import load
from ebn_model.network.training import Training
from ebn_model.text import reading


@dataclass(frozen=True)
class _Format:
    """A format: the ends of its files' names, who writes it, and options that go with it only."""

    suffixes: tuple[str, ...]
    write: Callable[[argparse.Namespace, Path], None]
    options: tuple[str, ...] = ()


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="nir: training.h5 of a network, or a network that was saved. sonata, nwb: a file of "
        "spikes as `replay` takes it, such as network.h5 of a replay. dies: an experiment of the "
        "kind chip, whose dies are measured where they haven't been yet",
    )
    # Checked here, not by argparse: the message names the formats as all others do.
    parser.add_argument(
        "--format", required=True, metavar="FORMAT", help=f"one of {', '.join(_FORMATS)}"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="gets what is written"
    )
    parser.add_argument(
        "--time-unit", choices=TIME_UNITS, help="of the times in a table of spikes, see `replay`"
    )
    parser.add_argument(
        "--draw",
        type=positive,
        metavar="N",
        help="of dies: N drawn ones with the spreads and correlations of those that were measured",
    )
    parser.add_argument(
        "--seed", type=not_negative, default=0, metavar="N", help="of the drawn dies (default: 0)"
    )
    add_placement(parser)
    parser.set_defaults(command=_export)


def _export(options: argparse.Namespace) -> int:
    if options.format not in _FORMATS:
        raise InputError(f"--format: no {options.format!r}; there are: {', '.join(_FORMATS)}")
    kind, out = _FORMATS[options.format], options.out
    if out.suffix.lower() not in kind.suffixes:
        raise InputError(
            f"--out: {out}: files of {options.format} end in {' or '.join(kind.suffixes)}"
        )
    for name, given in (("--time-unit", options.time_unit), ("--draw", options.draw)):
        if given is not None and name not in kind.options:
            raise InputError(f"{name}: not for the format {options.format}")
    if out.is_dir():
        raise InputError(f"--out: {out} is a folder")
    with new_files(out.parent) as folder:
        kind.write(options, folder / out.name)
    print(out)
    return 0


def _write_network(options: argparse.Namespace, path: Path) -> None:
    write_nir(path, read_network(Path(options.source)))


def read_network(path: Path) -> Network:
    """The network in a file of ebn_model.network.files, by itself or in a training.

    Raises:
        InputError: names the file and what is wrong with it.
    """
    if not path.is_file():
        raise InputError(f"no file {str(path)!r}")
    with reading(path, "HDF5 file"), h5py.File(path) as file:
        kind = str(file.attrs.get("kind"))
    if kind == Training.__name__:
        # A training's network is of one of these two kinds.
        return load(path, Training, _NETWORKS.values()).network  # type: ignore[return-value]
    if kind in _NETWORKS:
        return load(path, _NETWORKS[kind])
    raise InputError(f"{path}: holds no network, but a {kind}; a training's file has one")


_NETWORKS: dict[str, type] = {"LifNetwork": LifNetwork, "ChipNetwork": ChipNetwork}


def _write_sonata(options: argparse.Namespace, path: Path) -> None:
    write_sonata(path, read_told(Path(options.source), options.time_unit))


def _write_nwb(options: argparse.Namespace, path: Path) -> None:
    source = Path(options.source)
    spikes = read_told(source, options.time_unit)
    made = datetime.fromtimestamp(source.stat().st_mtime, timezone.utc)
    write_nwb(path, spikes, f"ebn-cosim: spikes of {source.name}", made)


def _write_dies(options: argparse.Namespace, path: Path) -> None:
    population = _measured(options.source, Placement.of(options))
    if options.draw is not None:
        population = population.draw(options.draw, options.seed)
    write_dies(path, population)


def _measured(name: str, placement: Placement) -> DiePopulation:
    """The dies of an experiment of the kind chip; those that can't be measured are left out."""
    file = read_file(name)
    if file.kind != "chip":
        raise InputError(f"{name} is of the kind {file.kind!r}; dies are those of a chip")
    placement.check_local(name, "its dies are measured here")
    with file.in_project():
        experiment = read_chip(file)
        settings = experiment.settings
        dies = [die for chip in range(settings.chips) for die in experiment.dies(chip)]
        with placement.pool() as pool:
            kept = KeptOutcomes(experiment.results / JOURNAL, experiment.name, pool)
            measured = measured_dies(settings.biases, settings.conditions, [None, *dies], kept)
        nominal = constants_of(measured[None], settings.conditions)
    whole = [die for die in dies if "error" not in measured[die]]
    for die in dies:
        if die not in whole:
            print(f"die {die} is left out: {measured[die]['error']}")
    conditions = settings.conditions
    rows = [constants_of(measured[die], conditions.of_die(die)) for die in whole]
    return DiePopulation(rows, nominal, whole)


_HDF5 = (".h5", ".hdf5")
_FORMATS = {
    "nir": _Format((".nir",), _write_network),
    "sonata": _Format(_HDF5, _write_sonata, ("--time-unit",)),
    "nwb": _Format((".nwb",), _write_nwb, ("--time-unit",)),
    "dies": _Format(_HDF5, _write_dies, ("--draw",)),
}

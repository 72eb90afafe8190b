"""The commands on experiments: `run`, `report`, `figures` and `list`; alike for all kinds."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.experiments.protocol import Kind, Request, Work
from cosim.experiments.registry import kind_of
from cosim.workbench.experiment_files import (
    DEFAULT_KIND,
    ExperimentFile,
    experiment_names,
    read_file,
)
from cosim.workbench.placement import Placement, add_placement, not_negative
from cosim.workbench.places import in_project, project
from ebn_model.errors import InputError

if TYPE_CHECKING:
    from cosim.workbench.report import Report

Chosen = list[tuple[Kind, Path | None, list[Any]]]
"""Experiments by their kind and project."""


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add what `run` takes."""
    _add_request(parser)
    parser.add_argument("--force", action="store_true", help="run what is up to date, too")
    add_placement(parser)
    parser.set_defaults(command=_run)


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add what `report` takes."""
    _add_request(parser)
    parser.set_defaults(command=_report)


def add_figures(parser: argparse.ArgumentParser) -> None:
    """Add what `figures` takes."""
    _add_request(parser)
    parser.set_defaults(command=_figures)


def add_list(parser: argparse.ArgumentParser) -> None:
    """Add what `list` takes."""
    parser.set_defaults(command=_list)


def _add_request(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which experiments are meant, and what is asked of them."""
    from cosim.circuits.conditions_options import add_conditions, add_dies

    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="a folder under Simulations/, or the path of an experiment's file, NAME.toml "
        "(docs/files.md has what it may state)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="changes",
        help="change a setting (stimulus.start_weight=5) or a bias current (i_sl=0.3n) of a "
        "neuron, which needs --out; a setting of a replay (stretch.rows=1,4); a parameter of a "
        "network (bits=5), or in turn to several values (bits=4,5,6)",
    )
    parser.add_argument(
        "--seed",
        action="append",
        default=[],
        type=not_negative,
        metavar="N",
        dest="seeds",
        help="of a network, instead of the file's seeds; can be repeated",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="results are in DIR/NAME (default: beside the file, in results or NAME_results; "
        "of an installed copy's own experiments, results/NAME)",
    )
    parser.add_argument(
        "--biases",
        metavar="TABLE",
        help="bias table of the technology, netlists/biases/TECHNOLOGY/TABLE.spice, or the path of "
        "one, TABLE.spice; where the "
        "file states another one, results go to results/TABLE",
    )
    add_conditions(parser, "what the file states")
    parser.add_argument(
        "--view",
        choices=("transistor", "mixed", "model", "multiplexed", "all"),
        help="what to run: every transistor (a minute and more), mixed (the same analog "
        "transistors, the logic digital: faster, and the same decisions), the model, "
        "or all = transistor and model (default: all, or what the file states); all results "
        "that are current are compared",
    )
    parser.add_argument(
        "--full", action="store_true", help="of a replay, the full size instead of the small one"
    )
    add_dies(
        parser,
        "run a neuron, in the mixed view, on so many dies with mismatch instead",
        "0, or what the file states",
    )


def _chosen(options: argparse.Namespace, placement: Placement | None = None) -> Chosen:
    """Experiments that the command line means, each once; all is read before anything runs."""
    from cosim.circuits.conditions_options import stated_conditions

    request = Request(
        changes=tuple(options.changes),
        seeds=tuple(options.seeds),
        out=options.out,
        biases=options.biases,
        view=options.view,
        conditions=tuple(f"{key}={value}" for key, value in stated_conditions(options).items()),
        full=options.full,
        dies=options.dies,
        first_die=options.first_die,
    )
    chosen: dict[tuple[str, Path | None], tuple[Kind, Path | None, list[Any]]] = {}
    for file in _files(options.names):
        meant = _on_dies(file) if request.dies else file
        kind = kind_of(meant)
        request.check(meant, kind.takes)
        if placement and kind.not_on_a_cluster:
            placement.check_local(file.name, kind.not_on_a_cluster)
        with file.in_project():
            place = type(kind).__name__, project()
            *_, experiments = chosen.setdefault(place, (kind, project(), []))
            experiments += kind.read(file, request)
    _check_places(chosen.values())
    return list(chosen.values())


def _check_places(chosen: Iterable[tuple[Kind, Path | None, list[Any]]]) -> None:
    """Raise InputError where two experiments would write to one folder."""
    taken: set[Path] = set()
    for _, _, experiments in chosen:
        for one in experiments:
            if one.results in taken:
                raise InputError(f"two experiments would both write to {one.results}")
            taken.add(one.results)


def _reports(
    chosen: Chosen, reports: Callable[[Kind, list[Any]], Iterable[Report]]
) -> Iterator[Report]:
    """The reports on experiments, each made in its project."""
    for kind, folder, experiments in chosen:
        with in_project(folder):
            yield from reports(kind, experiments)


def _on_dies(file: ExperimentFile) -> ExperimentFile:
    """A neuron that many dies run is an experiment of another kind."""
    return replace(file, kind="dies") if file.kind == DEFAULT_KIND else file


def _files(names: Iterable[str]) -> Iterator[ExperimentFile]:
    return map(read_file, dict.fromkeys(names))


def _run(options: argparse.Namespace) -> int:
    work = Work(Placement.of(options), options.force)
    chosen = _chosen(options, work.placement)
    return _print(_reports(chosen, lambda kind, found: kind.run(found, work)))


def _report(options: argparse.Namespace) -> int:
    return _print(_reports(_chosen(options), lambda kind, found: kind.report(found)))


def _print(reports: Iterable[Report]) -> int:
    """Print each report as it comes; 1 if a verdict failed, else 0."""
    from cosim.workbench.printed import print_report

    passed = True
    for report in reports:
        print_report(report)
        passed = passed and report.passed is not False
    return 0 if passed else 1


def _figures(options: argparse.Namespace) -> int:
    for report in _reports(_chosen(options), lambda kind, found: kind.report(found, redraw=True)):
        print(report.page)
    return 0


def _list(_options: argparse.Namespace) -> int:
    for file in _files(experiment_names()):
        print(f"{file.name}: {file.title}")
    return 0

"""The command line of `ebn-cosim`."""

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cosim.cells.command import add_command as add_bench_cells
from cosim.experiments.calibration.command import add_command as add_calibrate
from cosim.experiments.network.command import train_and_print
from cosim.experiments.network.report import make_network_report
from cosim.experiments.network.settings import (
    NetworkExperiment,
    is_network,
    read_network_experiments,
)
from cosim.experiments.neuron.bias_comparison import BiasComparison, is_comparison, read_comparison
from cosim.experiments.neuron.runner import redraw, redraw_comparison, run, run_comparison
from cosim.experiments.neuron.simulation import Simulation, read_simulation
from cosim.experiments.neuron.views import USUAL, VIEWS
from cosim.experiments.replay.command import add_command as add_replay
from cosim.experiments.replay.command import run_and_print
from cosim.experiments.replay.experiment import run_replay
from cosim.experiments.replay.settings import ReplayExperiment, is_replay, read_replay
from cosim.experiments.study.command import add_command as add_study
from cosim.workbench.errors import CosimError
from cosim.workbench.experiment_files import experiment_names, find_file
from cosim.workbench.placement import add_placement, no_cluster
from cosim.workbench.printed import print_report
from ebn_model.errors import InputError

EXIT_STATUS = """exit status:
  0  done, and nothing failed that was judged; a verdict "nothing judged" is no proof
  1  a verdict failed
  2  an error: bad input, or a run that failed
  128 + N  ended by signal N"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, in whatever thread; returns its exit status, see EXIT_STATUS."""
    _print_in_any_locale()
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (InputError, CosimError, OSError) as error:
        print(f"ebn-cosim: {error}", file=sys.stderr)
        return 2


def _print_in_any_locale() -> None:
    """Escape what the terminal's encoding lacks, as ASCII does ±, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ebn-cosim",
        description="Co-simulate the on-chip learning circuit and its behavioural model.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    chosen = _choice_of_experiments()
    parse_run = commands.add_parser(
        "run", parents=[chosen], help="run simulations, compare, draw, give a verdict"
    )
    parse_run.add_argument(
        "--view",
        choices=(*VIEWS, "multiplexed", "all"),
        help="what to run: every transistor (a minute and more), mixed (the same analog "
        "transistors, the logic digital: faster, and the same decisions), the behavioural model, "
        "or all = transistor and model (default: all, or what a comparison states); all results "
        "that are current are compared",
    )
    parse_run.add_argument("--force", action="store_true", help="run what is up to date, too")
    parse_run.add_argument(
        "--full", action="store_true", help="of a replay, the full size instead of the small one"
    )
    add_placement(parse_run)
    parse_run.set_defaults(command=_run)

    parse_figures = commands.add_parser(
        "figures", parents=[chosen], help="redraw figures from the results"
    )
    parse_figures.set_defaults(command=_figures)

    add_bench_cells(commands)
    add_calibrate(commands)
    add_study(commands)
    add_replay(commands)

    parse_list = commands.add_parser("list", help="list the simulations")
    parse_list.set_defaults(command=_list)
    return parser


def _choice_of_experiments() -> argparse.ArgumentParser:
    """The arguments that say which experiments are meant, and where their results are."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="a folder under Simulations/, or the path of a stimulus file, NAME.toml (README.md "
        "shows what it may state)",
    )
    parser.add_argument(
        "--biases",
        metavar="TABLE",
        help="bias table netlists/biases/TABLE.spice; where the file states another one, results "
        "go to results/TABLE",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="changes",
        help="change a bias current (i_sl=0.3n) or a setting (stimulus.start_weight=5), which "
        "needs --out; of a network a parameter (bits=5), or in turn to several values (bits=4,5,6)",
    )
    parser.add_argument(
        "--seed",
        action="append",
        default=[],
        type=_not_negative,
        metavar="N",
        dest="seeds",
        help="of a network, instead of the file's seeds; can be repeated",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="results are in DIR/NAME (default: beside the file, in results or NAME_results)",
    )
    return parser


def _not_negative(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _networks(options: argparse.Namespace) -> dict[str, list[NetworkExperiment]]:
    """What the command line means with networks: the combinations of changes by name."""
    names = [name for name in dict.fromkeys(options.names) if is_network(find_file(name))]
    if names and options.biases:
        raise InputError(f"{names[0]} is a network without bias tables; leave --biases out")
    return {
        name: read_network_experiments(name, options.changes, options.seeds, options.out)
        for name in names
    }


def _experiments(options: argparse.Namespace) -> Iterator[Simulation | BiasComparison]:
    """What the command line means with circuits, each once."""
    for name in dict.fromkeys(options.names):
        if is_network(find_file(name)) or is_replay(find_file(name)):
            continue
        if options.seeds:
            raise InputError(f"{name} is no network; --seed is for networks")
        if options.changes and not options.out:
            raise InputError("--set needs --out DIR, so that the simulation's own results stay")
        if not is_comparison(find_file(name)):
            yield read_simulation(name, options.changes, options.out, options.biases)
        elif options.biases:
            raise InputError(f"{name} states its bias tables itself; leave --biases out")
        else:
            yield read_comparison(name, options.changes, options.out)


def _replays(options: argparse.Namespace) -> list[ReplayExperiment]:
    """What the command line means with replays, each once."""
    names = [name for name in dict.fromkeys(options.names) if is_replay(find_file(name))]
    if not names:
        return []
    if len(options.seeds) > 1:
        raise InputError(f"{names[0]} is a replay, which takes one --seed")
    changes = [*options.changes, *(f"network.seed={seed}" for seed in options.seeds)]
    changes += [f"biases={options.biases}"] if options.biases else []
    view, full = getattr(options, "view", None), getattr(options, "full", False)
    changes += [f"view={view}"] if view else []
    return [read_replay(name, changes, full, options.out) for name in names]


def _run(options: argparse.Namespace) -> int:
    experiments, networks = list(_experiments(options)), _networks(options)
    replays = _replays(options)
    if networks and options.view:
        raise InputError(f"{next(iter(networks))} is a network; leave --view out")
    for one in experiments:
        no_cluster(options.scheduler, one.name, "it is one circuit, that of a single neuron")
    for name in networks:
        no_cluster(options.scheduler, name, "its trainings are kept on this machine as they go on")
    simulations = [one for one in experiments if isinstance(one, Simulation)]
    comparisons = [one for one in experiments if isinstance(one, BiasComparison)]
    views = USUAL if options.view == "all" else options.view and (options.view,)
    passed = True
    for reports in (
        run(simulations, views or USUAL, options.workers, options.force) if simulations else [],
        *(run_comparison(one, views, options.workers, options.force) for one in comparisons),
    ):
        for report in reports:
            print_report(report)
            passed = passed and report.passed is not False
    learned = train_and_print(networks, options.workers, options.force)
    replayed = run_and_print(replays, options.workers, options.scheduler, options.force)
    return 0 if learned and passed and replayed else 1


def _figures(options: argparse.Namespace) -> int:
    for combinations in _networks(options).values():
        for network in combinations:
            print(make_network_report(network, redraw_figure=True).figure)
    for replay in _replays(options):
        print(run_replay(replay)[0].html)
    for experiment in _experiments(options):
        compared = isinstance(experiment, BiasComparison)
        print((redraw_comparison if compared else redraw)(experiment).figure)
    return 0


def _list(_options: argparse.Namespace) -> int:
    for name in experiment_names():
        print(f"{name}: {_title(name)}")
    return 0


def _title(name: str) -> str:
    path = find_file(name)
    if is_replay(path):
        return read_replay(name).title
    if is_network(path):
        return read_network_experiments(name)[0].title
    return read_comparison(name).title if is_comparison(path) else read_simulation(name).title


if __name__ == "__main__":
    sys.exit("the command is `ebn-cosim`, or `python -m cosim`")

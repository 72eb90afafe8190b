"""The command `ebn-cosim replay`, and what `ebn-cosim run` does with replays."""

import argparse
from pathlib import Path

from cosim.circuits.conditions import Conditions
from cosim.circuits.row import VIEWS
from cosim.comparison.tolerances import ReplayTolerances, ReportSettings
from cosim.experiments.replay.outcome import ReplayOutcome
from cosim.experiments.replay.own_provenance import provenance_of
from cosim.experiments.replay.replay_output import CACHE, write_replay
from cosim.experiments.replay.shown import replay_shown
from cosim.replay.code_files import read_codes
from cosim.replay.open_loop import RowSettings
from cosim.replay.own_spikes import stimuli_of_spikes
from cosim.replay.spike_files import read_spikes
from cosim.workbench.output import check_writable
from cosim.workbench.placement import add_placement, positive
from cosim.workbench.printed import print_report
from ebn_model.configurations import configuration
from ebn_model.errors import InputError
from ebn_model.parameters import validated
from ebn_model.units import to_si

RULES = {"paper": "hardware", "robust": "hardware_robust"}
"""Configuration of a learning rule."""


def add_replay(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "spikes",
        type=Path,
        metavar="FILE",
        help="spikes of a network: .npz (spike_times in s, spike_neurons), .csv (time,neuron), or "
        ".h5 as ebn_model saves its results",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets the results")
    parser.add_argument(
        "--row",
        action="append",
        type=int,
        dest="rows",
        metavar="N",
        help="neuron whose row is run; can be repeated (default: all)",
    )
    parser.add_argument("--view", choices=VIEWS, default="mixed", help="of the circuit")
    parser.add_argument(
        "--technology", default=Conditions().technology, help="file in netlists/technology"
    )
    parser.add_argument("--biases", default="network", metavar="TABLE", help="bias table")
    parser.add_argument(
        "--codes",
        type=Path,
        metavar="FILE",
        help="weights at the beginning, LSB: .csv or .npy of N x N, or .h5 of a result (default: "
        "0)",
    )
    parser.add_argument(
        "--neurons", type=positive, metavar="N", help="how many there are (default: as in FILE)"
    )
    parser.add_argument("--duration", metavar="TIME", help="of the run, such as 200ms")
    parser.add_argument(
        "--free", action="store_true", help="neurons spike by themselves, not as in FILE"
    )
    parser.add_argument("--rule", choices=RULES, default="paper", help="of learning")
    parser.add_argument(
        "--input",
        default="0",
        metavar="CURRENT",
        help="constant input current, such as 10p, on top of the bias table's (default: none)",
    )
    add_placement(parser)
    parser.set_defaults(command=_replay)


def _replay(options: argparse.Namespace) -> int:
    p = configuration(RULES[options.rule])
    duration = None if options.duration is None else _quantity(options, "duration", "s")
    spikes = read_spikes(options.spikes, p.pulse_width, p.slot, options.neurons, duration)
    codes = None if options.codes is None else read_codes(options.codes, spikes.neurons)
    current = _quantity(options, "input", "A")
    stimuli = stimuli_of_spikes(spikes, p, options.rows, codes, current, not options.free)
    check_writable(options.out)
    how = RowSettings(
        options.view,
        validated(Conditions, {"technology": options.technology}, "options"),
        options.biases,
        workers=options.workers,
        scheduler=options.scheduler,
        cache=options.out / CACHE,
    )
    result, error = replay_shown(stimuli, how)
    title = f"Replay of {options.spikes.name}"
    provenance = provenance_of(options, spikes)
    outcome = ReplayOutcome(title, options.view, result.rows, provenance, fault=error)
    report = write_replay(outcome, result, ReplayTolerances(), ReportSettings(), options.out)
    print_report(report)
    return 1 if report.passed is False else 0


def _quantity(options: argparse.Namespace, name: str, unit: str) -> float:
    """The value of an option in SI units; raises InputError, naming the option."""
    try:
        return to_si(getattr(options, name), unit)
    except InputError as error:
        raise InputError(f"--{name}: {error}") from None

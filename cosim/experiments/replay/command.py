"""The command `ebn-cosim replay`, and what `ebn-cosim run` does with replays."""

import argparse
import re
from pathlib import Path

from cosim.circuits.conditions import Conditions
from cosim.circuits.conditions_options import add_conditions, stated_conditions
from cosim.circuits.project import project_settings
from cosim.circuits.row import VIEWS
from cosim.comparison.tolerances import ReplayTolerances, ReportSettings
from cosim.experiments.replay.command_provenance import provenance_of
from cosim.experiments.replay.outcome import ReplayOutcome
from cosim.experiments.replay.replay_output import CACHE, check_ours, write_replay
from cosim.experiments.replay.run_with_progress import run_with_progress
from cosim.replay.code_files import read_codes
from cosim.replay.open_loop import RowSettings
from cosim.replay.spike_checks import listed
from cosim.replay.spike_files import read_spikes
from cosim.replay.spike_stimuli import stimuli_of_spikes
from cosim.replay.spike_tables import TIME_UNITS
from cosim.workbench.output import check_writable
from cosim.workbench.placement import Placement, add_placement
from cosim.workbench.printed import print_report
from ebn_model.chip.parameters import ChipParameters
from ebn_model.configurations import configuration
from ebn_model.errors import InputError
from ebn_model.units import LARGEST_CURRENT, to_si
from ebn_model.validation import validated

RULES = {"paper": "hardware", "robust": "hardware_robust"}
"""Configuration of a learning rule."""


def add_replay(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "spikes",
        type=Path,
        metavar="FILE",
        help="spikes of a network: a table (time,neuron; Brian2's i,t; NEST's sender time_ms), "
        ".npz (spike_times, spike_neurons), .h5 of SONATA or as ebn_model saves its results, .nwb",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets the results")
    parser.add_argument(
        "--row",
        action="append",
        type=int,
        dest="rows",
        metavar="ID",
        help="neuron, as FILE calls it, whose row is run; can be repeated (default: all)",
    )
    parser.add_argument("--view", choices=VIEWS, default="mixed", help="of the circuit")
    add_conditions(parser, f"those of {Conditions().label}")
    table = project_settings().tables.row
    parser.add_argument(
        "--biases", default=table, metavar="TABLE", help=f"bias table (default: {table})"
    )
    parser.add_argument(
        "--codes",
        type=Path,
        metavar="FILE",
        help="weights at the beginning, LSB: .csv or .npy of N x N in the order of the neurons' "
        "IDs, .h5 of a result, or .nir of a chip (default: 0)",
    )
    parser.add_argument(
        "--neurons",
        metavar="N",
        help="how many there are, 0 and up, or the first and the last one, such as 1-20 (default: "
        "as FILE tells, or those that spike in it)",
    )
    parser.add_argument(
        "--time-unit",
        choices=TIME_UNITS,
        help="of the times in FILE (default: as FILE states; s for time, Brian2's t and .npz)",
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
    assert isinstance(p, ChipParameters)
    duration = None if options.duration is None else _quantity(options, "duration", "s")
    neurons = None if options.neurons is None else _neurons(options.neurons)
    spikes = read_spikes(
        options.spikes, p.pulse_width, p.slot, neurons, duration, options.time_unit
    )
    codes = None if options.codes is None else read_codes(options.codes, spikes.neurons)
    current = _quantity(options, "input", "A")
    if abs(current) > LARGEST_CURRENT:
        raise InputError(f"--input: {options.input} is more than {LARGEST_CURRENT:g} A")
    stimuli = stimuli_of_spikes(spikes, p, options.rows, codes, current, not options.free)
    conditions = validated(Conditions, stated_conditions(options), "options")
    conditions.check_varies()
    check_ours(options.out)
    check_writable(options.out)
    how = RowSettings(
        options.view,
        conditions,
        options.biases,
        placement=Placement.of(options),
        cache=options.out / CACHE,
    )
    result, error = run_with_progress(stimuli, how)
    name = options.spikes.name
    outcome = ReplayOutcome(
        f"Replay of {name}",
        options.view,
        result.rows,
        provenance_of(options, spikes),
        remarks=[f"Rows and synapses are called as {name} calls neurons: {listed(spikes.ids)}."],
        fault=error,
        missing=[*result.failures],
    )
    report = write_replay(outcome, result, ReplayTolerances(), ReportSettings(), options.out)
    print_report(report)
    return 1 if report.passed is False else 0


def _neurons(text: str) -> range:
    """The neurons that --neurons states; raises InputError, naming the option."""
    found = re.fullmatch(r"(?:([0-9]{1,15})-)?([0-9]{1,15})", text)
    if found:
        first, last = found.groups()
        neurons = range(int(last)) if first is None else range(int(first), int(last) + 1)
        if neurons.start < neurons.stop:
            return neurons
    raise InputError(f"--neurons: {text!r} is neither a positive number nor like 1-20")


def _quantity(options: argparse.Namespace, name: str, unit: str) -> float:
    """The value of an option in SI units; raises InputError, naming the option."""
    try:
        return to_si(getattr(options, name), unit)
    except InputError as error:
        raise InputError(f"--{name}: {error}") from None

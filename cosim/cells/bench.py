"""The benches in netlists/benches: which there are, and the run of each."""

import re
from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from cosim.cells import meas_bench
from cosim.circuits.bias_tables import bias_lines
from cosim.circuits.conditions import Conditions, deck_under
from cosim.circuits.stated_once import BIASES
from cosim.circuits.whole_job import whole_job
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.measures import stated_measures
from cosim.engine.spice_parameters import spice_number
from cosim.workbench.places import NETLISTS, files_in_use, in_use, project
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable

BENCHES = NETLISTS / "benches"


def bench_names() -> list[str]:
    """Benches with a specification, those of the project too, sorted."""
    return [*files_in_use(BENCHES.name, ".toml")]


def specification_path(name: str) -> Path:
    """The specification of a bench; raises InputError where there is no such bench."""
    files = files_in_use(BENCHES.name, ".toml")
    if name not in files:
        raise InputError(f"no bench {name!r}; there are: {', '.join(files)}")
    return files[name]


def measurement(name: str) -> ModuleType:
    """The module with a bench's `measure` and `draw`.

    That of ours, or for a netlist which states what it measures by .meas lines `meas_bench`.

    Raises:
        InputError: neither a module nor .meas lines.
        DeckError: the netlist can't be read.
    """
    netlist = in_use(BENCHES / f"{name}.cir")
    if stated_measures(Deck("").include(netlist)):
        return meas_bench
    module = f"cosim.cells.benches.{name}"
    if find_spec(module) is None:
        raise InputError(f"{netlist} has no .meas lines that say what is measured")
    return import_module(module)


def check_measures(name: str, deck: Deck, limited: Collection[str]) -> None:
    """Check that a netlist's measurements are those which have limits.

    Args:
        name: of the bench. deck: of its run. limited: keys of its specification.

    Raises:
        InputError: a .meas line without limits, or limits without a .meas line; names both files.
    """
    measures = stated_measures(deck)
    netlist, limits = in_use(BENCHES / f"{name}.cir"), specification_path(name)
    for one in measures:
        if one not in limited:
            raise InputError(f"{netlist}: .meas {one} has no table [{one}] in {limits}")
    for key in limited:
        if key not in measures:
            raise InputError(f"{limits}: [{key}] has no line .meas ANALYSIS {key} in {netlist}")


def bench_job(name: str, biases: BiasTable, conditions: Conditions | None = None) -> Job:
    """The run of a bench under a bias table and conditions, by default those of Conditions.

    The technology and the bias table that the bench names for itself are replaced. Where the
    project's cells don't have what the bench reads inside of ours, NAME_pins.spice beside it, if
    there is one, has what is read at the pins instead.
    """
    conditions = conditions or Conditions()
    deck = deck_under(f"bench {name}", conditions).append(bias_lines(biases), BIASES)
    folders = [NETLISTS, project() or NETLISTS]
    replaced = [
        path
        for folder in folders
        for pattern in ("technology/*.spice", "biases/*/*.spice")
        for path in folder.glob(pattern)
    ]
    deck = deck.include(BENCHES / f"{name}.cir", left_out=replaced)
    t_stop = _stop(deck)
    job = whole_job(f"bench {name}", deck, conditions, t_stop=t_stop)
    by_pins = in_use(BENCHES / f"{name}_pins.spice")
    if job.unread and by_pins.is_file():
        deck = deck.include(by_pins)
        job = whole_job(f"bench {name}", deck, conditions, t_stop=t_stop)
    return job


def _stop(deck: Deck) -> float | None:
    """End of a bench's transient analysis in s; None where it has none."""
    for line in deck.lines:
        if stop := re.match(r"\s*\.tran\s+\S+\s+(\S+)", line.text, re.I):
            try:
                return spice_number(stop[1], "s")
            except InputError as error:
                raise InputError(f"{line}: .tran: {error}") from None
    return None

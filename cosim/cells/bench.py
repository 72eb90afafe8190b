"""The benches in netlists/benches: which there are, and the run of each."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from cosim.circuits.conditions import Conditions, deck_under
from cosim.circuits.neuron import bias_lines
from cosim.circuits.whole_job import whole_job
from cosim.engine.job import Job
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
    """The module with a bench's `measure` and `draw`; raises InputError where there is none."""
    module = f"cosim.cells.benches.{name}"
    if find_spec(module) is None:
        raise InputError(f"{specification_path(name)} has no module {module} that measures")
    return import_module(module)


def bench_job(name: str, biases: BiasTable, conditions: Conditions | None = None) -> Job:
    """The run of a bench under a bias table and conditions, by default those of Conditions.

    The technology and the bias table that the bench names for itself are replaced. Where the
    project's cells don't have what the bench reads inside of ours, NAME_pins.spice beside it, if
    there is one, has what is read at the pins instead.
    """
    conditions = conditions or Conditions()
    deck = deck_under(f"bench {name}", conditions).append(bias_lines(biases), "biases")
    folders = [NETLISTS, project() or NETLISTS]
    replaced = [
        path
        for folder in folders
        for pattern in ("technology/*.spice", "biases/*/*.spice")
        for path in folder.glob(pattern)
    ]
    deck = deck.include(BENCHES / f"{name}.cir", left_out=replaced)
    stop = re.search(r"^\.tran \S+ (\S+)", deck.text, re.M)
    t_stop = spice_number(stop[1], "s") if stop else None
    job = whole_job(f"bench {name}", deck, conditions, t_stop=t_stop)
    by_pins = in_use(BENCHES / f"{name}_pins.spice")
    if job.unread and by_pins.is_file():
        deck = deck.include(by_pins)
        job = whole_job(f"bench {name}", deck, conditions, t_stop=t_stop)
    return job

"""Runs the benches that are not up to date, judges all and writes the datasheet."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from pydantic import Field

from cosim.cells.bench import bench_names, specification_path
from cosim.cells.bench_view import BenchView
from cosim.cells.sheet import Sheet, write_sheets
from cosim.circuits.bias_tables import TableOrPath, read_biases
from cosim.circuits.conditions import Conditions
from cosim.circuits.project import project_settings
from cosim.engine.batch import run_batches
from cosim.engine.simulator import versions
from cosim.workbench.errors import CosimError
from cosim.workbench.output import check_writable, new_files
from cosim.workbench.placement import HERE, Placement
from cosim.workbench.places import results_of
from cosim.workbench.progress import progress_bars
from cosim.workbench.scratch import ScratchFolder
from ebn_model.errors import InputError

BOLTZMANN_PER_CHARGE = 1.380649e-23 / 1.602176634e-19
ZERO_CELSIUS = 273.15
NOT_RUN = "no current results"
"""The fault of a sheet whose bench has none."""


class BenchConditions(Conditions):
    """Conditions of all benches, with the name of their bias table, by default the project's."""

    biases: TableOrPath = Field(default_factory=lambda: project_settings().tables.neuron)

    @property
    def folder_name(self) -> str:
        """The name of the folder of results."""
        return f"{Path(self.biases).name}-{self.label}"

    def formula_names(self) -> dict[str, float]:
        """Names for the specifications' formulas: bias currents in A, u_t and supply in V."""
        u_t = BOLTZMANN_PER_CHARGE * (self.temperature + ZERO_CELSIUS)
        biases = read_biases(self.biases, self.technology).model_dump()
        return {**biases, "u_t": u_t, "supply": self.supply}


def run_benches(
    names: Iterable[str] = (),
    conditions: BenchConditions | None = None,
    out: Path | None = None,
    placement: Placement = HERE,
) -> tuple[list[Sheet], Path]:
    """Run benches, and write the datasheet of all whose results are current.

    Args:
        names: benches, all that have a specification by default.
        conditions: what they run under.
        out: gets a folder named after the conditions, by default the results of `cells`.
        placement: how many runs there are at once; all are on this machine.

    Returns:
        The sheets, in the order of the names, and the folder of the results. The sheet of a bench
        that ngspice gave up says why; it is run again next time.

    Raises:
        InputError: an unknown bench, bias table or technology, or a fault in a specification.
        OutputError: results can't be written.
    """
    conditions = conditions or BenchConditions()
    chosen = list(dict.fromkeys(names)) or bench_names()
    for name in chosen:
        specification_path(name)
    folder = (out or results_of("cells")) / conditions.folder_name
    views, broken = _views(conditions, folder)
    for name in chosen:
        if name in broken:
            raise broken[name]
    check_writable(folder)
    faults: dict[str, CosimError] = {}
    with ScratchFolder() as scratch, progress_bars() as add_bar:
        stale = [views[name] for name in chosen if not views[name].is_current()]
        batches = [
            view.batch(Path(scratch), partial(faults.__setitem__, view.name)) for view in stale
        ]
        run_batches(batches, placement.local_pool(), add_bar)
    sheets = _sheets(views, conditions)
    sheets |= {name: Sheet(name, [], str(error)) for name, error in faults.items()}
    with new_files(folder) as new:
        write_sheets([*sheets.values()], {**conditions.model_dump(), **versions()}, new)
    return [sheets[name] for name in chosen], folder


def stored_sheets(conditions: BenchConditions, out: Path) -> list[Sheet]:
    """The sheets of all benches from what `run_benches` has stored; one without current results
    says so. Raises InputError as `run_benches`."""
    views, broken = _views(conditions, out / conditions.folder_name)
    sheets = _sheets(views, conditions)
    faults = dict.fromkeys(views, NOT_RUN) | {name: str(one) for name, one in broken.items()}
    return [sheets.get(name) or Sheet(name, [], faults[name]) for name in bench_names()]


def _views(
    conditions: BenchConditions, folder: Path
) -> tuple[dict[str, BenchView], dict[str, InputError | CosimError]]:
    """All benches by name, and the errors of those whose netlist or limits have a fault."""
    biases = read_biases(conditions.biases, conditions.technology)
    views, broken = {}, {}
    for name in bench_names():
        try:
            views[name] = BenchView(name, biases, conditions.conditions, folder)
        except (InputError, CosimError) as error:
            broken[name] = error
    return views, broken


def _sheets(views: dict[str, BenchView], conditions: BenchConditions) -> dict[str, Sheet]:
    """The sheets of the benches whose results are current."""
    names = conditions.formula_names()
    return {
        name: view.sheet(conditions.biases, names)
        for name, view in views.items()
        if view.is_current()
    }

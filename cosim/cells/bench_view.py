"""A bench's stored results: what it measured, its figure, waveforms and deck."""

import math
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import mkdtemp

from matplotlib.figure import Figure

from cosim.cells import meas_bench
from cosim.cells.bench import bench_job, check_measures, measurement, specification_path
from cosim.cells.sheet import Sheet
from cosim.cells.specification import judge, read_specification
from cosim.circuits.conditions import Conditions
from cosim.engine.batch import Batch, Vectors
from cosim.engine.job import PartOfVectors
from cosim.engine.measures import PREFIX
from cosim.engine.simulator import simulator_versions
from cosim.workbench.errors import CosimError, SimulationError
from cosim.workbench.provenance import sources_digest
from cosim.workbench.store import StoredResult
from cosim.workbench.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION, save
from ebn_model.parameters import BiasTable

SIZE = (3.5, 2.6)
"""Width and height of a figure in inches: one column of a journal page."""
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
FIGURES = ("figure.png", "figure.pdf")


class BenchView(StoredResult):
    """One bench under one bias table and conditions, in FOLDER/NAME/."""

    def __init__(self, name: str, biases: BiasTable, conditions: Conditions, folder: Path):
        """Read specification and netlist; raises InputError or DeckError for a fault in them."""
        self.name = name
        self._specification = read_specification(specification_path(name))
        self._module = measurement(name)
        self._technology = conditions.facts.name
        self._job = bench_job(name, biases, conditions)
        if self._module is meas_bench:
            check_measures(name, self._job.deck, self._specification)
        super().__init__(folder / name, self._key())

    def _key(self) -> dict:
        """Deck, programs and sources that the results follow from."""
        return {
            "deck_sha256": self._job.deck.sha256,
            "sources": sources_digest(self._module.__name__, "cosim.engine.worker"),
            **simulator_versions(),
        }

    def batch(self, scratch: Path, fail: Callable[[CosimError], None]) -> Batch:
        """The run, which stores its results at the end; its files wait in `scratch`.

        fail: gets the error of a run that ngspice gave up.
        """
        written = Path(mkdtemp(dir=scratch))
        return Batch(
            self.name,
            [self._job.writing_to(written)],
            lambda vectors: self._store(vectors[0], written),
            fail,
        )

    def sheet(self, table: str, names: dict[str, float]) -> Sheet:
        """The stored values against the specification; raises InputError as `judge` does."""
        record = self.record
        if fault := record["fault"]:
            return Sheet(self.name, [], fault)
        values = record["values"]
        unknown = self._unknown(values)
        checks = judge(self._specification, values, names, table, self._technology, unknown)
        notes = [*getattr(self._module, "notes", lambda _: ())(values)]
        if unknown:
            why = next(iter(self._job.unread.values()))
            notes.append(f"not known: {', '.join(unknown)}; {why}")
        return Sheet(self.name, checks, notes=tuple(notes))

    def _unknown(self, values: dict[str, float]) -> list[str]:
        """Values that can't be known, since the project's cells can't be looked into."""
        inside = getattr(self._module, "INSIDE", ()) if self._job.unread else ()
        return [name for name in inside if name not in values]

    def _store(self, vectors: Vectors, written: Path) -> None:
        values, fault = {}, None
        try:
            values = self._module.measure(vectors)
            if failed := [why for name, why in _unread(vectors) if name.startswith(PREFIX)]:
                fault = "; ".join(failed)
        except SimulationError as error:
            fault = str(error)
        except (ArithmeticError, LookupError, ValueError) as error:
            # A circuit that doesn't work at all shows nothing of what a measurement looks for.
            fault = f"nothing can be measured: {type(error).__name__}: {error}"
        finite = {key: float(value) for key, value in values.items() if math.isfinite(value)}
        with self.writing({"fault": fault, "values": finite}) as folder:
            paths = [folder / name for name in FIGURES]
            save(lambda: self._figure(vectors, values, fault), paths)
            for path in written.iterdir():
                shutil.move(path, folder)

    def _figure(self, vectors: Vectors, values: dict[str, float], fault: str | None) -> Figure:
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        axes.set_title(self.name, fontsize=8)
        axes.set_prop_cycle(color=COLOURS)
        if fault:
            axes.text(0.5, 0.5, fault, ha="center", va="center", wrap=True)
        else:
            self._module.draw(axes, vectors, values)
        return figure


def _unread(vectors: Vectors) -> Iterable[tuple[str, str]]:
    """Names of vectors that aren't there, with the reason."""
    return vectors.unread.items() if isinstance(vectors, PartOfVectors) else ()

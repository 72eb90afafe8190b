"""A bench's stored results: what it measured, its figure, waveforms and deck."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

from matplotlib.figure import Figure

from cosim.cells.measured_bench import MeasuredBench, finite
from cosim.cells.sheet import Sheet
from cosim.circuits.conditions import Conditions
from cosim.engine.batch import Batch, Vectors
from cosim.workbench.errors import CosimError
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
        self._bench = MeasuredBench(name, biases, conditions)
        super().__init__(folder / name, self._bench.key)

    def batch(self, scratch: Path, fail: Callable[[CosimError], None]) -> Batch:
        """The run, which stores its results at the end; its files wait in `scratch`.

        fail: gets the error of a run that ngspice gave up.
        """
        written = Path(mkdtemp(dir=scratch))
        return Batch(
            self.name,
            [self._bench.job.writing_to(written)],
            lambda vectors: self._store(vectors[0], written),
            fail,
        )

    def sheet(self, table: str, names: dict[str, float]) -> Sheet:
        """The stored values against the specification; raises InputError as `judge` does."""
        record = self.record
        if fault := record["fault"]:
            return Sheet(self.name, [], fault)
        return self._bench.sheet(record["values"], table, names)

    def _store(self, vectors: Vectors, written: Path) -> None:
        values, fault = self._bench.measured(vectors)
        with self.writing({"fault": fault, "values": finite(values)}) as folder:
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
            self._bench.module.draw(axes, vectors, values)
        return figure

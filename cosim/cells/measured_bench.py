"""One bench under one bias table and conditions: its run, what it measures, and its datasheet."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from cosim.cells import meas_bench
from cosim.cells.bench import bench_job, check_measures, measurement, specification_path
from cosim.cells.sheet import Sheet
from cosim.cells.specification import check_cases, judge, read_specification
from cosim.circuits.bias_tables import table_name, table_names
from cosim.circuits.conditions import Conditions
from cosim.circuits.project import known_technologies, project_settings
from cosim.engine.job import Job, PartOfVectors, Vectors
from cosim.engine.measures import PREFIX
from cosim.engine.simulator import simulator_versions
from cosim.workbench.errors import SimulationError
from cosim.workbench.provenance import sources_digest
from ebn_model.parameters import BiasTable


class MeasuredBench:
    """A bench; module: has its `measure` and `draw`. job: its run."""

    def __init__(self, name: str, biases: BiasTable, conditions: Conditions):
        """Read specification and netlist; raises InputError or DeckError for a fault in them."""
        self.name = name
        path = specification_path(name)
        self._specification = read_specification(path)
        self.module = measurement(name)
        self._technology = conditions.facts.name
        in_use = (project_settings().technology, conditions.technology)
        technologies = known_technologies(conditions.technology)
        check_cases(self._specification, technologies, table_names(in_use), path)
        self.job = bench_job(name, biases, conditions)
        if self.module is meas_bench:
            check_measures(name, self.job.deck, self._specification)

    @cached_property
    def key(self) -> dict:
        """Deck, programs and sources that the results follow from."""
        return {
            "deck_sha256": self.job.deck.sha256,
            "sources": sources_digest(self.module.__name__, "cosim.engine.worker"),
            **simulator_versions(),
        }

    def measured(self, vectors: Vectors) -> tuple[dict[str, float], str | None]:
        """Values in SI units by the quantities' keys, and why they aren't all there, or None."""
        values, fault = {}, None
        try:
            values = self.module.measure(vectors)
            if failed := [why for name, why in _unread(vectors) if name.startswith(PREFIX)]:
                fault = "; ".join(failed)
        except SimulationError as error:
            fault = str(error)
        except (ArithmeticError, LookupError, ValueError) as error:
            # A circuit that doesn't work at all shows nothing of what a measurement looks for.
            fault = f"nothing can be measured: {type(error).__name__}: {error}"
        return values, fault

    def values(self, simulate: Callable[[Job], Vectors]) -> dict[str, float]:
        """Those of `measured`; simulate: runs a Job.

        Raises:
            SimulationError: they aren't all there.
        """
        values, fault = self.measured(simulate(self.job))
        if fault:
            raise SimulationError(fault)
        return values

    def sheet(self, values: Mapping[str, float], table: str, names: Mapping[str, float]) -> Sheet:
        """Measured values against the specification.

        Args:
            values: of `measured`, those that are finite.
            table: the bias table, by its name or path.
            names: what formulas may use besides, see `judge`.

        Raises:
            InputError: as `judge` does.
        """
        unknown = self._unknown(values)
        checks = judge(
            self._specification, values, names, table_name(table), self._technology, unknown
        )
        notes = [*getattr(self.module, "notes", lambda _: ())(values)]
        if unknown:
            why = next(iter(self.job.unread.values()))
            notes.append(f"not known: {', '.join(unknown)}; {why}")
        return Sheet(self.name, checks, notes=tuple(notes))

    def _unknown(self, values: Mapping[str, float]) -> list[str]:
        """Values that can't be known, since the project's cells can't be looked into."""
        inside = getattr(self.module, "INSIDE", ()) if self.job.unread else ()
        return [name for name in inside if name not in values]


def finite(values: Mapping[str, float]) -> dict[str, float]:
    """The values that are finite, as plain numbers."""
    return {key: float(value) for key, value in values.items() if math.isfinite(value)}


def _unread(vectors: Vectors) -> Iterable[tuple[str, str]]:
    """Names of vectors that aren't there, with the reason."""
    return vectors.unread.items() if isinstance(vectors, PartOfVectors) else ()

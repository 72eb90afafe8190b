"""The folders that calibrated tables, the model's constants and the reports go to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cosim.circuits.bias_tables import bias_folder
from cosim.circuits.conditions import Conditions
from cosim.technologies.technology import GENERIC, technology_names
from cosim.workbench.places import bias_tables, model_constants, project, results_of
from ebn_model.errors import InputError


@dataclass(frozen=True)
class Folders:
    """The folders that get what a calibration makes.

    tables: NAME.spice. constants: the model's, NAME.json and NAME_row.json (ebn_model.measured),
    which spare networks ngspice. reports: NAME_report.json, how the table came about.
    """

    tables: Path
    constants: Path
    reports: Path

    @classmethod
    def of(cls, out: Path | None, conditions: Conditions | None = None) -> Folders:
        """All in `out`; by default where a checkout keeps each (cosim.workbench.places).

        Raises:
            InputError: a technology's own tables are for its typical corner and nominal supply at
                27 degrees C; those for other conditions need an `out`.
        """
        if out:
            return cls(out, out, out)
        conditions = conditions or Conditions()
        technology, reports = conditions.facts.name, results_of("calibration")
        if conditions != Conditions(technology=conditions.technology):
            raise InputError(
                f"a table for {conditions.label} needs --out DIR, so that the technology's own "
                "stays as it is"
            )
        if technology not in technology_names():
            tables = bias_folder(conditions.technology)
            return cls(tables, tables, reports / technology)
        if technology != GENERIC and not project():
            reports /= technology
        return cls(bias_tables(technology), model_constants(technology), reports)

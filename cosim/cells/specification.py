"""Requirements on a cell, quantity by quantity: the file NAME.toml beside its bench."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from cosim.cells.bench import BENCHES
from cosim.cells.formula import evaluate, uses
from cosim.workbench.settings import check_known, merged, read_toml
from ebn_model.errors import InputError
from ebn_model.units import check_unit
from ebn_model.validation import validated_tables

Limit = float | str | None
UNLIMITED = "none"
"""Takes a limit away under one bias table."""


class Limits(BaseModel):
    """Least, expected and greatest value; None, as `UNLIMITED`, is not judged or not known.

    Each is a number, text with a unit, or a formula (see `evaluate`) of the bias currents, `u_t`
    (kT/q), `supply`, the bench's measured values and, in min and max, `typical`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: Limit = None
    typical: Limit = None
    max: Limit = None


class OtherLimits(Limits):
    """Limits that differ in one case; reason: why, where that differs too."""

    reason: str | None = None


class TechnologyLimits(OtherLimits):
    """Limits that differ in a technology; biases: what is different beyond that, by bias table."""

    biases: dict[str, OtherLimits] = {}


class Quantity(Limits):
    """One quantity of a datasheet.

    name: what it is, in words. unit: SI without a prefix, "%" or "LSB" (see `check_unit`); empty
    for a plain number.
    reason: why the limits are what they are. biases: what is different, by bias table.
    technologies: what is different beyond that, by technology.
    """

    name: str
    unit: Annotated[str, AfterValidator(check_unit)] = ""
    reason: str
    biases: dict[str, OtherLimits] = {}
    technologies: dict[str, TechnologyLimits] = {}

    def under(self, table: str, technology: str) -> "Quantity":
        """The quantity with the limits and the reason that hold for a table and a technology."""
        changes: dict[str, Any] = {}
        there = self.technologies.get(technology, TechnologyLimits())
        for one in (self.biases.get(table), there, there.biases.get(table)):
            if one:
                changes |= one.model_dump(exclude_unset=True, exclude={"biases"})
        lifted = {end: None for end, limit in changes.items() if limit == UNLIMITED}
        return self.model_copy(update=changes | lifted)


@dataclass(frozen=True)
class QuantityCheck:
    """A quantity of a datasheet against its limits, SI; None for what is not stated.

    passed: None where nothing is required.
    """

    key: str
    name: str
    unit: str
    min: float | None
    typical: float | None
    max: float | None
    measured: float | None
    passed: bool | None
    reason: str


Specification = dict[str, Quantity]


def read_specification(path: Path) -> Specification:
    """Read a specification: one table per quantity, named as the measurement names it.

    A file with `extends = true` has what differs from the file of its name in netlists/benches.

    Raises:
        InputError: not there, malformed, or a key that can't be; names file and key.
    """
    values = read_toml(path)
    if values.get("extends") is True:
        del values["extends"]
        values = merged(read_toml(BENCHES / path.name), values)
    return validated_tables(Quantity, values, str(path))


def check_cases(
    specification: Specification,
    technologies: Collection[str],
    tables: Collection[str],
    path: Path,
) -> None:
    """Check that the cases in which limits differ can come about.

    Args:
        specification: what is required. technologies, tables: names that there are of technologies
            and of bias tables. path: of the specification.

    Raises:
        InputError: an unknown technology or bias table; lists those there are.
    """
    technologies, tables = sorted(technologies), sorted(tables)
    for key, quantity in specification.items():
        check_known(quantity.technologies, technologies, f"{path}: {key}.technologies")
        check_known(quantity.biases, tables, f"{path}: {key}.biases")
        for name, there in quantity.technologies.items():
            check_known(there.biases, tables, f"{path}: {key}.technologies.{name}.biases")


def judge(
    specification: Specification,
    values: Mapping[str, float],
    names: Mapping[str, float],
    table: str,
    technology: str = "generic180",
    unknown: Collection[str] = (),
) -> list[QuantityCheck]:
    """Each quantity against its limits.

    Args:
        specification: what is required.
        values: measured, SI, by the quantities' keys, and what else formulas may use.
        names: what formulas may use besides, SI; of equal names these count, since a quantity is
            often called like the bias current that it should be.
        table: name of the bias table.
        technology: its name.
        unknown: values that can't be known of this circuit; neither they nor limits that are
            formulas of them are judged.

    A quantity that is not among the values is out of its limits.

    Raises:
        InputError: a limit that can't be evaluated.
    """
    known = {**values, **names}
    lost = specification.keys() - known.keys()
    return [
        _checked(key, _known(one.under(table, technology), unknown), values.get(key), known, lost)
        for key, one in specification.items()
        if key not in unknown
    ]


def _known(quantity: Quantity, unknown: Collection[str]) -> Quantity:
    """The quantity without limits that follow from what is unknown."""
    lost: dict[str, Any] = {}
    for end in ("typical", "min", "max"):
        names = uses(limit) if isinstance(limit := getattr(quantity, end), str) else set()
        if names & {*unknown, *lost}:
            lost[end] = None
    if not lost:
        return quantity
    reason = f"{quantity.reason}; not judged: {', '.join(unknown)} can't be known of this cell"
    return quantity.model_copy(update={**lost, "reason": reason})


def _checked(
    key: str,
    quantity: Quantity,
    measured: float | None,
    names: dict[str, float],
    lost: Collection[str],
) -> QuantityCheck:
    """lost: quantities that could not be measured; limits that are formulas of them are failed."""
    found: dict[str, float | None] = {}
    needed: set[str] = set()
    # The typical value first, since the others may be relative to it.
    for end in ("typical", "min", "max"):
        limit = getattr(quantity, end)
        if isinstance(limit, str) and (missing := uses(limit) & {*lost}):
            needed |= missing
            found[end] = None
            continue
        try:
            value = None if limit is None else evaluate(limit, quantity.unit, names)
        except InputError as error:
            raise InputError(f"{key}.{end}: {error}") from None
        if end == "typical" and value is not None:
            names = {**names, "typical": value}
        found[end] = value
    bounds = (found["min"], found["max"])
    return QuantityCheck(
        key=key,
        name=quantity.name,
        unit=quantity.unit,
        measured=measured,
        passed=_verdict(measured, bounds) if not needed else False,
        reason=quantity.reason + "".join(f"; {one} is unknown" for one in sorted(needed)),
        **found,
    )


def _verdict(value: float | None, bounds: tuple[float | None, float | None]) -> bool | None:
    return None if bounds == (None, None) else _within(value, *bounds)


def _within(value: float | None, least: float | None, greatest: float | None) -> bool:
    """True if a value is in its range; what could not be measured is in none."""
    if value is None:
        return False
    return (least is None or value >= least) and (greatest is None or value <= greatest)

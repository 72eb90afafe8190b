"""Datasheets of many dies: each quantity's spread, and the dies that are out of a limit."""

from collections.abc import Mapping
from dataclasses import dataclass

from cosim.cells.sheet import Sheet
from cosim.cells.specification import QuantityCheck
from cosim.workbench.statistics import Spread, spread


@dataclass(frozen=True)
class QuantityOverDies:
    """A quantity of a datasheet over dies.

    nominal: of the nominal die, with its limits. values: by die, of those where it was measured.
    failing: dies whose value is out of their limits, or missing.
    """

    nominal: QuantityCheck
    values: dict[int, float]
    failing: list[int]

    @property
    def spread(self) -> Spread | None:
        """Mean and deviation; None for fewer than two dies."""
        return spread(self.values.values()) if len(self.values) > 1 else None


@dataclass(frozen=True)
class DieSheets:
    """Datasheets of a bench; nominal: of the nominal die. dies: by number."""

    nominal: Sheet
    dies: dict[int, Sheet]

    @property
    def bench(self) -> str:
        """Name of the bench."""
        return self.nominal.bench

    @property
    def faults(self) -> dict[int, str]:
        """Reasons why dies couldn't be measured."""
        return {die: sheet.fault for die, sheet in self.dies.items() if sheet.fault}

    @property
    def passed(self) -> bool | None:
        """True if the nominal die and all others are within their limits; None without limits."""
        verdicts = {sheet.passed for sheet in (self.nominal, *self.dies.values())}
        return False if False in verdicts else True if True in verdicts else None

    @property
    def quantities(self) -> list[QuantityOverDies]:
        """Each quantity that the nominal die has."""
        found = {
            die: {check.key: check for check in sheet.checks} for die, sheet in self.dies.items()
        }
        return [
            _over_dies(check, {die: checks.get(check.key) for die, checks in found.items()})
            for check in self.nominal.checks
        ]


def _over_dies(
    nominal: QuantityCheck, checks: Mapping[int, QuantityCheck | None]
) -> QuantityOverDies:
    values = {die: one.measured for die, one in checks.items() if one and one.measured is not None}
    failing = [die for die, one in checks.items() if one and one.passed is False]
    return QuantityOverDies(nominal, values, failing)

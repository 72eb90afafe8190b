"""Quantities made of a ledger's outcomes: totals, layout, supply's effect on the thresholds."""

from collections.abc import Mapping
from typing import Any

from cosim.experiments.ledger.energy_run import BLOCKS
from cosim.experiments.ledger.settings import Layout, Use

LOGIC = "logic"
SQUARE_MICRONS = 1e12
FEMTO = 1e15


def layout_areas(energy: Mapping[str, Any], layout: Layout, technology: str) -> dict[str, float]:
    """Area of each block by the stated factors, um^2; energy: outcome of an EnergyRun."""
    return {
        block: energy["gates"][block]
        * SQUARE_MICRONS
        * (layout.logic if block == LOGIC else layout.analog)
        + energy["capacitance"][block] * FEMTO / layout.density[technology] * layout.capacitors
        for block in BLOCKS
    }


def event_energy(energy: Mapping[str, Any], use: Use) -> dict[str, float]:
    """Energy of a period of the input in J: `static`, `pulse`, `update` and `all` of them.

    energy: outcome of an EnergyRun.
    """
    found = {
        "static": sum(energy["static"].values()) / use.rate,
        "pulse": sum(energy["pulse"].values()),
        "update": energy["update"],
    }
    return {**found, "all": sum(found.values())}


def supply_effect(
    low: Mapping[str, float], high: Mapping[str, float], volts: float
) -> dict[str, float]:
    """Change of the window's centre and half-width in A by a volt of the supply.

    low, high: outcomes of bench decision, whose supplies are `volts` apart.
    """
    return {name: (high[name] - low[name]) / volts for name in ("centre", "half_width")}


def decision_deviation(noise: Mapping[str, Any]) -> float:
    """Standard deviation of I_mem's and the decision's noise together, A, at the worse threshold.

    noise: outcome of a NoiseRun.
    """
    worse = max(noise[threshold]["both"] for threshold in ("lower", "upper"))
    return float((noise["membrane"]["both"] ** 2 + worse**2) ** 0.5)

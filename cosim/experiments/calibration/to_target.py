"""Calibration to a target: biases scaled until the cells' benches show what is wanted."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cosim.experiments.calibration.behaviour import QUANTITIES, behaviour
from cosim.experiments.calibration.errors import CalibrationError
from ebn_model.parameters import BiasTable, NeuronParameters, validated

MAX_ROUNDS = 20
TOLERANCE = 2e-4
"""Greatest relative distance from the target: 2 pA of the window, which decides as finely."""
MAX_FACTOR = 3.0
"""A bias changes by no more than this in one round."""


@dataclass(frozen=True)
class Calibrated:
    """A bias table, and what was measured with it: parameters and values of QUANTITIES."""

    biases: BiasTable
    parameters: NeuronParameters
    values: dict[str, float]


def calibrate(
    start: BiasTable,
    target: Mapping[str, float],
    measure: Callable[[BiasTable], NeuronParameters],
    on_round: Callable[[int, float], None] | None = None,
) -> Calibrated:
    """Scale each target's bias by target/measured until all are met (fixed-point iteration).

    Args:
        start: table to begin with; biases without a target keep their value.
        target: names out of QUANTITIES, values in SI units.
        measure: runs the benches under a table.
        on_round: gets the round and the greatest relative distance from the target.

    Raises:
        CalibrationError: not within TOLERANCE after MAX_ROUNDS; names what is missed.
        InputError: a bias left its range.
    """
    biases = start
    for number in range(1, MAX_ROUNDS + 1):
        parameters = measure(biases)
        values = behaviour(parameters)
        ratios = {name: _ratio(name, wanted, values) for name, wanted in target.items()}
        worst = max(ratios, key=lambda name: abs(ratios[name] - 1))
        if on_round:
            on_round(number, abs(ratios[worst] - 1))
        if abs(ratios[worst] - 1) <= TOLERANCE:
            return Calibrated(biases, parameters, values)
        biases = _scaled(biases, ratios)
    raise CalibrationError(
        f"after {MAX_ROUNDS} rounds {QUANTITIES[worst].text} is {values[worst]:.4g}, "
        f"not {target[worst]:.4g} ({QUANTITIES[worst].place})"
    )


def _ratio(name: str, wanted: float, values: Mapping[str, float]) -> float:
    """Wanted over measured value; raises CalibrationError where they can't be compared."""
    quantity = QUANTITIES[name]
    if name not in values:
        raise CalibrationError(f"{quantity.text} was not measured ({quantity.place})")
    value = values[name]
    if not math.isfinite(value) or value * wanted <= 0:
        raise CalibrationError(
            f"{quantity.text} is {value:.4g}, from where no scaling leads to {wanted:.4g} "
            f"({quantity.place})"
        )
    return wanted / value


def _scaled(biases: BiasTable, ratios: Mapping[str, float]) -> BiasTable:
    changes = {}
    for name, ratio in ratios.items():
        quantity = QUANTITIES[name]
        factor = min(max(ratio, 1 / MAX_FACTOR), MAX_FACTOR) ** quantity.power
        changes[quantity.bias] = getattr(biases, quantity.bias) * factor
    sought = ", ".join(QUANTITIES[name].text for name in ratios)
    return validated(BiasTable, {**biases.model_dump(), **changes}, f"calibration of {sought}")

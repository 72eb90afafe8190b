"""Calibration to a target: biases scaled until the cells' benches show what is wanted."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cosim.experiments.calibration.behaviour import EACH, QUANTITIES, behaviour
from cosim.experiments.calibration.errors import CalibrationError
from ebn_model.parameters import BiasTable, NeuronParameters
from ebn_model.validation import validated

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

    A bias goes half of the way where the round before went too far, by half of it or more: with
    what goes with the square of its bias, whole steps would swing around the target for ever.

    Args:
        start: table to begin with; biases without a target keep their value.
        target: names out of QUANTITIES, values in SI units.
        measure: runs the benches under a table.
        on_round: gets the round and the greatest relative distance from the target.

    Raises:
        CalibrationError: not within TOLERANCE after MAX_ROUNDS, or a quantity that shows nothing
            while all others are right; names it with bench, cell and bias.
        InputError: a bias left its range.
    """
    biases, before = start, dict[str, float]()
    for number in range(1, MAX_ROUNDS + 1):
        parameters = measure(biases)
        values = behaviour(parameters)
        ratios = {name: _ratio(name, wanted, values) for name, wanted in target.items()}
        reached = {name: ratio for name, ratio in ratios.items() if ratio is not None}
        missed = max((abs(ratio - 1) for ratio in reached.values()), default=0.0)
        if on_round:
            on_round(number, missed if len(reached) == len(ratios) else math.inf)
        if missed <= TOLERANCE:
            _check_all_reached(ratios, target, values)
            return Calibrated(biases, parameters, values)
        # What shows nothing may do so since something else is wrong; its bias waits for the others.
        biases = _scaled(biases, _damped(reached, before))
        before = reached
    _check_all_reached(ratios, target, values)
    worst = max(reached, key=lambda name: abs(reached[name] - 1))
    raise CalibrationError(
        f"after {MAX_ROUNDS} rounds {QUANTITIES[worst].text} is {values[worst]:.4g}, "
        f"not {target[worst]:.4g} ({QUANTITIES[worst].place})"
    )


def corrected(
    biases: BiasTable, target: Mapping[str, float], values: Mapping[str, float]
) -> BiasTable:
    """One round: biases scaled towards what is wanted, where the measured values show anything.

    target, values: by names out of EACH, SI units.

    Raises CalibrationError for a quantity that wasn't measured, InputError as `calibrate`.
    """
    ratios = {name: _ratio(name, wanted, values) for name, wanted in target.items()}
    return _scaled(biases, {name: ratio for name, ratio in ratios.items() if ratio is not None})


def _ratio(name: str, wanted: float, values: Mapping[str, float]) -> float | None:
    """Wanted over measured value; None where no factor leads from one to the other.

    Raises:
        CalibrationError: it was not measured at all.
    """
    if name not in values:
        quantity = EACH[name]
        raise CalibrationError(f"{quantity.text} was not measured ({quantity.place})")
    value = values[name]
    return wanted / value if math.isfinite(value) and value * wanted > 0 else None


def _damped(ratios: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """The ratios, of which those that swing are brought nearer to 1."""
    logs = {name: (math.log(r), math.log(before.get(name, 1.0))) for name, r in ratios.items()}
    return {
        name: math.exp(now / 2 if now * last < 0 and abs(now) > abs(last) / 2 else now)
        for name, (now, last) in logs.items()
    }


def _check_all_reached(
    ratios: Mapping[str, float | None], target: Mapping[str, float], values: Mapping[str, float]
) -> None:
    """Raise CalibrationError for what no scaling of a bias leads to."""
    for name, ratio in ratios.items():
        if ratio is None:
            quantity = EACH[name]
            raise CalibrationError(
                f"{quantity.text} is {values[name]:.4g}, from where no scaling leads to "
                f"{target[name]:.4g} ({quantity.place})"
            )


def _scaled(biases: BiasTable, ratios: Mapping[str, float]) -> BiasTable:
    changes = {}
    for name, ratio in ratios.items():
        quantity = EACH[name]
        factor = min(max(ratio, 1 / MAX_FACTOR), MAX_FACTOR) ** quantity.power
        changes[quantity.bias] = getattr(biases, quantity.bias) * factor
    sought = ", ".join(EACH[name].text for name in ratios)
    return validated(BiasTable, {**biases.model_dump(), **changes}, f"calibration of {sought}")

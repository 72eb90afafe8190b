"""Deviations of a die's constants from the nominal ones, made larger or carried elsewhere."""

from ebn_model.errors import InputError
from ebn_model.parameters import DecisionParameters, NeuronParameters, Table, validated


def deviated(
    die: NeuronParameters,
    nominal: NeuronParameters,
    scale: float = 1.0,
    onto: NeuronParameters | None = None,
) -> NeuronParameters:
    """Constants that deviate as a die's do, by `scale` times as much.

    What is positive deviates by a factor, whose logarithm is scaled: so do the window's centre and
    half-width. i_omega and i_sign, which can be anything, deviate by a difference.

    Args:
        die: constants of the die. nominal: of the nominal one, under the same conditions.
        scale: of the deviations; 1 for the die's own.
        onto: what is to deviate: by default `nominal`, or the nominal constants under others.

    Raises:
        InputError: constants that can't be, as a threshold below the reset, or pairs of two laws.
    """
    onto = onto or nominal
    if scale == 1 and onto == nominal:
        return die
    return _table(die, nominal, scale, onto)


def _table(die: Table, nominal: Table, scale: float, onto: Table):
    if isinstance(die, DecisionParameters):
        return _decision(die, nominal, scale, onto)
    values = {}
    for name, value in onto:
        own, reference = getattr(die, name), getattr(nominal, name)
        if isinstance(value, Table):
            values[name] = _table(own, reference, scale, value).model_dump()
        else:
            values[name] = _by_factor(name, own, reference, value, scale)
    return validated(type(onto), values, "constants that deviate")


def _by_factor(name: str, own: float, reference: float, value: float, scale: float) -> float:
    # Only slope_change can be 0: a pair of another law, in which i_spec_pair is something else.
    if len({own == 0, reference == 0, value == 0}) > 1:
        raise InputError(f"{name} is 0 in one table of constants, and not in another")
    return value * (own / reference) ** scale if reference else value


def _decision(die, nominal, scale: float, onto) -> DecisionParameters:
    centre, half = (
        value * (own / reference) ** scale
        for own, reference, value in zip(*map(_window, (die, nominal, onto)), strict=True)
    )
    moved = {
        name: getattr(onto, name) + scale * (getattr(die, name) - getattr(nominal, name))
        for name in ("i_omega", "i_sign")
    }
    values = {"i_lower": centre - half, "i_upper": centre + half, **moved}
    return validated(DecisionParameters, values, "a window that deviates")


def _window(decision: DecisionParameters) -> tuple[float, float]:
    """Centre and half-width, A."""
    lower, upper = decision.i_lower, decision.i_upper
    return (lower + upper) / 2, (upper - lower) / 2

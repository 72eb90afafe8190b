"""Named sets of parameters, and networks built from them."""

from collections.abc import Callable
from functools import partial

from ebn_model.chip.network import ChipNetwork
from ebn_model.chip.parameters import ChipParameters
from ebn_model.errors import InputError
from ebn_model.lif.network import LifNetwork
from ebn_model.network.parameters import (
    DecoderParameters,
    NetworkParameters,
    OptimalParameters,
    RuleParameters,
)

_JUDGED = DecoderParameters(orientation="fitted", target="filtered")

CONFIGURATIONS: dict[str, Callable[[], NetworkParameters | ChipParameters]] = {
    "paper": NetworkParameters,
    "repaired": partial(
        NetworkParameters,
        refractory=1e-3,
        saturate=True,
        initial="zero",
        rule=RuleParameters(dead_zone=1.0, diagonal=False),
        optimal=OptimalParameters(reset="zero", rest="zero"),
        decoder=_JUDGED,
    ),
    "robust": partial(
        NetworkParameters,
        refractory=1e-3,
        saturate=True,
        initial="zero",
        rule=RuleParameters(dead_zone_per_threshold=0.75, diagonal=False, sub_lsbs=2),
        optimal=OptimalParameters(reset="zero", rest="zero"),
        decoder=_JUDGED,
    ),
    "hardware": ChipParameters,
    "hardware_robust": partial(ChipParameters, sub_lsbs=2, window="own"),
}
"""paper: bit-identical with the paper's code. repaired: its faults mended, one option each.
robust: the rule that survives mismatch. hardware: the chip with the paper's rule.
hardware_robust: the chip with sub-LSBs and a window for each threshold. Each is made when it is
asked for, since the chip's has constants from a file, which may be damaged."""


def configuration(name: str) -> NetworkParameters | ChipParameters:
    """A set of parameters by name.

    Raises:
        InputError: there is none (lists those there are), or its constants are damaged.
    """
    if name not in CONFIGURATIONS:
        raise InputError(f"no configuration {name!r}; there are: {', '.join(CONFIGURATIONS)}")
    return CONFIGURATIONS[name]()


def build_network(
    parameters: NetworkParameters | ChipParameters, seed: int
) -> LifNetwork | ChipNetwork:
    """The network that a set of parameters is for, drawn from a seed."""
    kind = ChipNetwork if isinstance(parameters, ChipParameters) else LifNetwork
    return kind.build(parameters, seed)

"""ngspice's options for a transient run: defaults, bounds, and what is looser than tested."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationInfo, field_validator

from ebn_model.errors import InputError
from ebn_model.units import Ampere, Second, Volt

_ENDLESS = "time steps become so short that runs don't end"
_BOUNDS = {
    "xmu": (0.1, "currents are damped", 0.5, "the trapezoidal rule becomes unstable"),
    "reltol": (1e-8, _ENDLESS, 1e-3, "logic transitions fit into one time step"),
    "abstol": (1e-18, _ENDLESS, 1e-9, "the circuit's own currents are smaller"),
    "vntol": (1e-9, _ENDLESS, 1e-4, "currents in weak inversion err by 0.3 % and more"),
    "gmin": (5e-15, "ngspice finds no operating point", 1e-12, "it loads nodes of some pA"),
    "chgtol": (1e-18, _ENDLESS, 1e-11, "the circuit's own charges are smaller"),
    "trtol": (1.0, _ENDLESS, 100.0, "logic transitions fit into one time step"),
    "max_step": (1e-7, "runs take hours", 1e-3, "a pulse fits into one time step"),
}
"""Least value and what is wrong below, greatest value and what is wrong above."""


class SolverOptions(BaseModel):
    """ngspice's transient options; the defaults give converged weights and I_mem.

    A weak damping (xmu below 0.5) keeps the trapezoidal rule from ringing after digital edges,
    and chgtol, the charge (in C) below which an error counts as absolute, lets reltol be tight
    enough that no logic transition fits into one time step: with looser settings the counter
    miscounts without any message. With gmin below 5e-15 S ngspice finds no operating point; 1e-14
    adds at most 20 fA to a node.

    bypass skips the evaluation of devices whose voltages moved by less than reltol: it saves a
    third of the time, since most of the logic rests most of the time. It also freezes mirrors
    within reltol*V_GS, so reltol is 1e-5 (3.5 uV, 1 pA of 9 nA); trtol = 10 keeps the time steps
    as long as with ten times the reltol, where I_mem may err by some pA. The shorter the steps, the
    more of a slow change is frozen: over 80 spikes of a die I_mem of the transistor view is up to
    4 pA from a run without bypass, and with steps of 10 us up to 10 pA. So whoever wants shorter
    steps than a view is tested with switches bypass off.

    The bounds keep out what is wrong for certain. Within them, what is looser than the options that
    a view is tested with is not proven to give the right weights: see `looser_than`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["trap", "gear"] = "trap"
    xmu: FiniteFloat = 0.49
    reltol: FiniteFloat = 1e-5
    abstol: Ampere = 1e-15
    vntol: Volt = 1e-6
    gmin: FiniteFloat = 1e-14
    chgtol: FiniteFloat = 1e-13
    trtol: FiniteFloat = 10.0
    bypass: Annotated[int, Ge(0), Le(1)] = 1
    max_step: Second = 1e-4

    @field_validator(*_BOUNDS)
    @classmethod
    def _within_bounds(cls, value: float, field: ValidationInfo) -> float:
        least, below, most, above = _BOUNDS[str(field.field_name)]
        if value < least:
            raise InputError(f"{value:g} is below {least:g}, where {below}")
        if value > most:
            raise InputError(f"{value:g} is above {most:g}, where {above}")
        return value

    def looser_than(self, tested: "SolverOptions") -> list[str]:
        """Options that are looser than in `tested`, as "trtol = 20 (tested 10)" each.

        A larger tolerance or step is looser, and so is bypass, and a shorter step with bypass;
        damping and method are tested at one value only.
        """
        looser = [
            _told(name, value, expected)
            for name, expected in tested
            if (value := getattr(self, name)) != expected
            and (name in ("method", "xmu") or value > expected)
        ]
        if self.bypass and self.max_step < tested.max_step:
            looser.append(f"{_told('max_step', self.max_step, tested.max_step)} with bypass = 1")
        return looser

    def line(self) -> str:
        """The `.options` line."""
        values = self.model_dump(exclude={"max_step"})
        return ".options " + " ".join(f"{name}={value}" for name, value in values.items())


def _told(name: str, value: float | str, tested: float | str) -> str:
    return f"{name} = {_plain(value)} (tested {_plain(tested)})"


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"

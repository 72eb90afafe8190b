"""The conditions that a circuit runs under, beside its bias currents."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, field_validator

from cosim.workbench.places import NETLISTS
from cosim.workbench.settings import Section
from ebn_model.errors import InputError
from ebn_model.units import Celsius

COLDEST, HOTTEST = -55.0, 150.0
"""What the devices' models are made for, degrees C."""


def check_temperature(celsius: float) -> float:
    """Return a temperature in degrees C; raises InputError outside of COLDEST .. HOTTEST."""
    if not COLDEST <= celsius <= HOTTEST:
        raise InputError(
            f"{celsius:g} °C is outside {COLDEST:g} .. {HOTTEST:g} °C, for which the devices' "
            "models are made"
        )
    return celsius


Temperature = Annotated[Celsius, AfterValidator(check_temperature)]


class Conditions(Section):
    """Technology and temperature; a subclass adds what else a kind of run states.

    technology: file in netlists/technology, without its suffix. temperature: degrees C.
    """

    technology: str = "generic180"
    temperature: Temperature = 27.0

    @field_validator("technology")
    @classmethod
    def _known_technology(cls, name: str) -> str:
        listed(NETLISTS / "technology", name, "technology")
        return name

    @property
    def conditions(self) -> "Conditions":
        """The conditions alone, without what a subclass adds."""
        return Conditions(**{name: getattr(self, name) for name in Conditions.model_fields})


def listed(folder: Path, name: str, kind: str) -> Path:
    """The file of that name in a folder; names from outside never become other paths."""
    files = {path.stem: path for path in sorted(folder.glob("*.spice"))}
    if name not in files:
        raise InputError(f"unknown {kind} {name!r}; there are: {', '.join(files)}")
    return files[name]

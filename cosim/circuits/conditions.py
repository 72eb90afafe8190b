"""The conditions that a circuit runs under, beside its bias currents."""

from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from cosim.circuits.levels import LogicLevels
from cosim.circuits.own_cells import check_own_cells
from cosim.circuits.own_files import check_own_files
from cosim.circuits.project import project_settings
from cosim.circuits.stated_once import CONDITIONS, check_stated_once
from cosim.engine.deck import Deck
from cosim.engine.rails import check_rails
from cosim.technologies.deck import origin, with_models, with_wrappers
from cosim.technologies.mismatch import Mismatch, Variation, mismatch_of
from cosim.technologies.technology import Technology, read_technology, same_technology
from cosim.workbench.settings import Positive, Section
from ebn_model.errors import InputError
from ebn_model.units import Celsius, Volt

COLDEST, HOTTEST = -55.0, 150.0
"""Range that the devices' models are made for, degrees C."""


def check_temperature(celsius: float) -> float:
    """Return a temperature in degrees C; raises InputError outside of COLDEST .. HOTTEST."""
    if not COLDEST <= celsius <= HOTTEST:
        raise InputError(
            f"{celsius:g} °C is outside {COLDEST:g} .. {HOTTEST:g} °C, for which the devices' "
            "models are made"
        )
    return celsius


Temperature = Annotated[Celsius, AfterValidator(check_temperature)]


def _technology() -> str:
    return project_settings().technology


class Conditions(Section):
    """Technology, corner, temperature, supply and die; a subclass adds what else a run states.

    technology: file in netlists/technology without its suffix, or the path of a .toml like those;
    by default that of the project, or generic180.
    corner: one of the technology's. temperature: degrees C.
    supply: V; by default that of the project, or the technology's.
    die: number of a die with its own mismatch; None for the nominal one, which has none.
    variation: parts of its deviations, local by default: each transistor's own, global: what all of
    a kind have in common, or both.
    mismatch_scale: factor of what each transistor of a die deviates by itself; 1 is the
    technology's.
    """

    technology: str = Field(default_factory=_technology, validate_default=True)
    corner: str = "tt"
    temperature: Temperature = 27.0
    supply: Volt = Field(default=None, validate_default=True)
    die: Annotated[int, Ge(0)] | None = None
    variation: Variation = "local"
    mismatch_scale: Positive = 1.0

    @field_validator("technology")
    @classmethod
    def _known_technology(cls, name: str) -> str:
        read_technology(name)
        # Runs are in folders of their own.
        return str(Path(name).absolute()) if name.endswith(".toml") else name

    @field_validator("corner")
    @classmethod
    def _known_corner(cls, name: str, info: ValidationInfo) -> str:
        if "technology" in info.data:
            corners = read_technology(info.data["technology"]).corners
            if name not in corners:
                raise InputError(f"unknown corner {name!r}; there are: {', '.join(corners)}")
        return name

    @field_validator("supply", mode="before")
    @classmethod
    def _nominal_supply(cls, supply: Any, info: ValidationInfo) -> Any:
        if supply is None and "technology" in info.data:
            stated = project_settings()
            if stated.supply and same_technology(stated.technology, info.data["technology"]):
                return stated.supply
            return read_technology(info.data["technology"]).supply
        return supply

    @field_validator("supply")
    @classmethod
    def _possible_supply(cls, supply: float, info: ValidationInfo) -> float:
        if "technology" in info.data:
            low, high = read_technology(info.data["technology"]).supply_range
            if not low <= supply <= high:
                raise InputError(
                    f"{supply:g} V is outside {low:g} .. {high:g} V, for which the devices of "
                    f"{info.data['technology']} are made"
                )
        return supply

    @field_validator("mismatch_scale")
    @classmethod
    def _scales_something(cls, scale: float, info: ValidationInfo) -> float:
        if scale != 1 and info.data.get("variation") == "global":
            raise InputError("transistors don't deviate by themselves in variation 'global'")
        return scale

    @field_validator("variation")
    @classmethod
    def _known_variation(cls, variation: Variation, info: ValidationInfo) -> Variation:
        if variation == "local" or not {"technology", "corner"} <= info.data.keys():
            return variation
        if not read_technology(info.data["technology"]).common:
            name = info.data["technology"]
            raise InputError(f"{variation!r}: {name} doesn't state what dies have in common")
        if info.data["corner"] != "tt":
            raise InputError(
                f"{variation!r}: corner {info.data['corner']} states already what all transistors "
                "of a kind deviate by"
            )
        return variation

    @property
    def conditions(self) -> "Conditions":
        """The conditions alone, without what a subclass adds."""
        return Conditions(**{name: getattr(self, name) for name in Conditions.model_fields})

    @property
    def label(self) -> str:
        """Name for results: technology and temperature, corner and supply if special."""
        facts = self.facts
        corner = "" if self.corner == "tt" else f"-{self.corner}"
        supply = "" if self.supply == facts.supply else f"-{self.supply:g}V"
        die = "" if self.die is None else f"-die{self.die}"
        variation = "" if self.variation == "local" else f"-{self.variation}"
        scale = "" if self.mismatch_scale == 1 else f"-mismatch{self.mismatch_scale:g}"
        return f"{facts.name}{corner}-{self.temperature:g}C{supply}{die}{variation}{scale}"

    def check_varies(self) -> None:
        """Refuse what is stated of the nominal die's deviations, as it has none.

        Raises InputError.
        """
        if self.die is not None:
            return
        if self.variation != "local":
            raise InputError(f"variation {self.variation!r}: state a die, as the nominal has none")
        if self.mismatch_scale != 1:
            raise InputError("mismatch_scale: state a die, as the nominal has no mismatch")

    def of_die(self, die: int | None) -> "Conditions":
        """The conditions alone, of another die."""
        return self.conditions.model_copy(update={"die": die})

    @property
    def die_name(self) -> str:
        """Name of the die in messages."""
        return "nominal die" if self.die is None else f"die {self.die}"

    @property
    def facts(self) -> Technology:
        """The technology."""
        return read_technology(self.technology)

    @property
    def levels(self) -> LogicLevels:
        """The voltages of logic; the latches' threshold goes with the supply."""
        facts = self.facts
        return LogicLevels(self.supply, facts.latch_threshold * (self.supply / facts.supply))


def deck_under(title: str, conditions: Conditions) -> Deck:
    """The beginning of a deck: wrappers of the technology, supply, temperature and rails."""
    check_own_files()
    check_own_cells()
    deck = with_wrappers(Deck(title), conditions.facts, conditions.corner)
    lines = [f".param supply={conditions.supply!r}", f".temp {float(conditions.temperature)!r}"]
    lines.append(f".param dispersed={int(conditions.die is not None)}")
    if conditions.die is not None:
        stated = (one.model_dump_json() for one in conditions.facts.pelgrom.values())
        lines.append(f"* die {conditions.die}, mismatch {' '.join(stated)}")
        if conditions.mismatch_scale != 1:
            lines.append(f"* mismatch times {conditions.mismatch_scale!r}")
        if conditions.variation != "local":
            common = (one.model_dump_json() for one in conditions.facts.common.values())
            lines.append(f"* variation {conditions.variation}, in common {' '.join(common)}")
    if rails := project_settings().rails:
        lines.append(f".global {' '.join(rails)}")
    return deck.append("\n".join(lines), CONDITIONS)


def die_of(deck: Deck, conditions: Conditions) -> Mismatch | None:
    """The mismatch of a whole deck's transistors, for `Job.alter`; None for the nominal die.

    Raises:
        DeckError: see `mismatch_of`.
    """
    if conditions.die is None:
        return None
    variation, scale = conditions.variation, conditions.mismatch_scale
    return mismatch_of(deck, conditions.facts, conditions.die, variation, scale)


def whole_deck(deck: Deck, conditions: Conditions) -> Deck:
    """A deck that has all its devices, with the models that they need.

    Raises:
        ModelError: models that the technology doesn't have.
        DeckError: a rail of the project that nothing in the deck supplies, or what `with_models`
            and `check_stated_once` refuse.
    """
    check_rails(deck, project_settings().rails)
    deck = with_models(deck, conditions.facts, conditions.corner)
    check_stated_once(deck, origin(conditions.facts))
    return deck

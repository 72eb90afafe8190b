"""Recipes: what a bias table is calibrated to, from netlists/biases/NAME.toml or a user's file."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated

from annotated_types import Ge
from pydantic import Field, field_validator, model_validator

from cosim.circuits.bias_tables import seen_from
from cosim.experiments.calibration.behaviour import QUANTITIES, TIME_CONSTANTS
from cosim.experiments.calibration.errors import CalibrationError
from cosim.workbench.places import files_in_use
from cosim.workbench.settings import Positive, Section, Share, check_known, read_toml
from ebn_model.errors import InputError
from ebn_model.parameters import BiasTable
from ebn_model.units import Ampere, Current, Second, to_si
from ebn_model.validation import validated

Bounds = tuple[float, float]


class Chosen(Section):
    """A current that is chosen, not calibrated, A, and why."""

    value: Ampere
    reason: str


class Fixed(Chosen):
    """A chosen current. technologies: what is chosen instead in some, by their names."""

    technologies: dict[str, Chosen] = Field(default_factory=dict)


class Expected(Section):
    """Expected value of a time constant, s, with its relative standard deviation, and why."""

    value: Second
    deviation: Positive
    reason: str


class Prior(Expected):
    """Expectation. technologies: others that some technologies have instead, by their names."""

    technologies: dict[str, Expected] = Field(default_factory=dict)


class Recordings(Section):
    """Published runs that currents are fitted to.

    simulations: for each simulation, until which time of it, s.
    free: the currents that are fitted.
    near, within: deviations count `near` times where I_mem lies within these bounds, A.
    priors: of time constants, by names out of TIME_CONSTANTS. Not of their currents: the same
        current makes another one of a user's cell, whose capacitor is another.
    thresholds: where the lower and the upper threshold lie between the bounds that the recorded
        decisions leave to each, as shares of the way from its lower bound to its upper one.
    contradiction: by how much these may be the wrong way round, A: two decisions then ask for
        thresholds that contradict each other by less than the fit of I_mem is worth. The threshold
        is in the middle, and one of the two comes out otherwise.
    window_centre: where the recorded decisions may place the window, A; a fit whose I_mem is off
        as a whole would move the window with it.
    """

    simulations: dict[str, Second]
    free: list[str]
    near: Positive = 1.0
    within: tuple[Ampere, Ampere]
    priors: dict[str, Prior] = Field(default_factory=dict)
    thresholds: tuple[Share, Share] = (0.5, 0.5)
    contradiction: Annotated[Current, Ge(0)] = 0.0
    window_centre: tuple[Ampere, Ampere] | None = None

    def window(self, lower: Bounds, upper: Bounds) -> dict[str, float]:
        """Centre and half-width of the window (QUANTITIES), A; given the thresholds' bounds, A."""
        placed = zip(self.thresholds, (lower, upper), strict=True)
        i_lower, i_upper = (
            low + (share if low < high else 0.5) * (high - low) for share, (low, high) in placed
        )
        return {
            "window_centre": (i_lower + i_upper) / 2,
            "window_half_width": (i_upper - i_lower) / 2,
        }

    def check_window(self, centre: float) -> None:
        """Raise CalibrationError for a centre in A that isn't where the recording has it."""
        if self.window_centre and not self.window_centre[0] <= centre <= self.window_centre[1]:
            low, high = (f"{bound * 1e9:.3f}" for bound in self.window_centre)
            raise CalibrationError(
                f"with the fitted I_mem the recorded decisions place the window's centre at "
                f"{centre * 1e9:.3f} nA, not within {low} .. {high} nA: I_mem is off as a whole "
                f"({QUANTITIES['i_settled'].place}, and that of each free current)"
            )

    def expected(self, technology: str) -> dict[str, Expected]:
        """The time constants that are expected in a technology."""
        return {
            name: prior.technologies.get(technology, prior) for name, prior in self.priors.items()
        }

    @field_validator("priors")
    @classmethod
    def _are_time_constants(cls, priors: dict[str, Prior]) -> dict[str, Prior]:
        _check_names("time constant", priors, TIME_CONSTANTS)
        return priors

    @field_validator("free")
    @classmethod
    def _are_biases(cls, names: list[str]) -> list[str]:
        _check_biases(names)
        return names

    @model_validator(mode="after")
    def _expected_of_the_fitted(self) -> "Recordings":
        for name in self.priors:
            if QUANTITIES[name].bias not in self.free:
                raise ValueError(f"{name} is expected, but {QUANTITIES[name].bias} isn't fitted")
        return self


class Recipe(Section):
    """Recipe of a bias table.

    about: what the table is for. base: table to begin with, by its name, or by its path as seen
        from the recipe.
    biases: currents that are chosen. target: wanted values of QUANTITIES, in SI units.
    recordings: runs to fit to, before the target is met; with them the decision's window is
        placed within what the recorded decisions leave open.
    """

    about: str
    base: str
    biases: dict[str, Fixed] = Field(default_factory=dict)
    target: dict[str, float] = Field(default_factory=dict)
    recordings: Recordings | None = None

    def check_technologies(self, known: Collection[str]) -> None:
        """Raise InputError for a value in a technology that isn't known, by its name."""
        priors = self.recordings.priors if self.recordings else {}
        stated: dict[str, Collection[str]] = {
            **{f"biases.{name}": one.technologies for name, one in self.biases.items()},
            **{f"recordings.priors.{name}": one.technologies for name, one in priors.items()},
        }
        for place, technologies in stated.items():
            check_known(technologies, sorted(known), f"{place}.technologies")

    def chosen(self, technology: str) -> dict[str, Chosen]:
        """The chosen currents in a technology, by bias."""
        return {
            bias: fixed.technologies.get(technology, fixed) for bias, fixed in self.biases.items()
        }

    @field_validator("target", mode="before")
    @classmethod
    def _quantities(cls, target: dict) -> dict[str, float]:
        unknown = target.keys() - QUANTITIES.keys()
        if unknown:
            raise ValueError(f"unknown {min(unknown)!r}; known are {', '.join(QUANTITIES)}")
        return {name: to_si(value, QUANTITIES[name].unit) for name, value in target.items()}

    @model_validator(mode="after")
    def _known_biases(self) -> "Recipe":
        _check_biases(self.biases)
        return self


def _check_biases(names: Iterable[str]) -> None:
    _check_names("bias", names, BiasTable.model_fields)


def _check_names(kind: str, names: Iterable[str], known: Iterable[str]) -> None:
    unknown = set(names) - set(known)
    if unknown:
        raise ValueError(f"unknown {kind} {min(unknown)!r}; known are {', '.join(known)}")


def recipe_names() -> list[str]:
    """Tables that have a recipe, sorted so that each comes after the one it begins with."""
    names = files_in_use("biases", ".toml")
    return sorted(names, key=lambda name: read_recipe(name).base != name)


def read_recipe(stated: str) -> Recipe:
    """Read a recipe: netlists/biases/NAME.toml by its name, any other by its path, *.toml.

    Raises:
        InputError: there is none (lists those there are), or a fault in it.
    """
    path = Path(stated) if stated.endswith(".toml") else _recipe_path(stated)
    values = read_toml(path)
    recipe = validated(Recipe, values, path.name)
    return recipe.model_copy(update={"base": seen_from(path.parent, recipe.base)})


def _recipe_path(name: str) -> Path:
    files = files_in_use("biases", ".toml")
    if name not in files:
        raise InputError(f"no recipe {name!r}; there are: {', '.join(sorted(files))}")
    return files[name]

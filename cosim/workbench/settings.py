"""Sections of a configuration file: strict tables, and the changes that a user makes to them."""

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from annotated_types import Ge, Gt, Le
from pydantic import BaseModel, ConfigDict, FiniteFloat

from ebn_model.errors import InputError
from ebn_model.text import read_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Share = Annotated[float, Ge(0), Le(1)]
Positive = Annotated[FiniteFloat, Gt(0)]

T = TypeVar("T")


class Section(BaseModel):
    """A table of a configuration file; it takes no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_toml(path: Path) -> dict:
    """Read a TOML file; raises InputError where it can't be read, naming file and line."""
    try:
        return tomllib.loads(read_text(path))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: {error}") from None


def apply_change(values: dict, change: str, places: Mapping[str, tuple[str, str]]) -> None:
    """Put the value of a "KEY=VALUE" into its place: (section or "", name there) of each key.

    Raises:
        InputError: another form, or an unknown key; names those that there are.
    """
    key, separator, value = change.partition("=")
    if not separator:
        raise InputError(f"{change!r} is not of the form KEY=VALUE")
    if key not in places:
        raise InputError(f"unknown key {key!r}; known are {', '.join(places)}")
    section, name = places[key]
    table = values.setdefault(section, {}) if section else values
    if not isinstance(table, dict):
        raise InputError(f"{section!r} is not a section in the file")
    table[name] = value


def check_known(names: Iterable[str], known: Collection[str], place: str) -> None:
    """Raise InputError for the first name that isn't known, with those that there are."""
    for name in names:
        if name not in known:
            raise InputError(f"{place}: no {name!r}; there are: {', '.join(known)}")


def by_name(named: Iterable[tuple[str, T]], source: str, kind: str) -> dict[str, T]:
    """Things by their names, each of which there is once.

    Args:
        named: names and things. source: the file that states them. kind: what they are, plural.

    Raises:
        InputError: two of one name, whose results would take each other's place; names it.
    """
    found: dict[str, T] = {}
    for name, thing in named:
        if name in found:
            raise InputError(f"{source}: two {kind} are called {name!r}; rename one of them")
        found[name] = thing
    return found


def merged(base: Mapping, changes: Mapping) -> dict:
    """The base with the changes, table by table."""
    result = dict(base)
    for key, value in changes.items():
        inner = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if inner else value
    return result


def section_fields(kind: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Those fields of a table that are tables themselves: (name, kind)."""
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield name, inner

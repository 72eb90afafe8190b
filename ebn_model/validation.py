"""Tables of typed values, built from raw ones; what can't be is named, with what can."""

from collections.abc import Iterable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ebn_model.errors import InputError


class Table(BaseModel):
    """Frozen, typed values; it takes no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)
T = TypeVar("T")


def validated(model: type[Model], values: dict, source: str) -> Model:
    """Build a table from raw values.

    Raises:
        InputError: a missing, unknown or impossible value; names source, key and reason, and of an
            unknown key those that there are.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InputError(f"{source}: {'; '.join(_reasons(error, model))}") from None


def validated_tables(kind: type[T], values: dict, source: str) -> dict[str, T]:
    """Build tables of one kind from raw values, by their names; raises as `validated` does."""
    try:
        return TypeAdapter(dict[str, kind]).validate_python(values)  # type: ignore[valid-type]
    except ValidationError as error:
        reasons = _reasons(error, dict[str, kind])  # type: ignore[valid-type]
        raise InputError(f"{source}: {'; '.join(reasons)}") from None


def with_values(table: Model, changes: Mapping[str, Any], source: str) -> Model:
    """A copy of a table with other values; raises InputError as `validated`."""
    values = {name: getattr(table, name) for name in type(table).model_fields}
    return validated(type(table), {**values, **changes}, source)


def _reasons(error: ValidationError, kind: Any) -> Iterable[str]:
    for fault in error.errors():
        place = ".".join(map(str, fault["loc"]))
        if fault["type"] == "extra_forbidden":
            known = ", ".join(_keys_at(kind, fault["loc"][:-1]))
            yield f"unknown key {place!r}" + (f"; known are {known}" if known else "")
        else:
            yield f"{place}: {fault['msg'].removeprefix('Value error, ')}"


def _keys_at(kind: Any, place: Sequence[int | str]) -> Iterable[str]:
    """Keys of the table at a place in another one, or in a dictionary of tables."""
    for name in place:
        if _is_table(kind):
            kind = kind.model_fields[name].annotation if name in kind.model_fields else None
        else:
            kind = get_args(kind)[-1] if get_args(kind) else None
        kind = _stated_kind(kind)
    return kind.model_fields if _is_table(kind) else ()


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _stated_kind(kind: Any) -> Any:
    """X of X | None and of Annotated[X, ...]."""
    if get_origin(kind) is Annotated:
        return get_args(kind)[0]
    if get_origin(kind) in (Union, UnionType):
        return next((one for one in get_args(kind) if one is not NoneType), None)
    return kind

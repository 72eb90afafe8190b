"""Tables from raw values: what is wrong is named, and what could be meant."""

import pytest
from pydantic import Field

from ebn_model.errors import InputError
from ebn_model.validation import Table, validated, validated_tables, with_values


class Inner(Table):
    width: float = 1.0
    length: float = 2.0


class Outer(Table):
    name: str
    inner: Inner = Inner()
    perhaps: Inner | None = None
    several: dict[str, Inner] = Field(default_factory=dict)
    listed: list[Inner] = Field(default_factory=list)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nmae": "x"}, "unknown key 'nmae'; known are name, inner, perhaps, several, listed"),
        ({"inner": {"widht": 1}}, "unknown key 'inner.widht'; known are width, length"),
        ({"perhaps": {"w": 1}}, "unknown key 'perhaps.w'; known are width, length"),
        ({"several": {"a": {"w": 1}}}, "unknown key 'several.a.w'; known are width, length"),
        ({"listed": [{}, {"w": 1}]}, "unknown key 'listed.1.w'; known are width, length"),
        ({"inner": {"width": "wide"}}, "inner.width: Input should be a valid number"),
        ({"inner": 3}, "inner: Input should be a valid dictionary"),
    ],
)
def test_a_fault_is_named_with_its_place(values, message):
    with pytest.raises(InputError) as error:
        validated(Outer, {"name": "x", **values}, "file.toml")
    assert str(error.value).startswith(f"file.toml: {message}")


def test_all_faults_are_named():
    with pytest.raises(InputError, match=r"^x: name: Field required; unknown key 'a'; known are"):
        validated(Outer, {"a": 1}, "x")


def test_tables_by_name():
    found = validated_tables(Inner, {"a": {"width": 3}, "b": {}}, "file.toml")
    assert found == {"a": Inner(width=3), "b": Inner()}
    with pytest.raises(InputError, match=r"^file\.toml: unknown key 'a\.w'; known are width"):
        validated_tables(Inner, {"a": {"w": 3}}, "file.toml")


def test_other_values_are_checked_as_well():
    assert with_values(Inner(), {"width": 4}, "x") == Inner(width=4)
    with pytest.raises(InputError, match=r"^x: width"):
        with_values(Inner(), {"width": "wide"}, "x")

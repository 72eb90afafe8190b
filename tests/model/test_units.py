import pytest
from pydantic import TypeAdapter, ValidationError

from ebn_model.errors import InputError
from ebn_model.units import Ampere, Celsius, Hertz, Second, Volt, check_unit, to_si


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("0.3n", "A", 0.3e-9),
        ("0.3 nA", "A", 0.3e-9),
        ("0.3nA", "A", 0.3e-9),
        ("5 ms", "s", 5e-3),
        ("5m", "s", 5e-3),
        ("1.8 V", "V", 1.8),
        ("1u", "A", 1e-6),
        ("1µA", "A", 1e-6),
        ("10.43p", "A", 10.43e-12),
        ("27 °C", "°C", 27.0),
        ("25°C", "°C", 25.0),
        ("-40", "°C", -40.0),
        ("2 MHz", "Hz", 2e6),
        ("2 mHz", "Hz", 2e-3),
        ("3 aA", "A", 3e-18),
        ("5 F", "F", 5.0),
        ("5f", "F", 5e-15),
        ("2e-3 ms", "s", 2e-6),
        ("5m", "", 5e-3),
        ("5 LSB", "LSB", 5.0),
        ("1.478e-9", "A", 1.478e-9),
        ("-3n", "A", -3e-9),
        (1.478e-9, "A", 1.478e-9),
        (0, "s", 0.0),
        (3, "s", 3.0),
    ],
)
def test_quantities_become_si_floats(value, unit, expected):
    result = to_si(value, unit)
    assert type(result) is float
    assert result == pytest.approx(expected, rel=1e-12, abs=0)


def test_a_float_keeps_every_bit():
    assert to_si(0.1 + 0.2, "A") == 0.1 + 0.2


@pytest.mark.parametrize("value", ["5 ms", "5 V", "5 AA", "5 a A", "27 °C", "5 mAs", "5 %"])
def test_another_unit_is_refused_and_quoted(value):
    with pytest.raises(InputError) as error:
        to_si(value, "A")
    assert repr(value) in str(error.value)
    assert "A" in str(error.value).replace(repr(value), "")


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        ("25 c", "°C", 'has the unit c, expected °C, as in "25 °C", or a plain number'),
        ("25c", "°C", 'as in "25 °C"'),
        ("25 C", "°C", 'has the unit C, expected °C, as in "25 °C"'),
        ("25 m", "°C", 'has the unit m, expected °C, as in "25 °C"'),
        ("2 m°C", "°C", 'as in "2 °C"'),
        ("300 K", "°C", "has the unit K, expected °C"),
        ("5 m", "s", 'has the prefix m without the unit s: write "5 ms"'),
        ("5 min", "s", 'has the unit min, expected s, as in "5 ms"'),
        ("1 h", "s", "has the unit h, expected s"),
        ("1 d", "s", "has the unit d, expected s"),
        ("5 S", "s", "has the unit S, expected s"),
        ("1M", "Hz", 'has the prefix M without the unit Hz: write "1 MHz" or "1 mHz"'),
        ("1meg", "Hz", "has the unit meg, expected Hz"),
        ("1P", "A", "has the unit P, expected A"),
        ("0.3 n", "A", 'has the prefix n without the unit A: write "0.3 nA"'),
        ("0.3N", "A", 'has the unit N, expected A, as in "0.3 nA"'),
        ("5a", "A", 'has the prefix a without the unit A: write "5 aA"'),
        ("5 cA", "A", "has the unit cA, expected A"),
        ("5 V", "", "has the unit V, expected none"),
        ("1,5 ms", "s", 'is not a quantity in s, as in "5 ms"'),
        ("5 k%", "%", "has the unit k%, expected %"),
        ("٣ ms", "s", "is not a quantity in s"),
    ],
)
def test_no_unit_is_guessed_and_the_message_says_what_to_write(value, unit, message):
    with pytest.raises(InputError) as error:
        to_si(value, unit)
    assert repr(value) in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "value",
    [
        "inf",
        "-inf",
        "nan",
        "inf A",
        "1e400",
        "1e99999999999 nA",
        float("inf"),
        float("nan"),
        -float("inf"),
    ],
)
def test_values_that_are_not_finite_are_refused(value):
    with pytest.raises(InputError, match="not finite"):
        to_si(value, "A")


@pytest.mark.parametrize("value", ["", " ", "junk", "A", "n", "1.2.3", "--1n", "1n 2n", "1,2;3"])
def test_text_that_is_no_quantity_is_refused(value):
    with pytest.raises(InputError, match="not a quantity in A"):
        to_si(value, "A")


@pytest.mark.parametrize(
    "value",
    [
        "1n\n.control",
        "1n\n.include /etc/passwd",
        "1n\r.end",
        "1n\r\n.end",
        "1n;.control",
        "1n $x",
        "{i_in}",
        "'i_in*2'",
        "1n\x00",
        "1n\x0b.end",
        "1n\u2028.end",
    ],
)
def test_text_with_netlist_syntax_is_refused(value):
    with pytest.raises(InputError):
        to_si(value, "A")


@pytest.mark.parametrize("value", [True, False, None, [1e-9], {"A": 1}, 1j, b"1n"])
def test_other_types_are_refused(value):
    with pytest.raises(InputError, match="not a quantity in A"):
        to_si(value, "A")


@pytest.mark.parametrize(
    ("kind", "own", "foreign"),
    [
        (Ampere, "2 A", "2 ms"),
        (Second, "2 s", "2 mV"),
        (Hertz, "2 Hz", "2 s"),
        (Volt, "2 V", "2 mA"),
        (Celsius, "2 °C", "2 mA"),
    ],
)
def test_annotated_types_take_their_own_unit_only(kind, own, foreign):
    adapter = TypeAdapter(kind)
    assert adapter.validate_python(own) == 2
    with pytest.raises(ValidationError, match="has the unit"):
        adapter.validate_python(foreign)


@pytest.mark.parametrize("text", ["x = 5", "1nA // comment", "1n\n", "1 2", "1 n A", '"1"'])
def test_more_than_one_number_with_its_unit_is_refused(text):
    with pytest.raises(InputError):
        to_si(text, "A")


def test_a_number_too_large_for_a_float_is_refused():
    with pytest.raises(InputError):
        to_si(10**400, "A")


@pytest.mark.parametrize("unit", ["", "%", "LSB", "°C", "A", "s", "V/s", "1/V", "m", "Ω", "Hz"])
def test_units_without_a_prefix_are_those_of_si_quantities(unit):
    assert check_unit(unit) == unit


@pytest.mark.parametrize(
    ("unit", "meant"),
    [
        ("us", "state it as 's'"),
        ("µs", "state it as 's'"),
        ("mV", "state it as 'V'"),
        ("V/us", "state it as 'V/s'"),
        ("min", "'min' is none of "),
        ("V/", "'V/' is none of "),
        ("ns/°C", "is none of "),
    ],
)
def test_units_with_a_prefix_and_unknown_ones_are_refused(unit, meant):
    with pytest.raises(InputError, match=meant):
        check_unit(unit)

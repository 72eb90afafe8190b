import re

import pytest

from cosim.circuits.bias_tables import read_biases
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.spice_parameters import read_parameters, spice_number
from cosim.engine.worker import run_jobs
from cosim.workbench.places import NETLISTS
from ebn_model.errors import InputError

TABLE = """\
* a table; .param starred=9n
.param plain=1.4642n
  .param indented=113.1p $ a remark, .param dollar=9n
\t.PARAM UPPER=2N ; .param semicolon=9n
.param several=3f , on_a=4U one_line = 5e-3NA // .param slashes=9n

.param continued =
+ 6n
  * between, .param starred=9n
+ micro=0.7µ\t$tab
   + braces={8n} quotes='9P' double="1.e-1Meg"
$ .param dollar=9n
; .param semicolon=9n
// .param slashes=9n
.param again=1n
.parameters again=.5n minus=-3k plus=+1E1G
.param milli=1M tera=2T unit=3mA bare=7e-10
"""
EXPECTED = {
    "plain": 1.4642e-9,
    "indented": 113.1e-12,
    "upper": 2e-9,
    "several": 3e-15,
    "on_a": 4e-6,
    "one_line": 5e-12,
    "continued": 6e-9,
    "micro": 0.7e-6,
    "braces": 8e-9,
    "quotes": 9e-12,
    "double": 1e5,
    "again": 0.5e-9,
    "minus": -3e3,
    "plus": 1e10,
    "milli": 1e-3,
    "tera": 2e12,
    "unit": 3e-3,
    "bare": 7e-10,
}


@pytest.fixture
def read(tmp_path):
    """Reads a text as a file."""

    def read(text, encoding="utf-8"):
        path = tmp_path / "mine.spice"
        path.write_text(text, encoding=encoding)
        return read_parameters(path)

    return read


def test_all_that_a_table_may_contain(read):
    values = read(TABLE)
    assert values == pytest.approx(EXPECTED, rel=1e-15)


@pytest.mark.ngspice
def test_ngspice_makes_the_same_of_it(tmp_path):
    path = tmp_path / "mine.spice"
    path.write_text(TABLE, encoding="utf-8")
    sources = (f"v{name} {name} 0 {{{name}}}\n" for name in EXPECTED)
    deck = Deck("parameters").include(path).append("".join(sources) + ".op", "sources")
    job = Job("parameters", deck, tuple(f"v({name})" for name in EXPECTED))
    [(_, vectors)] = run_jobs([job])
    for name, value in read_parameters(path).items():
        assert vectors[f"v({name})"][0] == pytest.approx(value, rel=1e-12, abs=0), name


def test_a_comma_needs_no_space(read):
    """Newer versions of ngspice read it, too; older ones hang."""
    assert read(".param a=1n,b=2n") == {"a": 1e-9, "b": 2e-9}


def test_a_byte_order_mark_is_no_part_of_the_first_line(read):
    assert read(".param a=1n\r\n.param b=2n\r\n", "utf-8-sig") == {"a": 1e-9, "b": 2e-9}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (".param a={b*2}", r"a: 'b\*2' is not a number"),
        (".param a='2*4.5n'", r"a: '2\*4\.5n' is not a number"),
        (".param a=2*4.5n", "not a number with a suffix"),
        (".param a=3 n", "'n' is not of the form name=number"),
        (".param a=1,5", "'5' is not of the form"),
        (".param a=1n b", "'b' is not of the form"),
        (".param a=", "'a=' is not of the form"),
        (".param a={1n}b=2n", "is not of the form"),
        (".param a=3n$remark", "not a number with a suffix"),
        (".param a=1mil", "not a number with a suffix"),
        (".param a=1nV", "not a number with a suffix"),
        (".param a=3μ", "not a number with a suffix"),
        (".param a=1d-9", "not a number with a suffix"),
        (".param a=0x10", "not a number with a suffix"),
        (".param a=1e-9A", "newer versions of ngspice read A as atto; leave it out"),
        (".param a=nan", "'nan' is not a number"),
        (".include other.spice", r"'\.include other\.spice' is not a \.param line"),
        ("i_sl=3n", r"'i_sl=3n' is not a \.param line"),
        (".end", r"is not a \.param line"),
    ],
)
def test_what_is_not_read_is_refused_with_its_line(read, line, message):
    with pytest.raises(InputError, match=rf"mine\.spice:3: .*{message}"):
        read(f"* a table\n.param i_in=1n\n{line}\n")


def test_a_continuation_of_nothing_is_refused(read):
    with pytest.raises(InputError, match=r"mine\.spice:2: '\+ a=1n'"):
        read("* a table\n+ a=1n\n")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "mine.spice"
    path.write_bytes(b".param a=1\xb5\n")
    with pytest.raises(InputError, match=r"mine\.spice: byte \d+ .* is not UTF-8"):
        read_parameters(path)
    with pytest.raises(InputError, match="cannot read"):
        read_parameters(tmp_path / "none.spice")


def test_numbers_of_an_analysis_may_have_its_unit():
    assert spice_number("5ms", "s") == 5e-3
    assert spice_number("0.5") == 0.5
    with pytest.raises(InputError):
        spice_number("5ms", "A")


def test_a_bias_table_with_remarks(monkeypatch, tmp_path):
    """As one that was copied and edited by hand."""
    text = NETLISTS.joinpath("biases", "generic180", "rule.spice").read_text(encoding="utf-8")
    edited, count = re.subn(
        r"^\.param (i_sl=\S+)$", r"  .PARAM \1 $ wider window", text, flags=re.M
    )
    assert count == 1
    tmp_path.joinpath("mine.spice").write_text(edited, encoding="utf-8")
    rule = read_biases("rule")
    monkeypatch.setattr("cosim.circuits.bias_tables.bias_folder", lambda technology: tmp_path)
    assert read_biases("mine") == rule

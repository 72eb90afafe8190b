"""Text files are UTF-8, whatever the locale is, and may begin with a byte order mark."""

import ast
import codecs

import pytest

from cosim.cells.specification import read_specification
from cosim.circuits import bias_tables
from cosim.circuits.bias_tables import read_biases
from cosim.engine.deck import read_netlist
from cosim.replay.code_files import read_codes
from cosim.replay.spike_files import read_spikes
from cosim.workbench.places import NETLISTS
from cosim.workbench.settings import read_toml
from ebn_model.errors import InputError
from ebn_model.results import read_spike_table
from ebn_model.text import read_lines, read_text, to_number

ROOT = NETLISTS.parent
SOURCES = [
    path for folder in ("cosim", "ebn_model") for path in sorted(ROOT.glob(f"{folder}/**/*.py"))
]


def in_the_encoding_of_the_locale(source):
    """Lines of calls that read or write text without saying in which encoding."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        # A plain name read_text is ours.
        method = call.func.attr if isinstance(call.func, ast.Attribute) else None
        function = ast.unparse(call.func)
        opens = method in ("open", "fdopen") or function == "open"
        modes = {
            arg.value for arg in (*call.args, *named.values()) if isinstance(arg, ast.Constant)
        }
        is_text = (
            method in ("read_text", "write_text")
            or (opens and function != "os.open" and not modes & {"rb", "wb", "ab", "xb"})
            or "text=True" in map(ast.unparse, call.keywords)
        )
        if is_text and "encoding" not in named:
            yield call.lineno


def test_the_search_finds_what_it_is_for():
    source = """
path.read_text()
folder.joinpath(name).write_text(text)
path.open("w")
open(name)
os.fdopen(1, "w")
subprocess.run(command, text=True)
path.open("rb")
os.open(path, os.O_RDONLY)
read_text(path)
path.read_text(encoding="utf-8")
"""
    assert list(in_the_encoding_of_the_locale(source)) == [2, 3, 4, 5, 6, 7]


def test_no_text_is_in_the_encoding_of_the_locale():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        for line in in_the_encoding_of_the_locale(path.read_text(encoding="utf-8"))
    ]
    assert len(SOURCES) > 100 and not found


BOM = codecs.BOM_UTF8
SPIKE_TABLE = """\
spike,t_rise_ms,t_fall_ms,i_mem_rise_nA,i_mem_fall_nA,decision,weight_before,weight_after
0,4.0,5.0,0.1,0.2,INC,8,9
"""


@pytest.fixture
def marked(tmp_path):
    """Write a file of some text that begins with a byte order mark."""

    def write(name, text):
        path = tmp_path / name
        path.write_bytes(BOM + text.encode())
        return path

    return write


def test_a_byte_order_mark_is_no_part_of_the_text(marked):
    assert read_text(marked("file.txt", "10 µA\n")) == "10 µA\n"
    assert read_toml(marked("file.toml", 'title = "Größe"\n')) == {"title": "Größe"}
    specification = marked("cell.toml", "[delay]\nname = 'delay µ'\nreason = 'none'\n")
    assert list(read_specification(specification)) == ["delay"]


def test_tables_may_begin_with_a_byte_order_mark(marked):
    assert read_spike_table(marked("spikes.csv", SPIKE_TABLE)).weight_after.tolist() == [9]
    assert read_codes(marked("codes.csv", "0,1\n2,0\n"), 2).tolist() == [[0, 1], [2, 0]]
    spikes = marked("trains.csv", "time,neuron\n2e-3,1\n")
    assert read_spikes(spikes, 1e-3, 1e-4)


@pytest.mark.parametrize("text", ["1_2", "１２", "٣", "", "1 2", "x"])
def test_what_python_alone_takes_for_a_number_is_none(text):
    with pytest.raises(ValueError):
        to_number(text)
    assert to_number(" -1.5e-3") == -1.5e-3


def test_lines_of_a_table(tmp_path):
    path = tmp_path / "table.csv"
    for text, lines in (("", []), ("a\n", ["a"]), ("a\r\n\r\nb\r\n", ["a", "", "b"])):
        path.write_bytes(text.encode())
        assert read_lines(path) == lines
    path.write_text("a\nb", encoding="utf-8")
    with pytest.raises(InputError, match=r"table\.csv, line 2: 'b' has no end of line"):
        read_lines(path)


def test_netlists_and_bias_tables_may_begin_with_a_byte_order_mark(marked, tmp_path, monkeypatch):
    marked("part.inc", "r1 1 0 1k\n")
    deck = read_netlist(marked("deck.cir", "title µ\n.include part.inc\nv1 1 0 1\n.end\n"))
    assert deck.title == "title µ"
    assert [line.text for line in deck.lines][1] == "r1 1 0 1k"
    table = (NETLISTS / "biases/generic180/published.spice").read_text(encoding="utf-8")
    first = table[table.index(".param") :]
    marked("mine.spice", first)
    monkeypatch.setattr(bias_tables, "bias_folder", lambda technology: tmp_path)
    mine = read_biases("mine")
    monkeypatch.undo()
    assert mine == read_biases("published")


@pytest.mark.parametrize("read", [read_text, read_toml, read_specification, read_spike_table])
def test_another_encoding_is_refused_with_the_name_of_the_file(tmp_path, read):
    path = tmp_path / "file.toml"
    path.write_bytes("title = 'µ'\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"file\.toml: byte 10 \(0xb5\) is not UTF-8"):
        read(path)

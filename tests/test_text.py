"""Text files are UTF-8, whatever the locale is, and may begin with a byte order mark."""

import ast

from cosim.circuit import NETLISTS

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
        opens = method in ("open", "fdopen") or getattr(call.func, "id", None) == "open"
        modes = {
            arg.value for arg in (*call.args, *named.values()) if isinstance(arg, ast.Constant)
        }
        is_text = (
            method in ("read_text", "write_text")
            or (opens and not modes & {"rb", "wb", "ab", "xb"})
            or bool(named.keys() & {"text", "universal_newlines"})
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

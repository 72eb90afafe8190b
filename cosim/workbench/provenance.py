"""Dependencies of a result beside its inputs: versions of packages, and our own sources."""

import ast
import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import resolve_name
from pathlib import Path

from cosim.workbench.places import ROOT

_OURS = ("cosim", "ebn_model")


def python_versions(*names: str) -> dict[str, str]:
    """Versions of Python and of packages."""
    return {"Python": platform.python_version(), **{name: version(name) for name in names}}


def model_versions() -> dict[str, str]:
    """Versions of all that a model's numbers may depend on in their last digits."""
    return python_versions("numpy", "scipy", "numba")


def digest(text: str) -> str:
    """Hexadecimal SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def sources_digest(*roots: str) -> str:
    """Hexadecimal SHA-256 of modules of this project and of all of ours that they import.

    Found, not listed, so that no source that shapes a result can be forgotten: imports count
    wherever they stand, but for those under TYPE_CHECKING, and with a module the packages that it
    is in. Data that these modules read are not in it: they belong in a key by their values.

    Raises FileNotFoundError for a root that there isn't.
    """
    found: dict[str, str] = dict.fromkeys(roots, "")
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        path = _file(module)
        found[module] = text = path.read_text(encoding="utf-8")
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        imported = {module.rpartition(".")[0], *_imports(ast.parse(text), package)}
        new = {name for name in imported - found.keys() if _is_ours(name)}
        found |= dict.fromkeys(new, "")
        waiting += new
    return digest("".join(f"{name}\n{text}" for name, text in sorted(found.items())))


def _imports(tree: ast.AST, package: str) -> Iterator[str]:
    """All that may be a module among what a tree imports when it runs; `package` is the tree's."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            yield source
            # What is imported from a package may be modules.
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in _names(node.test):
            yield from _imports(ast.Module(node.orelse, []), package)
        else:
            yield from _imports(node, package)


def _names(expression: ast.expr) -> tuple[str, str]:
    """`TYPE_CHECKING` is imported by itself or as a part of typing."""
    return getattr(expression, "id", ""), getattr(expression, "attr", "")


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in _OURS and _file(name).is_file()


def _file(module: str) -> Path:
    """The file of a module or package."""
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

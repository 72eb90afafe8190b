"""The site of the documentation: what the hooks in docs/site do; a warning ends `make docs`."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from pages import page_text

from cosim.workbench.places import ROOT

pytest.importorskip("mkdocs", reason="the site's tools aren't installed: make docs")

SITE = ROOT / "docs" / "site"
PAGE = """\
# Small

A formula, $a < b$, [the netlist](cells/one.cir) and [another page](docs/other.md#second).

| a table | of two |
|---|---|
| `x` | y |
"""
OTHER = "# Other\n\n## Second\n\n[Back](../README.md)\n"


@pytest.fixture
def build(tmp_path):
    """Function that builds a site of two pages as `make docs` does; gives status and output."""
    shutil.copytree(SITE, tmp_path / "docs" / "site")
    text = page_text("mkdocs.yml")
    nav = "nav: [README.md, docs/other.md]\n"
    text = re.sub(r"^nav:\n(?: .*\n)+", nav, text, flags=re.M)
    text = re.sub(r"^watch: .*\n", "", text, flags=re.M)
    tmp_path.joinpath("mkdocs.yml").write_text(text, encoding="utf-8")
    tmp_path.joinpath("cells").mkdir()
    tmp_path.joinpath("cells", "one.cir").write_text("* one\n.subckt one\n.ends one\n", "utf-8")
    [words] = re.findall(r"/mkdocs (build.*)$", page_text("Makefile"), re.M)

    def run(page=PAGE, other=OTHER):
        tmp_path.joinpath("README.md").write_text(page, encoding="utf-8")
        tmp_path.joinpath("docs", "other.md").write_text(other, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "mkdocs", *words.split()],
            cwd=tmp_path,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
            capture_output=True,
            encoding="utf-8",
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_site_is_that_of_the_repository_and_loads_nothing_from_elsewhere(build, tmp_path):
    status, output = build()
    assert status == 0, output
    site = tmp_path / "build" / "site"
    home = site.joinpath("index.html").read_text(encoding="utf-8")
    assert "<math" in home and "arithmatex" not in home
    assert 'href="cells/one.cir.html"' in home and 'href="docs/other.html#second"' in home
    netlist = site.joinpath("cells", "one.cir.html").read_text(encoding="utf-8")
    assert ".subckt one" in re.sub(r"<[^>]+>", "", netlist)
    assert [*site.glob("assets/stylesheets/main.*.css")]
    for path in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|link|img|iframe)[^>]*"(https?://[^"]*)"', path.read_text("utf-8")
        )
        assert not loaded


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("docs/other.md#second", "docs/missing.md"), "docs/missing.md"),
        (("#second", "#third"), "#third"),
        (("cells/one.cir", "cells/two.cir"), "cells/two.cir"),
    ],
)
def test_a_link_that_leads_nowhere_ends_it(build, change, named):
    status, output = build(PAGE.replace(*change))
    assert status != 0
    assert named in output


def test_a_page_that_the_navigation_lacks_ends_it(build, tmp_path):
    tmp_path.joinpath("docs", "lost.md").write_text("# Lost\n", encoding="utf-8")
    status, output = build()
    assert status != 0
    assert "docs/lost.md" in output


def test_fields_of_a_docstring_become_a_list(monkeypatch):
    monkeypatch.syspath_prepend(SITE)
    from docstrings import with_list

    text = "Settings.\n\nwide, high: sizes, m.\nname: of it,\n    in full.\n\nRaises:\n    x: y."
    assert with_list(text) == (
        "Settings.\n\n- `wide, high`: sizes, m.\n- `name`: of it,\n    in full.\n\n"
        "Raises:\n    x: y."
    )

"""The page on all results: what it shows, that its links lead somewhere, and how it looks."""

import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import browser
import pytest

from cosim import cli
from cosim.cells.runner import NOT_RUN, BenchConditions
from cosim.cells.sheet import Sheet
from cosim.cells.specification import QuantityCheck
from cosim.experiments import overview
from cosim.workbench.checks import Check
from cosim.workbench.report import Report
from cosim.workbench.style import save
from ebn_model.errors import InputError

CONFIG = """\
kind = "{kind}"
title = "{title}"
first_die = 10000

[network]
seed = 7
"""
LONG = "a quantity whose name is as long as those of real ones"


class FakeKind:
    """A kind whose reports are stated."""

    def __init__(self, report):
        self._report = report

    def read(self, file, _request):
        return [file]

    def report(self, experiments):
        if self._report is None:
            raise InputError("no current results of it: run it first")
        return [self._report]


def one_report(folder, title, passed):
    from matplotlib.figure import Figure

    folder.mkdir()
    save(lambda: Figure(figsize=(7, 2)), [folder / "figure.png", folder / "figure.pdf"])
    folder.joinpath("summary.json").write_text("{}", encoding="utf-8")
    checks = [
        Check("model against circuit", LONG, "≥ 97 %", "99.3 % (149 of 150)", passed),
        Check("model against circuit", "only shown", "", "3", None),
    ]
    return Report(title, folder, checks)


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The page on three experiments, of which one has no results."""
    kinds = {
        "neuron": FakeKind(one_report(tmp_path / "first results", "First", True)),
        "dies": FakeKind(one_report(tmp_path / "second", "Second, with more", False)),
        "mine": FakeKind(None),
    }
    names = []
    for kind, title in zip(kinds, ("First", "Second", "Third"), strict=True):
        path = tmp_path / f"{title.lower()}.toml"
        path.write_text(CONFIG.format(kind=kind, title=title), encoding="utf-8")
        names.append(str(path))
    limits = QuantityCheck("gain", "gain", "", None, 1.0, None, 1.01, True, "")
    sheets = [Sheet("decision", [limits]), Sheet("row", [], NOT_RUN)]
    monkeypatch.setattr(overview, "experiment_names", lambda: names)
    monkeypatch.setattr(overview, "kind_of", lambda file: kinds[file.kind])
    monkeypatch.setattr(overview, "stored_sheets", lambda *_: sheets)
    monkeypatch.setattr(overview, "overview_page", lambda: tmp_path / "report.html")
    return overview.write_overview()


@pytest.fixture
def parsed(page):
    text = page.read_text(encoding="utf-8")
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))


def lines(table):
    return [["".join(cell.itertext()) for cell in row.iter("td")] for row in table.iter("tr")][1:]


def test_all_verdicts_stand_in_one_table(parsed):
    assert lines(next(parsed.iter("table"))) == [
        ["The learning neuron", "First", "passed", "1 of 1"],
        ["Dies", "Second", "failed", "0 of 1"],
        ["Others", "Third", "no current results", ""],
        ["Cells", "Datasheet", "passed", "1 of 1 benches"],
    ]


def test_a_datasheet_that_failed_fails_the_page(tmp_path):
    conditions = BenchConditions()
    for passed in (True, False):
        limits = QuantityCheck("gain", "gain", "", None, 1.0, None, 1.01, passed, "")
        sheets = [Sheet("decision", [limits]), Sheet("row", [], NOT_RUN)]
        assert overview._document([], sheets, tmp_path, conditions).passed is passed


def test_what_failed_fails_the_page(parsed):
    stamp = parsed.find("body/p")
    assert stamp.get("class") == "failed"


def test_each_experiment_has_its_section(parsed):
    text = "".join(parsed.find("body").itertext())
    assert [heading.text for heading in parsed.iter("h2")] == [
        "All",
        "First",
        "Second",
        "Third",
        "Datasheet of the cells",
        "Versions",
    ]
    assert "ebn-cosim run first\nfirst_die = 10000\nnetwork.seed = 7" in text
    assert "no current results of it: run it first" in text
    assert "Second, with more" in text
    assert "99.3 % (149 of 150)" in text
    assert len(list(parsed.iter("img"))) == 2


def test_every_link_leads_somewhere(page, parsed):
    anchors = [element.get("id") for element in parsed.iter() if element.get("id")]
    assert len(set(anchors)) == len(anchors)
    targets = [link.get("href") for link in parsed.iter("a")]
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in anchors
        else:
            assert (page.parent / unquote(target)).exists(), target
    files = {Path(target).name for target in targets if not target.startswith("#")}
    assert {"figure.pdf", "summary.json", "second"} <= files


def test_the_command_says_where_the_page_is(page, capsys):
    assert cli.main(["overview"]) == 0
    assert capsys.readouterr().out.strip() == str(page)


@pytest.mark.skipif(not browser.CHROMIUM, reason="chromium isn't installed: make browser")
@pytest.mark.parametrize("width", [1100, 400])
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_read_on_a_screen_and_on_a_phone(page, width, dark):
    found = browser.seen(page, width, dark)
    assert found["pictures"]
    assert found["width"] <= width
    if width == 1100:
        assert found["tables"] == 0
    shades = [sum(map(int, re.findall(r"\d+", found[name])[:3])) for name in ("text", "page")]
    assert (shades[0] > shades[1] + 300) if dark else (shades[1] > shades[0] + 300)

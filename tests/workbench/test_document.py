import base64
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from cosim.workbench.document import (
    Cell,
    Document,
    Listing,
    Paragraph,
    Picture,
    Section,
    Table,
    to_html,
    to_markdown,
)
from ebn_model.errors import InputError

DATA = b"\x89PNG of a kind"
DOCUMENT = Document(
    "A <title> & more",
    True,
    [
        Section(
            "First",
            "first",
            [
                Paragraph("I_mem < 3 & *plain*"),
                Table(
                    ("name", "value | unit"),
                    [
                        (Cell("a|b"), Cell("1", link="the-figure")),
                        (Cell("<b>"), Cell("failed", passed=False)),
                    ],
                    "a caption",
                ),
            ],
        ),
        Section(
            "Second",
            "second",
            [Picture("one.png", "What it shows", "the-figure"), Listing("a < b")],
        ),
    ],
)


@pytest.fixture(scope="module")
def page():
    return parsed(DOCUMENT)


def parsed(document):
    """The page of a document."""
    html = to_html(document, {"one.png": DATA})
    return ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>"))


def test_html_is_well_formed_and_shows_text_as_it_is(page):
    assert page.find("head/title").text == "A <title> & more"
    assert page.find("body/p[2]").text == "I_mem < 3 & *plain*"
    assert page.find("body/pre").text == "a < b"
    cells = ["".join(cell.itertext()) for cell in page.iter("td")]
    assert cells == ["a|b", "1", "<b>", "failed"]
    assert page.find(".//caption").text == "a caption"


def test_the_verdict_is_seen(page):
    stamp = page.find("body/p")
    assert stamp.get("class") == "passed"
    assert "".join(stamp.itertext()).strip() == "passed"
    assert [cell.get("class") for cell in page.iter("td")] == [None, None, None, "failed"]


def test_a_verdict_on_nothing_is_not_passed():
    nothing = replace(DOCUMENT, passed=None)
    stamp = parsed(nothing).find("body/p")
    assert stamp.get("class") != "passed"
    assert "".join(stamp.itertext()).strip() == "nothing judged"
    assert "**nothing judged**" in to_markdown(nothing)


def test_pictures_are_in_the_page(page):
    source = page.find(".//img").get("src")
    assert source == "data:image/png;base64," + base64.b64encode(DATA).decode()
    assert DOCUMENT.pictures == ["one.png"]


def test_every_link_has_its_target(page):
    targets = {element.get("id") for element in page.iter() if element.get("id")}
    links = {element.get("href") for element in page.iter("a")}
    assert links == {"#first", "#second", "#the-figure"}
    assert {link.removeprefix("#") for link in links} <= targets


def test_markdown_has_the_same_content():
    lines = to_markdown(DOCUMENT).splitlines()
    assert lines[0] == r"# A \<title\> & more"
    assert "**passed**" in lines
    assert r"I\_mem \< 3 & \*plain\*" in lines
    table = lines.index(r"| name | value \| unit |")
    assert lines[table + 1] == "| --- | --- |"
    assert lines[table + 2] == r"| a\|b | [1](#the-figure) |"
    assert lines[table + 3] == r"| \<b\> | failed |"
    assert "![What it shows](one.png)" in lines
    assert '<a id="the-figure"></a>' in lines
    listing = lines.index("a < b")
    assert lines[listing - 1] == lines[listing + 1] == "```"


def test_markdown_keeps_blank_lines_between_blocks():
    text = to_markdown(DOCUMENT)
    assert not re.search(r"[^\n|]\n\|", text)
    assert re.search(r"\|\n\n", text)


def test_a_failed_document_says_so():
    failed = Document("x", False, [])
    assert "**failed**" in to_markdown(failed)
    assert 'class="failed"' in to_html(failed, {})


def test_a_row_must_fit_its_header():
    with pytest.raises(InputError, match="1 cells under 2 headings: odd"):
        Table(("a", "b"), [[Cell("1")]], "odd")


def test_a_picture_must_be_there():
    with pytest.raises(Exception, match=r"one\.png"):
        to_html(DOCUMENT, {})

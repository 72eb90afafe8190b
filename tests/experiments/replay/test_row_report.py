import re
import shutil
from xml.etree import ElementTree

import browser
import pytest
from PIL import Image
from synthetic_rows import case, outcome, run, same_case, score

from cosim.comparison.tolerances import ReplayTolerances, ReportSettings
from cosim.experiments.replay import report as report_module
from cosim.experiments.replay.report import make_report
from cosim.workbench.json_files import to_json
from cosim.workbench.output import OutputError

SCORES = {
    "model": score(0.10),
    "circuit": score(0.11, 0.25, 13.5, 0.4, None, None),
}


def differing_case():
    circuit = run((9.35, 9.0, 8.0, 9.0), (0, 0, 1, 0))
    return case(circuit, run((9.45, 9.0, 8.0, 9.0), (-1, 0, 1, 0)))


def made(folder, rows, network=None, missing=(), **changes):
    tolerances, found = ReplayTolerances(**changes), outcome(rows, network, missing=missing)
    return make_report(found, tolerances, ReportSettings(), folder)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    rows = {1: same_case(), 4: differing_case()}
    return made(tmp_path_factory.mktemp("replay"), rows, SCORES, missing=[7])


@pytest.fixture(scope="module")
def page(report):
    text = report.page.read_text(encoding="utf-8")
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))


def table(page, caption):
    """Rows of texts of the table with a caption that begins so, or under a heading."""
    for one in page.iter("table"):
        found = one.find("caption")
        if found is not None and found.text.startswith(caption):
            return [["".join(cell.itertext()) for cell in row] for row in one.iter("tr")]
    raise LookupError(caption)


def test_the_page_needs_nothing_else(report, page):
    text = report.page.read_text(encoding="utf-8")
    assert not re.search(r"https?:|<script|<link|@import|url\(", text)
    sources = [image.get("src") for image in page.iter("img")]
    assert sources
    assert all(source.startswith("data:image/png;base64,") for source in sources)


@pytest.mark.skipif(not browser.CHROMIUM, reason="chromium isn't installed: make browser")
@pytest.mark.parametrize("width", [1100, 400])
def test_it_is_read_on_a_screen_and_on_a_phone(report, width, tmp_path):
    page = tmp_path / "report.html"
    shutil.copy(report.page, page)
    found = browser.seen(page, width)
    assert found["pictures"]
    assert found["width"] <= width
    # On a phone tables scroll, each by itself.
    assert found["tables"] == 0 if width == 1100 else found["tables"] > 0


def test_every_link_leads_somewhere(page, report):
    targets = {element.get("id") for element in page.iter() if element.get("id")}
    links = {element.get("href").removeprefix("#") for element in page.iter("a")}
    assert "worst-1" in links
    assert links <= targets
    text = (report.page.parent / "report.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= set(re.findall(r'<a id="([\w-]+)"', text))


def test_figures_are_beside_the_markdown(report):
    folder = report.page.parent
    text = (folder / "report.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\((\w+\.png)\)", text))
    assert named == {path.name for path in folder.glob("*.png")}
    assert {"weights.png", "stretch.png", "worst_1.png"} <= named
    with Image.open(folder / "weights.png") as image:
        assert image.width == 1400


def test_a_missing_row_is_shown_and_fails_the_verdict(report, page):
    assert not report.passed
    assert report.metrics["missing_rows"] == [7]
    assert report.metrics["rows"] == 2
    lines = table(page, "One step: share")
    assert [line[0] for line in lines] == ["row", "1", "4", "7"]
    assert lines[3][1] == "missing"
    stamp = page.find("body/p")
    assert stamp.get("class") == "failed"
    assert "missing: 7" in "".join(page.find("body").itertext())


def test_rows_tell_how_well_they_agree(page):
    _, same, differing, _ = table(page, "One step: share")
    assert same[1:6] == ["4", "100.00%", "0", "100.00%", "0.0000"]
    assert same[-2:] == ["none", "none"]
    assert differing[2:5] == ["100.00%", "0", "75.00%"]
    assert differing[-2:] == ["membrane", "2: 1 LSB, membrane"]


def test_confusion_matrices_are_shown(page):
    assert table(page, "Along the traj") == [
        ["circuit", "model INC", "model SL", "model DEC"],
        ["INC", "2", "0", "0"],
        ["SL", "0", "4", "1"],
        ["DEC", "0", "0", "1"],
    ]


def test_worst_cases_are_listed_with_reason_and_figure(page):
    worst = table(page, "Decisions: the worst 1 of 1")[1]
    assert worst[1:4] == ["4", "2", "5.00"]
    assert worst[4:7] == ["SL", "SL", "DEC"]
    assert worst[-1] == "membrane"
    synapse = table(page, "Synapses: the worst 1 of 1")[1]
    assert synapse[:3] == ["4", "2", "1"]
    reasons = {line[0]: line[1] for line in table(page, "Reasons")[1:]}
    assert reasons["membrane"] == "1"
    assert reasons["unexplained"] == "0"


def test_the_network_is_shown_with_what_could_not_be_told(page, report):
    _, model, circuit = table(page, "Means over validation")
    assert model == ["model", "0.1000", "0.2000", "0.3000", "12.00", "0.900", "1.000"]
    assert circuit[-2:] == ["–", "–"]
    assert report.metrics["network"]["circuit"]["lag"] is None
    assert to_json(report.metrics)


def test_what_it_takes_to_repeat_the_run(page):
    text = "".join(page.find("body").itertext())
    for fact in ("--set x=<1>", "seed of network", "4711", "ngspice", "0123abcd", "1 s & more"):
        assert fact in text
    assert '"dead_band": 1e-11' in text


def test_equal_rows_pass(tmp_path):
    report = made(tmp_path, {0: same_case()})
    assert report.passed
    assert report.metrics["one_step_agreement"] == 1
    assert report.metrics["final_weight_correlation"] == 1
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "**passed**" in text
    assert "Not scored." in text


def test_without_any_row_there_is_a_report_that_fails(tmp_path):
    report = made(tmp_path, {}, missing=[3])
    assert not report.passed
    assert report.metrics["one_step_agreement"] is None
    assert report.page.is_file()
    assert list(report.page.parent.glob("*.png")) == []


def test_the_same_outcome_gives_the_same_bytes(tmp_path):
    rows = {4: differing_case()}
    first, second = (made(tmp_path / name, rows).page.read_bytes() for name in "ab")
    assert first == second


def test_fewer_worst_cases_leave_no_old_figures(tmp_path):
    made(tmp_path, {4: differing_case()})
    assert (tmp_path / "report" / "worst_1.png").is_file()
    made(tmp_path, {4: same_case()})
    assert not (tmp_path / "report" / "worst_1.png").exists()


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    old = made(tmp_path, {0: same_case()}).page.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report_module, "to_markdown", full)
    with pytest.raises(OutputError, match="No space left"):
        made(tmp_path, {4: differing_case()})
    assert (tmp_path / "report" / "report.html").read_bytes() == old
    assert [path.name for path in tmp_path.iterdir()] == ["report"]

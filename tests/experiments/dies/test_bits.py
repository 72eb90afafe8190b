"""Yield against the bits of a trim: which cases belong together, and the figure."""

import pytest

from cosim.experiments.dies.bits import yields_by_bits
from cosim.experiments.dies.bits_figure import make_bits_figure
from cosim.experiments.dies.population import yield_of
from cosim.experiments.dies.settings import read_dies
from cosim.workbench.experiment_files import read_file
from cosim.workbench.style import save

STIMULUS = '[stimulus]\nspikes = ["4 ms", "9 ms"]\nduration = "12 ms"\nstart_weight = 8\n'
CASES = {
    "plain": "label = 'plain run'",
    "six": "trim = { bits = 6, biases = { i_sl = {} } }",
    "two": "trim = { bits = 2, biases = { i_sl = {} } }",
    "wide": "trim = { bits = 2, biases = { i_sl = { range = 0.8 } } }",
    "alone": "biases = 'rule'\ntrim = { bits = 2, biases = { i_sl = {} } }",
    "rule_two": "biases = 'network'\ntrim = { bits = 2, biases = { i_sl = {} } }",
    "rule_three": "biases = 'network'\ntrim = { bits = 3, biases = { i_sl = {} } }",
}
SETTLED = dict(zip(CASES, (20, 39, 30, 33, 1, 2, 3), strict=True))


@pytest.fixture
def by_bits(tmp_path):
    tmp_path.joinpath("stimulus.toml").write_text(STIMULUS, encoding="utf-8")
    cases = (
        f"[cases.{name}]\nsimulation = 'stimulus.toml'\n{text}\n" for name, text in CASES.items()
    )
    path = tmp_path / "bits.toml"
    path.write_text('kind = "dies"\n' + "".join(cases), encoding="utf-8")
    yields = {
        name: yield_of({die: {"settled": die < settled} for die in range(40)})
        for name, settled in SETTLED.items()
    }
    return yields_by_bits(read_dies(read_file(str(path))), yields)


def test_cases_that_differ_in_bits_only_belong_together(by_bits):
    """The untrimmed one to each; one alone shows nothing of bits."""
    assert {
        label: {bits: one.settled for bits, one in every.items()}
        for label, every in by_bits.items()
    } == {
        "plain run": {0: 20, 2: 30, 6: 39},
        "plain run (wide)": {0: 20, 2: 33},
        "stimulus.toml, table network": {2: 2, 3: 3},
    }
    assert [*by_bits["plain run"]] == [0, 2, 6]


def test_the_figure_has_each_yield_with_its_interval(by_bits, tmp_path):
    figure = make_bits_figure(by_bits)
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["none", "2", "3", "6"]
    assert [label.get_text() for label in axes.get_legend().get_texts()] == [*by_bits]
    for container, yields in zip(axes.containers, by_bits.values(), strict=True):
        points, _, [bars] = container.lines
        assert list(points.get_ydata()) == [one.share for one in yields.values()]
        ends = [tuple(segment[:, 1]) for segment in bars.get_segments()]
        for found, one in zip(ends, yields.values(), strict=True):
            assert found == pytest.approx((one.low, one.high))
    assert {text.get_text() for text in axes.texts} >= {"20/40", "30/40", "39/40"}
    path = tmp_path / "bits.png"
    save(lambda: make_bits_figure(by_bits), [path])
    assert path.stat().st_size > 10_000

import re

import pytest

from cosim.speed import neuron as speed

pytestmark = pytest.mark.ngspice

DECK = """\
a deck of somebody else
.model n nmos level=1
.subckt pair a b
m1 a b 0 0 n
m2 b a 0 0 n
.ends
v1 in 0 pulse(0 1 1u)
x1 in x pair
x2 in y pair
m3 in in 0 0 n
.include resistors.inc
.tran 10n 5u
.print tran v(x)
.end
"""


@pytest.fixture
def deck(tmp_path):
    """A deck of five transistors, with an include relative to it."""
    path = tmp_path / "other.cir"
    path.write_text(DECK)
    path.with_name("resistors.inc").write_text("r1 x 0 1k\nr2 y 0 1k\n")
    return path


@pytest.fixture
def short(monkeypatch):
    """The bench itself, with as little to simulate as possible."""
    monkeypatch.setattr(speed, "SHORTENED", ("stimulus.count=1", "stimulus.duration=5.1 ms"))
    monkeypatch.setattr(speed, "REPETITIONS", 1)


def test_views_and_a_deck_are_measured_and_compared(short, deck, capsys):
    assert speed.main(["--deck", str(deck)]) == 0
    *runs, alone, transistor, mixed = capsys.readouterr().out.splitlines()
    row = r"(.*\S) +(\d+\.\d+) s   (\d+) time points   (\d+) transistors   (\d+) MB"
    table = {match[1]: match for match in (re.fullmatch(row, run) for run in runs)}
    assert list(table) == ["mixed view", "transistor view", "ngspice -b", "other.cir"]
    assert table["transistor view"][3] == table["ngspice -b"][3]
    counts = [int(match[4]) for match in table.values()]
    assert counts[1] == counts[2] > 2 * counts[0] > 0
    assert counts[3] == 5
    seconds = {name: float(match[2]) for name, match in table.items()}
    for line, name, reference, goal in (
        (alone, "transistor view", "ngspice -b", 1.05),
        (transistor, "transistor view", "other.cir", 0.6),
        (mixed, "mixed view", "other.cir", 0.1),
    ):
        ratio = re.fullmatch(rf"{name} / {reference}: (.*) \(goal: at most {goal}\)", line)[1]
        rounding = 0.01 / min(seconds[name], seconds[reference])
        assert float(ratio) == pytest.approx(seconds[name] / seconds[reference], rel=rounding)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.unlink(), "bench: no such deck: .*other.cir"),
        (lambda path: path.write_text(DECK.replace("pair\n", "pear\n")), "bench: .*pear"),
        (lambda path: path.write_text("no analysis\nr1 1 0 1\n.end\n"), "bench: "),
    ],
)
def test_a_deck_that_fails_is_an_error(short, deck, capsys, change, message):
    change(deck)
    assert speed.main(["--deck", str(deck)]) == 2
    assert re.match(message, capsys.readouterr().err, re.DOTALL)

"""Nothing in a deck undoes what its conditions and bias table state."""

import pytest

from cosim.cells.bench import bench_job
from cosim.circuits.conditions import Conditions, deck_under, whole_deck
from cosim.technologies.technology import FOLDER
from cosim.workbench.errors import DeckError

HOT = Conditions(temperature="85 °C", corner="ss")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".temp 27", r"^bench:2: '\.temp 27': a run's conditions state its temperature"),
        (".options reltol=1e-5 temp=27", "conditions state its temperature"),
        (".param supply=1.8", r"^bench:2: '\.param supply=1.8' sets supply"),
        (".param upper=1\n+ dvt_n=0", r"^bench:2: .* sets dvt_n"),
        (".param i_rest=5n", "sets i_rest"),
    ],
)
def test_a_line_that_does_is_named(biases, text, message):
    deck = deck_under("test", HOT).append(f".param i_rest={biases.i_rest!r}", "biases")
    with pytest.raises(DeckError, match=message):
        whole_deck(deck.append(f"* a bench\n{text}", "bench"), HOT)


def test_what_is_a_cells_own_may_have_any_name():
    deck = deck_under("test", HOT).append(
        ".param upper=1 ; supply=2\n.options reltol=1e-5\n.subckt s a\n.param supply=1\n.ends",
        "bench",
    )
    assert whole_deck(deck, HOT).lines


@pytest.mark.parametrize(("undone", "value"), [("supply", 1.2), ("dvt_n", 0.0)])
def test_a_library_of_ones_own_does_not_either(project, undone, value):
    folder = project / "technology"
    facts = FOLDER.joinpath("generic180.toml").read_text(encoding="utf-8")
    wrappers = FOLDER.joinpath("generic180.spice").read_text(encoding="utf-8")
    folder.joinpath("mine.toml").write_text(
        facts.replace('"generic180.spice"', '"mine.spice"'), encoding="utf-8"
    )
    conditions = Conditions(technology=str(folder / "mine.toml"), corner="ss")
    folder.joinpath("mine.spice").write_text(f"{wrappers}.lib more.lib tt\n", encoding="utf-8")
    library = folder / "more.lib"
    library.write_text(f".lib tt\n.param {undone}={value}\n.endl\n", encoding="utf-8")
    # Before the conditions, it is a default; the last one holds.
    assert whole_deck(deck_under("test", conditions), conditions).lines
    later = deck_under("test", conditions).append(f'.lib "{library}" tt', "models")
    with pytest.raises(DeckError, match=rf"more\.lib:2: .* sets {undone}"):
        whole_deck(later, conditions)


def test_a_bench_of_ones_own_runs_under_the_conditions_that_are_asked_for(project, biases):
    bench = project / "benches" / "mine.cir"
    text = ".temp 27\nv1 a 0 1\nr1 a 0 1k\n.tran 1u 2u\n.meas tran v max v(a)\n"
    bench.write_text(f"* mine\n{text}", encoding="utf-8")
    with pytest.raises(DeckError, match=r"mine\.cir:2: '\.temp 27'"):
        bench_job("mine", biases, HOT)

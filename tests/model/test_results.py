import numpy as np
import pytest

from cosim.workbench.places import ROOT
from ebn_model.errors import InputError
from ebn_model.results import SpikeTable, read_spike_table, turning_points, weight_steps

SIMULATIONS = ROOT / "Simulations"
HEADER = "spike,t_rise_ms,t_fall_ms,i_mem_rise_nA,i_mem_fall_nA,decision,weight_before,weight_after"

FALLS = (5.015e-3, 10.015e-3, 15.015e-3)
ROWS = [
    (4.005e-3, FALLS[0], 0.215e-9, 0.8937e-9, 1, 8, 9),
    (9.005e-3, FALLS[1], 8.961e-9, 9.4092e-9, 0, 9, 9),
    (14.005e-3, FALLS[2], 11.02e-9, 11.0489e-9, -1, 9, 8),
]
CUT = (19.005e-3, np.nan, 9.087e-9, np.nan, -1, 8, 8)
LINES = [
    "0,4.0050,5.0150,0.2150,0.8937,INC,8,9",
    "1,9.0050,10.0150,8.9610,9.4092,SL,9,9",
    "2,14.0050,15.0150,11.0200,11.0489,DEC,9,8",
]
CUT_LINE = "3,19.0050,,9.0870,,DEC,8,"


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def weights(table):
    return np.concatenate([table.weight_before[:1], table.weight_after])


def test_rows_become_columns():
    table = SpikeTable.from_rows([*ROWS, CUT])
    assert len(table) == 4
    assert table.t_rise.tolist() == [row[0] for row in (*ROWS, CUT)]
    assert table.weight_after.tolist() == [9, 9, 8, 8]
    assert {c.dtype.kind for c in (table.decision, table.weight_before, table.weight_after)} == {
        "i"
    }


def test_a_table_without_spikes_has_seven_empty_columns():
    table = SpikeTable.from_rows([])
    assert len(table) == 0
    assert [column.shape for column in vars(table).values()] == [(0,)] * 7


def test_the_file_has_the_published_header_and_format(tmp_path):
    SpikeTable.from_rows([*ROWS, CUT]).write_csv(tmp_path / "spikes.csv")
    assert (tmp_path / "spikes.csv").read_text().splitlines() == [HEADER, *LINES, CUT_LINE]


@pytest.mark.parametrize("rows", [ROWS, [*ROWS, CUT]], ids=["complete", "last pulse cut"])
def test_a_written_table_is_read_back(tmp_path, rows):
    written = SpikeTable.from_rows(rows)
    written.write_csv(tmp_path / "spikes.csv")
    read = read_spike_table(tmp_path / "spikes.csv")
    for name in ("decision", "weight_before", "weight_after"):
        assert getattr(read, name).tolist() == getattr(written, name).tolist()
    for name, digit in (("t", 1e-7), ("i_mem", 1e-13)):
        for edge in ("rise", "fall"):
            column = f"{name}_{edge}"
            expected = pytest.approx(getattr(written, column), abs=digit / 2, nan_ok=True)
            assert getattr(read, column) == expected


@pytest.mark.parametrize("simulation", [1, 2])
def test_the_published_tables_survive_a_round_trip(tmp_path, simulation):
    published = SIMULATIONS / f"simulation_{simulation}" / "published.csv"
    read_spike_table(published).write_csv(tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_text() == published.read_text()


def test_a_table_that_was_cut_within_a_line_is_refused(tmp_path):
    text = (SIMULATIONS / "simulation_2" / "published.csv").read_text()
    path = tmp_path / "spikes.csv"
    path.write_text(text[: len(text) // 2].rstrip("\n"), encoding="utf-8")
    with pytest.raises(InputError, match=r"spikes\.csv, line \d+: .* has no end of line"):
        read_spike_table(path)


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("t_rise_ms", "nan", "t_rise"),
        ("i_mem_rise_nA", "inf", "i_mem_rise"),
        ("i_mem_rise_nA", "", "i_mem_rise"),
        ("weight_before", "500", "weight_before"),
        ("weight_after", "-33", "weight_after"),
    ],
)
def test_values_that_no_run_has_are_refused(tmp_path, name, value, place):
    text = (SIMULATIONS / "simulation_1" / "published.csv").read_text()
    header, first, second, *rest = text.splitlines()
    cells = second.split(",")
    cells[header.split(",").index(name)] = value
    path = tmp_path / "spikes.csv"
    path.write_text("\n".join([header, first, ",".join(cells), *rest, ""]), encoding="utf-8")
    with pytest.raises(InputError, match=rf"spikes\.csv: spike 1: {place} = .* can't be"):
        read_spike_table(path)


def test_a_pulse_that_outlasts_the_run_keeps_its_weight(tmp_path):
    read = read_spike_table(write(tmp_path / "spikes.csv", HEADER, CUT_LINE))
    assert np.isnan([read.t_fall[0], read.i_mem_fall[0]]).all()
    assert read.weight_after.tolist() == [8]
    assert read.decision.tolist() == [-1]


@pytest.mark.parametrize("decision", ["", "inc", "UP", " INC", "1"])
def test_an_unknown_decision_is_refused(tmp_path, decision):
    path = write(tmp_path / "bad.csv", HEADER, LINES[0], LINES[1].replace("SL", decision))
    with pytest.raises(InputError) as error:
        read_spike_table(path)
    assert str(path) in str(error.value)
    assert f"unknown decision {decision!r}" in str(error.value)


@pytest.mark.parametrize(("old", "new"), [(",8,", ",1_2,"), ("4.0050", "4_0.05"), (",9", ",9.5")])
def test_numbers_that_are_none_are_refused(tmp_path, old, new):
    path = write(tmp_path / "bad.csv", HEADER, LINES[0].replace(old, new))
    with pytest.raises(InputError, match=r"bad\.csv: no readable table of spikes"):
        read_spike_table(path)


@pytest.mark.parametrize(
    "header",
    [
        "",
        HEADER + ",extra",
        HEADER.replace("_ms", "_s"),
        HEADER.replace("weight_before,weight_after", "weight_after,weight_before"),
        LINES[0],
    ],
)
def test_another_header_is_refused(tmp_path, header):
    path = write(tmp_path / "bad.csv", header, *LINES)
    with pytest.raises(InputError, match="header") as error:
        read_spike_table(path)
    assert str(path) in str(error.value)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "bad.csv").write_text("")
    with pytest.raises(InputError, match="header"):
        read_spike_table(tmp_path / "bad.csv")


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        ([1, 2, 3, 5], [1, 5]),
        ([5, 3, -2], [5, -2]),
        ([4, 4, 4], [4, 4]),
        ([1, 2, 2, 2, 3], [1, 3]),
        ([1, 3, 3, 3, 2], [1, 3, 2]),
        ([3, 3, 1, 1, 2, 2], [3, 1, 2]),
        ([0, 1, 0, 1, 0], [0, 1, 0, 1, 0]),
        ([8, 31, 31, -32, -32, -32, 5], [8, 31, -32, 5]),
    ],
)
def test_turning_points_of_short_sequences(sequence, expected):
    assert turning_points(np.array(sequence)) == expected


@pytest.mark.parametrize(
    ("simulation", "expected"), [(1, [8, 15, -6, 2, -2, 0]), (2, [8, 12, -30, -22, -26])]
)
def test_turning_points_of_the_published_weights(simulation, expected):
    table = read_spike_table(SIMULATIONS / f"simulation_{simulation}" / "published.csv")
    assert len(table) == 100
    assert turning_points(weights(table)) == expected


@pytest.mark.parametrize("simulation", [1, 2])
def test_every_published_weight_follows_from_its_decision(simulation):
    table = read_spike_table(SIMULATIONS / f"simulation_{simulation}" / "published.csv")
    ended = np.isfinite(table.t_fall)
    change = table.weight_after - table.weight_before
    assert change[ended].tolist() == table.decision[ended].tolist()
    assert change[~ended].tolist() == [0]


def test_the_weight_steps_at_the_falling_edges():
    table = SpikeTable.from_rows([*ROWS, CUT])
    time = np.array([0, 4.5e-3, FALLS[0] - 1e-9, FALLS[0], 12e-3, FALLS[2] - 1e-9, FALLS[2], 1.0])
    assert weight_steps(time, table, 8).tolist() == [8, 8, 8, 9, 9, 9, 8, 8]


def test_the_weight_never_steps_without_spikes():
    time = np.linspace(0, 1e-2, 5)
    assert weight_steps(time, SpikeTable.from_rows([]), -7).tolist() == [-7] * 5


def test_a_table_without_spikes_survives_a_round_trip(tmp_path):
    SpikeTable.from_rows([]).write_csv(tmp_path / "empty.csv")
    assert len(read_spike_table(tmp_path / "empty.csv")) == 0

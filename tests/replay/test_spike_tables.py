import numpy as np
import pytest

from cosim.replay.spike_files import read_spikes
from ebn_model.errors import InputError

NEST = "# NEST version: 3.6.0\n# RecordingBackendASCII version: 2\n"


@pytest.fixture
def table(tmp_path):
    """Write a file; returns the path."""

    def write(text, name="spikes.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def read(path, **options):
    return read_spikes(path, pulse_width=1e-3, slot=1e-4, **options)


def refused(path, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    message = str(caught.value)
    assert message.startswith(f"{path}, line ")
    return message.removeprefix(f"{path}, line ")


SECONDS, MILLISECONDS = "0.002,4\n0.003,3\n0.009,4\n", "2,4\n3,3\n9,4\n"
IN_ORDER = "4\t2.0\n3\t3.0\n4\t9.0\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"time,neuron\n{SECONDS}", "plain.csv"),
        (f"time_s,neuron\n{SECONDS}", "in_s.csv"),
        ("time_s,neuron\n0.002,4\n\n0.003,3\n# end\n0.009,4\n", "with_empty_lines.csv"),
        (f"time_ms, neuron\n{MILLISECONDS}", "in_ms.csv"),
        ("neuron,time_us\n4,2000\n3,3000\n4,9000\n", "in_us.csv"),
        ("neuron,time [µs]\n4,2000\n3,3000\n4,9000\n", "in_µs.csv"),
        (f"time (ms),neuron\n{MILLISECONDS}", "in_brackets.csv"),
        ('"time","neuron"\n"0.002","4"\n"0.003","3"\n"0.009","4"\n', "quoted.csv"),
        ("i,t\n4,0.002\n3,0.003\n4,0.009\n", "brian.csv"),
        ("i t\n4 0.002\n3 0.003\n4 0.009\n", "brian.txt"),
        ("# i t\n4.0e+00 2.0e-03\n3.0e+00 3.0e-03\n4.0e+00 9.0e-03\n", "brian_and_numpy.txt"),
        ("i,t/ms\n4,2\n3,3\n4,9\n", "brian_in_ms.csv"),
        ("t / msecond  i\n 2   4\n 3   3\n 9   4\n", "brian_in_msecond.dat"),
        ("i\tt [ms]\n4\t2\n3\t3\n4\t9\n", "brian_with_tabs.txt"),
        (f"{NEST}sender\ttime_ms\n{IN_ORDER}", "nest-3-0.dat"),
        (f"{NEST}# sender\ttime_ms\n{IN_ORDER}", "nest_of_version_1.dat"),
        (f"{NEST}sender\ttime_ms\n3\t3.0\n4\t2.0\n4\t9.0\n", "nest_by_neuron.dat"),
        (
            f"{NEST}sender\ttime_ms\n4\t2.0\n4\t9.0\n{NEST}sender\ttime_ms\n3\t3.0\n",
            "nest_of_two_threads.dat",
        ),
    ],
)
def test_tables_that_people_have(table, text, name):
    spikes = read(table(text, name))
    np.testing.assert_allclose(spikes.spike_times, [2e-3, 3e-3, 9e-3], rtol=1e-15)
    assert spikes.ids[spikes.spike_neurons].tolist() == [4, 3, 4]
    assert (spikes.ids.tolist(), spikes.duration) == ([3, 4], pytest.approx(14e-3))


@pytest.mark.parametrize(
    ("header", "unit", "scale"),
    [("time", "ms", 1e-3), ("time", "us", 1e-6), ("time_ms", "ms", 1e-3)],
)
def test_a_unit_that_the_option_states(table, header, unit, scale):
    path = table(f"{header},neuron\n2000,1\n3000,0\n")
    times = read(path, time_unit=unit).spike_times
    np.testing.assert_allclose(times, [2000 * scale, 3000 * scale], rtol=1e-15)


def test_a_unit_is_not_guessed(table):
    path = table("senders,times\n4,2.0\n3,3.0\n")
    assert refused(path) == ("1: states no unit of the times; give it with --time-unit (s, ms, us)")
    assert read(path, time_unit="ms").spike_times.tolist() == pytest.approx([2e-3, 3e-3])


def test_an_option_that_contradicts_the_header(table):
    path = table(f"{NEST}sender time_ms\n{IN_ORDER}", "nest.dat")
    assert refused(path, time_unit="s") == "3: times are in ms, --time-unit says s"


def test_a_unit_that_there_is_not(table):
    assert refused(table("time_min,neuron\n1,2\n")) == (
        "1: the unit of 'time_min' is none of s, ms, us"
    )


def test_times_in_steps_of_nest(table):
    path = table(f"{NEST}sender\ttime_step\ttime_offset\n1\t20\t0.0\n", "steps.dat")
    assert refused(path).startswith("3: time_step counts steps of an unknown length; record with")


@pytest.mark.parametrize(
    ("text", "line", "header"),
    [
        ("", 1, ""),
        ("\n\n", 2, ""),
        ("# nothing\n", 1, ""),
        ("0.001,1\n", 1, "0.001,1"),
        ("\n0.001 1\n", 2, "0.001 1"),
        ("t,neuron\n0.001,1\n", 1, "t,neuron"),
        ("time,time_ms\n0.001,1\n", 1, "time,time_ms"),
        ("time,neuron,weight\n0.001,1,3\n", 1, "time,neuron,weight"),
        (",i,t\n0,3,0.001\n", 1, ",i,t"),
        (f"{NEST}sender time_ms V_m\n3 1.0 -70\n", 3, "sender time_ms V_m"),
    ],
)
def test_another_header(table, text, line, header):
    message = refused(table(text))
    assert message.startswith(f"{line}: the header is {header!r}; it must be like 'time_ms,neuron'")
    for example in ("'i,t' (Brian2)", "'sender time_ms' (NEST)"):
        assert example in message


@pytest.mark.parametrize("text", ["i,t\n4,0.002\n{}\n", f"{NEST}sender time_ms\n4 2.0\n{{}}\n"])
@pytest.mark.parametrize(
    "line",
    ["4", "4,0.003,1", "4 0.003 1", "x,0.003", "4,", "\0\0", "1_2,0.003", "1_2 0.003", "１ 0.003"],
)
def test_a_line_that_is_not_two_numbers(table, text, line):
    text = text.format(line)
    number = text.splitlines().index(line) + 1
    assert refused(table(text)) == f"{number}: {line!r} is not two numbers"


@pytest.mark.parametrize("last", ["0.003,12", "0.003,1", "0.003,", "0.003", "0.0"])
def test_a_last_line_that_is_cut_off(table, last):
    """Of 0.003,12 and a newline; half a number would be another neuron."""
    path = table(f"time,neuron\n0.002,1\n{last}")
    assert refused(path).startswith(f"3: {last!r} has no end of line, so that it may be cut off")


def test_lines_of_an_unordered_table_are_named_where_they_stand(table):
    text = f"{NEST}sender time_ms\n3 9.0\n4 2.0\n4 9.0\n3 3.0\n{{}}\n"
    assert refused(table(text.format("4 2.0"), "nest.dat")).startswith(
        "8: the same neuron at 0.002 s again"
    )
    assert refused(table(text.format("4 nan"), "nest.dat")) == "8: the time is nan"
    assert refused(table(text.format("-1 4.0"), "nest.dat")).startswith("8: neuron -1 is no number")

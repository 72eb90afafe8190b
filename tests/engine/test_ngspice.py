import re

import numpy as np
import pytest
from PySpice.Spice.NgSpice.Shared import NgSpiceShared

from cosim.engine import ngspice as ngspice_module
from cosim.engine.deck import Deck
from cosim.engine.job import Job
from cosim.engine.library import find_library
from cosim.engine.netlist import Line
from cosim.engine.ngspice import NgSpice
from cosim.engine.worker import run_jobs
from cosim.workbench.errors import CosimError, DeckError, LostEdgeError, SimulationError

pytestmark = pytest.mark.ngspice

RC = """\
v1 in 0 1
r1 in out 1k
c1 out 0 1n ic=0
.tran 10n 5u uic
"""
LONG_RC = RC.replace("10n 5u", "10n 3m 0 10n")
DIVIDER = "v1 in 0 2\nr1 in out 1k\nr2 out 0 1k\n"
PULSES = "v1 in 0 pwl(0 0 1u 0 1.1u 1 3u 1 3.1u 0)\nr1 in out 1k\nc1 out 0 1p\n.tran 10n 5u\n"


def job(text, *vectors, **expectations):
    # Not appended, so that ngspice also gets what a deck would refuse.
    numbered = enumerate(text.splitlines(), start=1)
    lines = tuple(Line(line, "bench", number) for number, line in numbered if line)
    return Job("a run", Deck("error in the title", lines), vectors, **expectations)


def run(job):
    """In a process of its own, as most faults spoil the library."""
    return next(run_jobs([job]))[1]


@pytest.fixture(scope="module")
def ngspice():
    return NgSpice()


def test_rc_charges_as_in_closed_form(ngspice):
    vectors = ngspice.simulate(job(RC, "V(out)", "i(v1)", t_stop=5e-6))
    expected = 1 - np.exp(-vectors["time"] / 1e-6)
    assert list(vectors) == ["time", "v(out)", "i(v1)"]
    np.testing.assert_allclose(vectors["v(out)"], expected, atol=1e-3)
    np.testing.assert_allclose(vectors["i(v1)"][1:], (expected[1:] - 1) / 1e3, atol=1e-6)
    assert vectors["v(out)"].dtype == np.float64


def test_dc_sweep(ngspice):
    vectors = ngspice.simulate(job(DIVIDER + ".dc v1 0 1 0.25", "v(out)"))
    np.testing.assert_allclose(vectors["v-sweep"], [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(vectors["v(out)"], vectors["v-sweep"] / 2)


def test_operating_point(ngspice):
    vectors = ngspice.simulate(job(DIVIDER + ".op", "v(out)"))
    assert list(vectors) == ["v(out)"]
    np.testing.assert_allclose(vectors["v(out)"], [1])


def test_without_names_all_that_is_saved_is_returned(ngspice):
    assert set(ngspice.simulate(job(RC))) == {"time", "in", "out", "v1#branch"}
    assert set(ngspice.simulate(job(RC + ".save v(out)\n"))) == {"time", "out"}


def test_same_deck_gives_same_bytes(ngspice):
    first, second = (ngspice.simulate(job(RC)) for _ in range(2))
    fresh = run(job(RC))
    for name, values in first.items():
        assert values.tobytes() == second[name].tobytes() == fresh[name].tobytes()


@pytest.mark.parametrize("copies", [1, 500])
def test_raw_file_has_header_and_data(ngspice, tmp_path, copies):
    """500 names are more than fit into one command of ngspice."""
    path = tmp_path / "A new folder" / "Out.raw"
    vectors = ngspice.simulate(job(RC, *["v(out)"] * copies, raw_path=path))
    header, _, data = path.read_bytes().partition(b"Binary:\n")
    points = int(re.search(rb"No\. Points: (\d+)", header)[1])
    variables = int(re.search(rb"No\. Variables: (\d+)", header)[1])
    assert points == vectors["time"].size
    table = np.frombuffer(data).reshape(points, variables)
    names = re.findall(rb"\t\d+\t(\S+)", header)
    np.testing.assert_array_equal(table[:, names.index(b"time")], vectors["time"])
    column = names.index(b"v(out)" if b"v(out)" in names else b"out")
    np.testing.assert_array_equal(table[:, column], vectors["v(out)"])


def test_benign_warnings_do_not_fail_a_run(ngspice, tmp_path, monkeypatch):
    """BSIM3 complains about the missing perimeters on stderr, and ngspice about the resistor."""
    monkeypatch.chdir(tmp_path)  # BSIM3 leaves a file b3v33check.log.
    deck = """\
v1 d 0 1
m1 d d 0 0 nch w=1u l=1u pd=0 ps=0
r1 d 0 0
.model nch nmos level=8 version=3.3.0
.dc v1 0 1 0.1
"""
    assert ngspice.simulate(job(deck, "v(d)"))["v(d)"].size == 11


DECK_FAULTS = {
    "undefined parameter": (
        "v1 in 0 1\n\nr1 in 0 {load}\n.op",
        r"bench:3: Undefined parameter \[load\]",
    ),
    "undefined parameter in a subcircuit": (
        ".subckt cell a b\nr1 a b 1k\nc1 a b {load}\n.ends\nx1 1 0 cell\n.op",
        r"bench:3: Undefined parameter \[load\]",
    ),
    "bad expression": (
        ".param a={sqrt(}\nr1 1 0 {a}\n.op",
        r'bench:1: (Closing "\)" not found|Formula\(\) error: \.param a=)',
    ),
    "unknown model": (
        "v1 d 0 1\nm1 d d 0 0 nosuch w=1u l=1u\n.op",
        r"bench:2: could not find a valid modelname: m1 d d 0 0 nosuch",
    ),
    "unknown model in a subcircuit": (
        "x1 1 0 cell\n.subckt cell a b\nm1 a a b b nosuch\n.ends\n.op",
        r"bench:3: could not find a valid modelname: m\.x1\.m1 1 1 0 0 nosuch",
    ),
    "unknown subcircuit": (
        "v1 in 0 1\nx1 in 0 nosuch\n.op",
        r"bench:2: unknown subckt: x1 in 0 nosuch",
    ),
    "wrong number of pins": (
        "v1 in 0 1\nx1 in 0 0 cell\n.subckt cell a b\nr1 a b 1k\n.ends\n.op",
        r'bench:2: Too many parameters for subcircuit type "cell": x1',
    ),
    "unknown device parameter": (
        "v1 in 0 1\nr1 in 0 1k nosuch=3\n.op",
        r"bench:2: unknown parameter \(nosuch\)",
    ),
    "device given twice": (
        "v1 in 0 1\nr1 in 0 1k\nr1 in 0 2k\n.op",
        r"bench:3: device already exists",
    ),
    "unknown dot command": (
        "v1 in 0 1\n.nosuch\n.op",
        r"bench:2: unimplemented (control card|dot command)",
    ),
    "unclosed subcircuit": (
        ".subckt cell a b\nr1 a b 1k\n.op",
        r"bench:1: Mismatch .*: \.subckt cell a b",
    ),
    "subcircuit closed twice": ("r1 1 0 1k\n.ends\n.op", r"bench:2: Mismatch of .*\.ends"),
    "missing library": ("v1 in 0 1\n.lib nosuch.lib tt\n.op", r"bench:2: .*nosuch\.lib"),
    "initial condition nowhere": (
        RC + ".ic v(nosuch)=1",
        r"bench:5: IC on non-existent node - nosuch",
    ),
    "time runs backwards": (
        "v1 in 0 pwl(0 0 2u 1 1u 0)\nr1 in 0 1k\n.tran 10n 5u",
        r"bench:1: non-increasing PWL time points: v1",
    ),
    "bad option": (RC + ".options reltol=abc", r"bench:5: bad type given for option reltol"),
    "unknown method": (RC + ".options method=nosuch", r"bench:5: unsupported integration method"),
    "unknown command": (RC + ".control\nnosuch\n.endc", r"nosuch: no such command"),
    "unknown sweep source": (
        DIVIDER + ".dc vnosuch 0 1 0.1",
        r'bench:4: .* named "vnosuch" is not in the circuit',
    ),
    "no analysis": (DIVIDER, r"No job \(tran, ac, op etc\.\) defined"),
    "two subcircuits of one name": (
        ".subckt s a\nr1 a 0 1\n.ends\n.subckt s a\nr1 a 0 2\n.ends\nx1 a s\n.op",
        r"bench:4: s is defined at bench:1 already",
    ),
    "two analyses": (RC + ".op", r"one analysis is expected, but the deck ran tran1, op1"),
    "complex data": (DIVIDER + ".ac dec 1 1 10", r"no real vector v1#branch was saved"),
    "quit": (RC + ".control\nquit\n.endc", r"ngspice gave up; .*'quit' asks for"),
}


@pytest.mark.parametrize("source", ["v1 in 0 external", "i1 in 0 external"])
def test_an_external_source_that_nothing_drives_is_refused(ngspice, source):
    """ngspice would go on with whatever is in memory."""
    with pytest.raises(DeckError, match=rf"^a run: {source[:2]} is external, but nothing drives"):
        ngspice.simulate(job(f"{source}\nr1 in 0 1k\n.tran 10n 5u"))


@pytest.mark.parametrize("text, message", DECK_FAULTS.values(), ids=DECK_FAULTS)
def test_a_bad_deck_is_refused(text, message):
    with pytest.raises(DeckError, match=f"^a run: {message}"):
        run(job(text))


BISTABLE = "b1 y 0 v = v(in)>0.5 ? (v(y)>0.5 ? -1 : 1) : 0\nr1 y 0 1k\n"
RUN_FAULTS = {
    "two voltage sources in parallel": (
        "v1 in 0 1\nv2 in 0 2\n.tran 10n 5u",
        r"singular matrix, check node v1#branch",
    ),
    "inductor across a source": (
        "v1 in 0 1\nl1 in 0 1m\n.op",
        r"singular matrix, check node l1#branch",
    ),
    "floating node": ("i1 0 a 1u\nc1 a b 1p\nc2 b 0 1p\n.op", r"singular matrix, check node b"),
    "no operating point": (
        "v1 in 0 1\n" + BISTABLE + ".op",
        r'OP: Timestep too small; trouble with node "y"',
    ),
    "no solution in a sweep": (
        "v1 in 0 1\n" + BISTABLE + ".dc v1 0 1 0.1",
        r'DC: Timestep too small; v1 = 0\.6: trouble with node "y"',
    ),
    "time step too small": (
        "v1 in 0 pulse(0 1 1u 1n)\n" + BISTABLE + ".tran 10n 5u",
        r'TRAN: Timestep too small; time = 1\.\d+e-06, .* trouble with node "y"',
    ),
    "stopped": (
        RC + ".control\nstop when time > 1u\n.endc",
        r"pause requested; run simulation interrupted",
    ),
}


@pytest.mark.parametrize("text, message", RUN_FAULTS.values(), ids=RUN_FAULTS)
def test_a_failed_run_is_an_error(text, message):
    with pytest.raises(SimulationError, match=f"^a run: {message}"):
        run(job(text))


def test_a_run_shorter_than_expected_is_an_error(ngspice):
    with pytest.raises(SimulationError, match=r"^a run: the run stopped at 5e-06 s, before 6e-06"):
        ngspice.simulate(job(RC, t_stop=6e-6))


def test_an_end_is_expected_of_transients_only(ngspice):
    with pytest.raises(DeckError, match="no transient analysis"):
        ngspice.simulate(job(DIVIDER + ".op", t_stop=1e-6))


def test_data_that_is_not_finite_is_an_error():
    values = {"time": np.array([0.0, 1.0, 2.0]), "v(out)": np.array([0.0, np.nan, 1.0])}
    with pytest.raises(SimulationError, match=r"v\(out\) is nan at point 1"):
        job(RC).check(values)


def test_a_vector_that_was_not_saved_names_its_neighbours(ngspice):
    with pytest.raises(DeckError, match=r"^a run: no real vector v\(oout\) was saved; .*\bout\b"):
        ngspice.simulate(job(RC, "v(oout)"))


def test_edges_with_time_points_pass(ngspice):
    ngspice.simulate(job(PULSES, t_stop=5e-6, edges=np.array([1e-6, 1.1e-6, 3e-6, 3.1e-6])))


def test_an_edge_without_a_time_point_is_lost(ngspice):
    time = ngspice.simulate(job(PULSES))["time"]
    between = (time[-2] + time[-3]) / 2
    with pytest.raises(LostEdgeError, match=rf"^a run: 2 of 3 edges .* first at {between:g} s"):
        ngspice.simulate(job(PULSES, edges=np.array([1e-6, between, 1.0])))


def test_progress_is_simulated_time(ngspice):
    times = []
    ngspice.simulate(job(LONG_RC, t_stop=3e-3), on_progress=times.append)
    assert times == sorted(times)
    assert 0 < times[0] <= times[-1] <= 3e-3


def test_an_exception_in_the_progress_callback_is_raised(ngspice):
    def fail(time):
        raise ZeroDivisionError("in the callback")

    with pytest.raises(ZeroDivisionError, match="in the callback"):
        ngspice.simulate(job(LONG_RC, t_stop=3e-3), on_progress=fail)


@pytest.mark.parametrize("bad", ["x1 1 0 nosuch\n.op", "r1 1 0 1k nosuch=3\n.op", ".lib\n"])
def test_a_bad_deck_does_not_run_the_one_before(ngspice, monkeypatch, bad):
    """Even if ngspice's complaint about it is not understood."""
    ngspice.simulate(job(DIVIDER + ".op"))
    monkeypatch.setattr(ngspice_module, "deck_fault", lambda messages, deck: None)
    with pytest.raises(SimulationError, match=r"^a run: ngspice gave up; .*nosuch|circuit"):
        ngspice.simulate(job(bad))
    assert ngspice.simulate(job(RC, t_stop=5e-6))["time"].size


def test_a_process_has_one_ngspice(ngspice):
    with pytest.raises(CosimError, match="already has an NgSpice"):
        NgSpice()


def test_a_missing_library_names_the_package(monkeypatch):
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "/nosuch/libngspice.so")
    with pytest.raises(CosimError, match=r"tried /nosuch/libngspice\.so.*apt install libngspice0"):
        find_library()


def test_an_empty_variable_names_no_library(monkeypatch):
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "")
    monkeypatch.setattr(NgSpiceShared, "LIBRARY_PATH", "")
    assert "ngspice" in find_library()


def test_the_library_is_found_without_development_files(monkeypatch):
    monkeypatch.delenv("NGSPICE_LIBRARY_PATH", raising=False)
    monkeypatch.setattr(NgSpiceShared, "LIBRARY_PATH", "libngspice-nosuch{}.so")
    assert "ngspice" in find_library()


NOISY = """
v1 in 0 dc 0 ac 1
r1 in out 10k
r2 out 0 10k
.noise v(out) v1 dec 5 1 1k 1
"""


@pytest.mark.parametrize("_again", range(2))
def test_noise_has_its_spectra_on_a_scale(ngspice, _again):
    """Also where plots of earlier runs have been counted."""
    vectors = ngspice.simulate(job(NOISY, "onoise_spectrum", "onoise_r1_thermal"))
    assert list(vectors) == ["frequency", "onoise_spectrum", "onoise_r1_thermal"]
    assert vectors["frequency"][[0, -1]] == pytest.approx([1, 1e3])
    # 4*k*T*R of 5 kOhm at 300.15 K, of which either resistor makes half
    power = 4 * 1.380649e-23 * 300.15 * 5e3
    assert vectors["onoise_spectrum"] ** 2 == pytest.approx(power, rel=1e-3, abs=0)
    assert vectors["onoise_r1_thermal"] ** 2 == pytest.approx(power / 2, rel=1e-3, abs=0)

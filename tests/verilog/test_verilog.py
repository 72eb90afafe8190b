"""The learning logic in Verilog does what the one in Python does, and tests of it can fail."""

import shutil

import pytest

from cosim.verilog import __main__ as command
from cosim.verilog.cycles import PINS, Cycle, RandomWalk, write_cycles
from cosim.verilog.tools import (
    SOURCES,
    VerilogError,
    lint,
    simulate,
    simulate_netlist,
    synthesize,
)

CYCLES = 200_000
"""For each of five numbers of sub-LSBs."""


@pytest.fixture(autouse=True)
def _tools():
    missing = [tool for tool in ("iverilog", "verilator", "yosys") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: make verilog")


@pytest.mark.slow
@pytest.mark.parametrize("sub_lsbs", range(5))
def test_a_million_cycles_are_those_of_the_logic_in_python(sub_lsbs, tmp_path):
    """Every code held, counted up and down, both ends included; every preset."""
    walk, path = RandomWalk(sub_lsbs, seed=7), tmp_path / "cycles.txt"
    write_cycles(walk.cycles(CYCLES), path)
    assert walk.is_exhaustive
    found = simulate(path, tmp_path, sub_lsbs)
    assert (found.cycles, found.wrong) == (CYCLES, 0), found.messages


@pytest.mark.parametrize("sub_lsbs", range(5))
def test_a_synthesized_netlist_does_the_same(sub_lsbs, tmp_path):
    """It has a flip-flop for each bit and latch, and no other memory."""
    synthesis, path = synthesize(sub_lsbs, tmp_path), tmp_path / "cycles.txt"
    assert synthesis.flip_flops == 6 + sub_lsbs + 2
    write_cycles(RandomWalk(sub_lsbs, seed=8).cycles(3000), path)
    found = simulate_netlist(path, tmp_path, synthesis.netlist)
    assert (found.cycles, found.wrong) == (3000, 0), found.messages


@pytest.mark.parametrize("sub_lsbs", range(5))
def test_the_sources_are_clean(sub_lsbs):
    lint(sub_lsbs)


FAULTS = {
    "no saturation": ("!stop && !at_end", "!stop"),
    "counts while stopped": ("!stop && !at_end", "!at_end"),
    "counts the other way": ("{BITS{~up}}", "{BITS{up}}"),
    "presets the lowest fraction": ("<< SUB_LSBS) | MIDDLE", "<< SUB_LSBS)"),
    "presets late": ("posedge clock or posedge load", "posedge clock"),
    "latches follow": ("always @(posedge pulse)", "always @(pulse or win_inc or win_sl)"),
    "counts at the rise": (".clock(pulse_b)", ".clock(pulse)"),
    "negative weights excite": ("pulse_inh = pulse & q[5]", "pulse_inh = pulse & ~q[5]"),
    "no magnitude": ("^ {5{q[5]}}", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(fault, tmp_path):
    right, wrong = FAULTS[fault]
    texts = [path.read_text(encoding="utf-8") for path in SOURCES]
    assert sum(text.count(right) for text in texts) == 1
    faulty = [tmp_path / path.name for path in SOURCES]
    for path, text in zip(faulty, texts, strict=True):
        path.write_text(text.replace(right, wrong), encoding="utf-8")
    write_cycles(RandomWalk(2, seed=9).cycles(20_000), tmp_path / "cycles.txt")
    found = simulate(tmp_path / "cycles.txt", tmp_path, 2, faulty)
    assert found.wrong > 0
    assert "expected" in found.messages


def test_outputs_are_compared_each(tmp_path):
    """One wrong expectation for each output, in the pulse and after it."""
    [cycle] = RandomWalk(0, seed=3).cycles(1)
    lines = []
    for pin in range(len(PINS)):
        for phase in ("high", "low"):
            levels = getattr(cycle, phase)
            flipped = levels[:pin] + "10"[int(levels[pin])] + levels[pin + 1 :]
            lines.append(Cycle(**{**vars(cycle), phase: flipped}))
    write_cycles(lines, tmp_path / "cycles.txt")
    assert simulate(tmp_path / "cycles.txt", tmp_path).wrong == 2 * len(PINS)


@pytest.mark.parametrize("cut", [20, 40])
def test_a_file_that_ends_within_a_line_is_refused(cut, tmp_path):
    path = tmp_path / "cycles.txt"
    write_cycles(RandomWalk(0, seed=3).cycles(3), path)
    path.write_text(path.read_text(encoding="utf-8")[:-cut], encoding="utf-8")
    with pytest.raises(VerilogError, match="ends within a line"):
        simulate(path, tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(VerilogError, match="missing"):
        simulate(tmp_path / "none.txt", tmp_path)


def test_a_latch_is_no_flip_flop(tmp_path, monkeypatch):
    """A preset that holds by level alone would be one."""
    text = SOURCES[1].read_text(encoding="utf-8")
    latched = tmp_path / "up_down_counter.v"
    faulty = text.replace("posedge clock or posedge load", "*").replace(
        "else if", "else if (clock)\n if"
    )
    latched.write_text(faulty, encoding="utf-8")
    monkeypatch.setattr("cosim.verilog.tools.SOURCES", (SOURCES[0], latched))
    with pytest.raises(VerilogError, match="yosys makes"):
        synthesize(0, tmp_path)


def test_a_warning_of_the_linter_is_an_error(tmp_path):
    text = SOURCES[0].read_text(encoding="utf-8")
    untidy = tmp_path / "learning_logic.v"
    untidy.write_text(text.replace("endmodule", "wire idle;\nendmodule"), encoding="utf-8")
    with pytest.raises(VerilogError, match="UNUSED"):
        lint(0, (untidy, SOURCES[1]))


def test_too_few_cycles_prove_nothing(capsys):
    assert command.main(["--cycles", "100"]) == 2
    assert "100 cycles don't reach every code" in capsys.readouterr().err


def test_a_missing_tool_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VerilogError, match="sudo apt-get install verilator"):
        lint(0)

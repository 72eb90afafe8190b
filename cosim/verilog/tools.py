"""The tools that work on the learning logic in Verilog: Icarus Verilog, Verilator and Yosys."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosim.workbench.errors import CosimError
from cosim.workbench.places import NETLISTS

VERILOG = NETLISTS / "verilog"
SOURCES = (VERILOG / "learning_logic.v", VERILOG / "up_down_counter.v")
TESTBENCH = VERILOG / "learning_logic_tb.v"
TOP = "learning_logic"

_GATES = "AND,NAND,OR,NOR,XOR,XNOR"
_FLIP_FLOP = re.compile(r"\$_\w*DFF\w*_")
_VERDICT = re.compile(r"^(\d+) cycles, (\d+) outputs wrong$", re.M)


class VerilogError(CosimError):
    """A tool is missing, or refuses what it was given."""


@dataclass(frozen=True)
class Findings:
    """The testbench's findings.

    cycles: that it played. wrong: outputs that were not as expected. messages: all that it said.
    """

    cycles: int
    wrong: int
    messages: str


def simulate(
    cycles: Path, folder: Path, sub_lsbs: int = 0, sources: Sequence[Path] = SOURCES
) -> Findings:
    """Play a file of cycles to the learning logic in Icarus Verilog.

    Args:
        cycles: see `cycles.write_cycles`. folder: for the compiled testbench.
        sub_lsbs: of the learning logic. sources: its modules.

    Raises:
        VerilogError: Icarus Verilog is missing, warns, or can't play all of the file.
    """
    options = [f"-Plearning_logic_tb.SUB_LSBS={sub_lsbs}"]
    return _played(cycles, folder, [*options, *map(str, sources)])


def simulate_netlist(cycles: Path, folder: Path, netlist: Path) -> Findings:
    """The same for a synthesized learning logic."""
    return _played(cycles, folder, ["-DNETLIST", str(netlist)])


def _played(cycles: Path, folder: Path, options: Iterable[str]) -> Findings:
    program = folder / "testbench.vvp"
    command = [
        "iverilog",
        "-g2005",
        "-Wall",
        "-Wno-timescale",
        "-s",
        TESTBENCH.stem,
        "-o",
        str(program),
    ]
    if warnings := _run([*command, str(TESTBENCH), *options]):
        raise VerilogError(f"iverilog: {warnings}")
    messages = _run(["vvp", "-n", str(program), f"+cycles={cycles}"])
    verdict = _VERDICT.search(messages)
    if not verdict or "missing" in messages:
        raise VerilogError(f"{cycles} could not be played: {messages}")
    return Findings(int(verdict[1]), int(verdict[2]), messages)


def lint(sub_lsbs: int, sources: Sequence[Path] = SOURCES) -> None:
    """Check the sources with all of Verilator's warnings; raises VerilogError for any."""
    options = ["--lint-only", "-Wall", f"-GSUB_LSBS={sub_lsbs}", "--top-module", TOP]
    if warnings := _run(["verilator", *options, *map(str, sources)]):
        raise VerilogError(f"verilator: {warnings}")


@dataclass(frozen=True)
class Synthesis:
    """A learning logic that Yosys has mapped to gates.

    gates: number of cells by type, flip-flops included, see `yosys -H \\$_AND_`. netlist: its file.
    """

    gates: Mapping[str, int]
    netlist: Path

    @property
    def flip_flops(self) -> int:
        """Number of flip-flops."""
        return sum(count for kind, count in self.gates.items() if _FLIP_FLOP.fullmatch(kind))

    @property
    def combinational(self) -> int:
        """Number of gates without memory: inverters and gates with two inputs."""
        return sum(self.gates.values()) - self.flip_flops


def synthesize(sub_lsbs: int, folder: Path) -> Synthesis:
    """Map the learning logic to gates with two inputs and to flip-flops with set and reset.

    folder: gets the netlist, learning_logic_S.v for S sub_lsbs.

    Raises:
        VerilogError: Yosys is missing or refuses the sources, or something isn't a gate then, such
            as a latch.
    """
    netlist, counts = folder / f"{TOP}_{sub_lsbs}.v", folder / f"{TOP}_{sub_lsbs}.json"
    flip_flops = ("_DFF_P_", "_DFF_NP0_", "_DFF_NP1_", "_DFFSR_NPP_")
    steps = [
        f"chparam -set SUB_LSBS {sub_lsbs} {TOP}",
        f"synth -flatten -top {TOP}",
        f"dfflegalize {' '.join(f'-cell ${kind} x' for kind in flip_flops)}",
        f"abc -g {_GATES}",
        "opt",
        "check -assert",
        f"tee -q -o {counts.name} stat -json",
        f"write_verilog -noattr {netlist.name}",
    ]
    # Its commands take no paths with spaces.
    _run(["yosys", "-q", "-p", "; ".join(steps), *map(str, SOURCES)], folder)
    found = json.loads(counts.read_text(encoding="utf-8"))
    gates = found["design"]["num_cells_by_type"]
    allowed = {f"$_{gate}_" for gate in ("NOT", *_GATES.split(","))} | {f"${f}" for f in flip_flops}
    if others := gates.keys() - allowed:
        raise VerilogError(f"yosys makes {', '.join(sorted(others))} of the learning logic")
    return Synthesis(gates, netlist)


def _run(command: Sequence[str], folder: Path | None = None) -> str:
    """The messages of a tool, run in a folder; VerilogError where it is missing or fails."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError:
        package = {"vvp": "iverilog"}.get(command[0], command[0])
        raise VerilogError(
            f"needs the command {command[0]}: make verilog, or sudo apt-get install {package}"
        ) from None
    if done.returncode:
        raise VerilogError(f"{command[0]} failed: {done.stdout.strip()}")
    return done.stdout.strip()

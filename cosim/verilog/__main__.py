"""`python -m cosim.verilog`: check the learning logic in Verilog, and synthesize it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cosim.verilog.cycles import RandomWalk, write_cycles
from cosim.verilog.tools import VerilogError, lint, simulate, simulate_netlist, synthesize
from cosim.workbench.errors import CosimError
from cosim.workbench.output import new_files
from cosim.workbench.scratch import ScratchFolder
from ebn_model.weight_counter import MAX_SUB_LSBS

ROW = "{:>8} {:>9} {:>10} {:>13} {:>6} {:>10}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check each number of sub-LSBs; 0 if the Verilog is right, 1 if not, 2 where tools fail."""
    parser = argparse.ArgumentParser(prog="python -m cosim.verilog", description=__doc__)
    parser.add_argument(
        "--cycles", type=int, default=200_000, metavar="N", help="for each number of sub-LSBs"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="keeps cycles_S.txt, for a testbench of your own, and the netlist learning_logic_S.v",
    )
    options = parser.parse_args(arguments)
    print(ROW.format("sub-LSBs", "cycles", "wrong", "wrong netlist", "gates", "flip-flops"))
    try:
        if options.out:
            with new_files(options.out) as folder:
                right = _check_all(options, folder)
                (folder / "testbench.vvp").unlink()
        else:
            with ScratchFolder() as name:
                right = _check_all(options, Path(name))
    except CosimError as error:
        print(f"verilog: {error}", file=sys.stderr)
        return 2
    return 0 if right else 1


def _check_all(options: argparse.Namespace, folder: Path) -> bool:
    """Print a line for each number of sub-LSBs; True if nothing was wrong."""
    wrong = 0
    for sub_lsbs in range(MAX_SUB_LSBS + 1):
        lint(sub_lsbs)
        walk, path = RandomWalk(sub_lsbs, options.seed), folder / f"cycles_{sub_lsbs}.txt"
        write_cycles(walk.cycles(options.cycles), path)
        if not walk.is_exhaustive:
            raise VerilogError(f"{options.cycles} cycles don't reach every code and decision")
        synthesis = synthesize(sub_lsbs, folder)
        found = simulate(path, folder, sub_lsbs), simulate_netlist(path, folder, synthesis.netlist)
        if any(one.cycles != options.cycles for one in found):
            raise VerilogError(f"the testbench did not play all {options.cycles} cycles")
        counts = [one.wrong for one in found]
        print(
            ROW.format(
                sub_lsbs, options.cycles, *counts, synthesis.combinational, synthesis.flip_flops
            )
        )
        wrong += sum(counts)
    return wrong == 0


if __name__ == "__main__":
    sys.exit(main())

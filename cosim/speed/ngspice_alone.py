"""ngspice alone, `ngspice -b`, which benches compare ours with, and what all such benches need."""

import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cosim.workbench.errors import CosimError
from cosim.workbench.scratch import ScratchFolder

_NOT_ORPHANED = ("setpriv", "--pdeathsig", "KILL")
"""Before a command: the kernel kills it as soon as the thread that has started it is gone."""


@dataclass(frozen=True)
class Measurement:
    """One run: wall-clock time in s, accepted time points, peak memory of its process in bytes."""

    seconds: float
    points: int
    memory: int


def run_bench(bench: Callable[[Path], None]) -> int:
    """Run a bench in a scratch folder; returns 2 where the ngspice command is missing or it fails.

    bench: gets the folder; prints what it measures.
    """
    if not shutil.which("ngspice"):
        print("bench: needs the command ngspice: sudo apt-get install ngspice", file=sys.stderr)
        return 2
    try:
        with ScratchFolder() as folder:
            bench(Path(folder))
    except CosimError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def use_one_thread(folder: Path) -> None:
    """Let ngspice use one thread where it runs in this folder."""
    folder.joinpath(".spiceinit").write_text("set num_threads=1\n", encoding="utf-8")


def run_alone(deck: Path, folder: Path) -> Measurement:
    """Run a deck with `ngspice -b` in a folder; raises CosimError where it gives no data."""
    raw = folder / "alone.raw"
    raw.unlink(missing_ok=True)
    start = time.perf_counter()
    usage = _ngspice(folder, "-r", raw.name, str(deck))
    seconds = time.perf_counter() - start
    if not raw.is_file():
        raise CosimError(f"{deck} gave no data:\n{_log(folder)}")
    with raw.open("rb") as file:
        found = re.search(rb"No\. Points: (\d+)", file.read(2000))
    if not found:
        raise CosimError(f"{raw} is no raw file of ngspice")
    points = int(found[1])
    return Measurement(seconds, points, usage.ru_maxrss * 1024)


def transistors_by_ngspice(deck: Path, folder: Path) -> int:
    """Number of a deck's MOSFETs by ngspice's count; `folder` is for its files."""
    script, found = folder / "inventory.cir", folder / "inventory.txt"
    found.unlink(missing_ok=True)
    control = f"source {deck}\ninventory > {found.name}\nquit"
    script.write_text(f"* inventory\n.control\n{control}\n.endc\n.end\n", encoding="utf-8")
    # ngspice 46 crashes where it quits without having run the deck: the file tells.
    with suppress(CosimError):
        _ngspice(folder, str(script))
    inventory = found.read_text(encoding="utf-8") if found.is_file() else ""
    if "Circuit Inventory" not in inventory:
        raise CosimError(f"{deck} can't be read:\n{_log(folder)}")
    counts = re.findall(r"^(?:Mos|BSIM|HiSIM|VDMOS)\w*: (\d+)$", inventory, re.M | re.I)
    return sum(map(int, counts))


def _ngspice(folder: Path, *arguments: str) -> resource.struct_rusage:
    """Run `ngspice -b` in a folder, its messages into the file log; what it used of the machine."""
    with folder.joinpath("log").open("wb") as log:
        process = subprocess.Popen(
            [*_NOT_ORPHANED, "ngspice", "-b", *arguments], cwd=folder, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise CosimError(f"ngspice failed:\n{_log(folder)}")
    return usage


def _log(folder: Path) -> str:
    return folder.joinpath("log").read_text(encoding="utf-8", errors="replace")[-1000:]

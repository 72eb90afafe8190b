"""README's commands on fresh Debian systems: `make platforms`, or `python -m platforms` in tests/.

Each platform is a fresh system of its suite, with a clean clone of the checkout's HEAD. Needs root,
debootstrap and a Debian mirror, which is the one that apt uses here, or DEBIAN_MIRROR.
"""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from cosim.workbench.scratch import ScratchFolder
from platforms.machine import PlatformError, output, package_version
from platforms.newest_ngspice import Ngspice, fetch
from platforms.outcome import (
    IncompleteError,
    Outcome,
    Waveforms,
    compare,
    markdown,
    read_decisions,
    read_tests,
    read_waveforms,
)
from platforms.tree import SYSTEM_PATH, Tree, check_means, fresh_tree

ROOT = Path(__file__).resolve().parents[2]

COMMANDS = {
    "make sim": "make sim",
    "the mixed view": ".venv/bin/ebn-cosim run simulation_1 simulation_2 --view mixed",
    "make test": "make test",
}
"""What is run on each platform, by its name in messages."""

TEST_REPORT = "/root/tests.xml"
NEWEST = "/opt/newest_ngspice"
"""Where a tree has the ngspice that NGSPICE_LIBRARY_PATH names."""


@dataclass(frozen=True)
class Platform:
    """A Debian system; newest: with the ngspice of Debian 12's backports in place of its own."""

    title: str
    suite: str
    newest: bool = False


PLATFORMS = {
    "debian-12": Platform("Debian 12", "bookworm"),
    "debian-12-backports": Platform("Debian 12, backports' ngspice", "bookworm", newest=True),
    "debian-13": Platform("Debian 13", "trixie"),
}


def main(arguments: Sequence[str]) -> int:
    """Run the platforms, print and write the table; returns 1 where anything failed, 2 for what
    is missing."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        check_means()
        return _run_all(options)
    except PlatformError as error:
        print(f"platforms: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("platforms: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="platforms", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "names", nargs="*", metavar="PLATFORM", help=f"of {', '.join(PLATFORMS)} (default: all)"
    )
    parser.add_argument(
        "--pytest", default="", metavar="ARGUMENTS", help="for pytest, to try some tests only"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "build/platforms",
        metavar="DIR",
        help="for table.md, table.json and a log for each platform (default: build/platforms)",
    )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "ebn-cosim"
    parser.add_argument(
        "--cache",
        type=Path,
        default=cache,
        metavar="DIR",
        help=f"base systems, used again (default: {cache})",
    )
    return parser


def _interrupt(number: int, _frame) -> None:
    raise KeyboardInterrupt(number)


def _run_all(options: argparse.Namespace) -> int:
    names = options.names or list(PLATFORMS)
    if unknown := [name for name in names if name not in PLATFORMS]:
        raise PlatformError(f"unknown platform {unknown[0]}; there are {', '.join(PLATFORMS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    commit = output(["git", "-C", str(ROOT), "rev-parse", "HEAD"]).strip()
    outcomes: list[Outcome] = []
    first: Waveforms | None = None
    for name in names:
        outcome, waveforms = _run(name, options)
        if first and waveforms:
            compare(waveforms, first, outcome)
        first = first or waveforms
        outcomes.append(outcome)
        _write(outcomes, commit, options)
    print(markdown(outcomes), end="")
    print(f"written to {options.out}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _write(outcomes: list[Outcome], commit: str, options: argparse.Namespace) -> None:
    record = {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "commit": commit,
        "pytest_arguments": options.pytest,
        "platforms": [outcome.to_dict() for outcome in outcomes],
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    (options.out / "table.json").write_text(text, encoding="utf-8")
    (options.out / "table.md").write_text(markdown(outcomes), encoding="utf-8")


def _run(name: str, options: argparse.Namespace) -> tuple[Outcome, Waveforms | None]:
    """One platform from its fresh tree to its line of the table; its waveforms, if it has all."""
    platform = PLATFORMS[name]
    outcome = Outcome(platform.title)
    log = options.out / f"{name}.log"
    log.write_bytes(b"")
    print(f"{platform.title}: messages go to {log}", flush=True)
    try:
        with fresh_tree(platform.suite, options.cache, log) as tree:
            return outcome, _run_in(tree, platform, log, outcome, options)
    except PlatformError as error:
        outcome.faults.append(str(error))
        return outcome, None


def _run_in(
    tree: Tree, platform: Platform, log: Path, outcome: Outcome, options: argparse.Namespace
) -> Waveforms | None:
    tree.prepare(ROOT, log)
    extra = {"PYTEST_ADDOPTS": f"--junitxml={TEST_REPORT} {options.pytest}"}
    ngspice = _give_newest(tree) if platform.newest else None
    if ngspice:
        extra |= ngspice.environment(SYSTEM_PATH, seen_as=Path(NEWEST))
    for title, command in COMMANDS.items():
        print(f"{platform.title}: {title}", flush=True)
        if code := tree.run(command, log, extra):
            outcome.faults.append(f"{title} ended with exit code {code}")
    outcome.ngspice = ngspice.version if ngspice else package_version(tree.root, "libngspice0")
    outcome.python = package_version(tree.root, "python3")
    simulations = tree.checkout / "Simulations"
    read_decisions(simulations, outcome)
    read_tests(tree.root / TEST_REPORT.lstrip("/"), outcome)
    try:
        return read_waveforms(simulations)
    except IncompleteError as error:
        outcome.faults.append(str(error))
        return None


def _give_newest(tree: Tree) -> Ngspice:
    with ScratchFolder() as folder:
        ngspice = fetch(Path(folder))
        place = tree.root / NEWEST.lstrip("/")
        shutil.copytree(ngspice.root, place, symlinks=True)
    return replace(ngspice, root=place)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

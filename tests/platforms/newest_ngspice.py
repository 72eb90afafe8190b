"""A command with the newest ngspice that Debian 12 can have, that of its backports.

    python -m platforms.newest_ngspice COMMAND...

sets NGSPICE_LIBRARY_PATH to its library and puts its command first in PATH. The packages are
downloaded by apt with sources and state of their own, so that the machine's stay as they are, and
unpacked, not installed.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cosim.workbench.scratch import ScratchFolder
from platforms.machine import PlatformError, debian_mirror, keyring, need, output, upstream

SUITE = "bookworm-backports"
PACKAGES = ("libngspice0", "ngspice")


@dataclass(frozen=True)
class Ngspice:
    """An unpacked ngspice: its upstream version, and the folder that stands for /."""

    version: str
    root: Path

    @property
    def library(self) -> Path:
        """The file of its library."""
        [library] = self.root.glob("usr/lib/*/libngspice.so.0")
        return library

    def environment(self, path: str, seen_as: Path | None = None) -> dict[str, str]:
        """The variables that choose it.

        path: what PATH is without it; seen_as: what its root folder is called where they hold.
        """
        root = seen_as or self.root
        return {
            "NGSPICE_LIBRARY_PATH": str(root / self.library.relative_to(self.root)),
            "PATH": f"{root}/usr/bin:{path}",
        }


def fetch(folder: Path) -> Ngspice:
    """Download and unpack it into a folder; raises PlatformError where that fails."""
    need({"apt-get": "apt", "dpkg": "dpkg"})
    folder = folder.resolve()
    for name in ("lists/partial", "cache/archives/partial", "root"):
        folder.joinpath(name).mkdir(parents=True)
    sources = folder / "sources.list"
    source = f"deb [signed-by={keyring()}] {debian_mirror()} {SUITE} main\n"
    sources.write_text(source, encoding="utf-8")
    # An empty list of what is installed, so that the version here doesn't count.
    folder.joinpath("status").touch()
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        "APT::Update::Error-Mode": "any",
    }
    apt = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in settings.items())]
    output([*apt, "update"])
    output([*apt, "download", *PACKAGES], cwd=folder)
    root = folder / "root"
    for package in folder.glob("*.deb"):
        output(["dpkg", "-x", str(package), str(root)])
    [package] = folder.glob("libngspice0_*.deb")
    ngspice = Ngspice(upstream(package.name.split("_")[1]), root)
    try:
        ctypes.CDLL(str(ngspice.library))
    except OSError as error:
        raise PlatformError(f"ngspice {ngspice.version} of {SUITE} doesn't load: {error}") from None
    return ngspice


def main(command: Sequence[str]) -> int:
    """Run the command; returns its exit code, or 2 where that ngspice can't be had."""
    with ScratchFolder() as folder:
        try:
            ngspice = fetch(Path(folder))
        except PlatformError as error:
            print(f"no ngspice of Debian 12's backports: {error}", file=sys.stderr)
            return 2
        print(f"with ngspice {ngspice.version} of {SUITE}:", *command, flush=True)
        return subprocess.run(
            command, env=os.environ | ngspice.environment(os.environ["PATH"])
        ).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"usage: {Path(sys.argv[0]).name} COMMAND...")
    sys.exit(main(sys.argv[1:]))

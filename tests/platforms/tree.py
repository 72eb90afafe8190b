"""Fresh Debian systems in folders, and commands in them."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cosim.workbench.scratch import ScratchFolder
from platforms.machine import (
    PlatformError,
    apt_settings,
    debian_mirror,
    download_environment,
    keyring,
    named_paths,
    need,
)

PACKAGES = ("python3", "make", "git", "ca-certificates")
"""What README expects of a machine."""

CHECKOUT = "/root/ebn-cosim"
"""Where the checkout is in a tree."""

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

# Mounts in a namespace of their own end with its last process, and all of them with this one,
# whatever ends it.
_NAMESPACE = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child"),
)

_ENTER = """
set -eu
root=$1 count=$2
shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$count" -gt 0 ]; do
    mkdir -p "$root$1"
    mount --bind "$1" "$root$1"
    shift
    count=$((count - 1))
done
exec chroot "$root" "$@"
"""


def check_means() -> None:
    """Raise PlatformError where this user or machine can't make Debian systems."""
    if os.geteuid() != 0:
        raise PlatformError("needs root, to make and enter fresh systems: sudo make platforms")
    need({"debootstrap": "debootstrap", "unshare": "util-linux", "git": "git", "apt-get": "apt"})
    keyring()


@dataclass(frozen=True)
class Tree:
    """A fresh system: its root folder, and what it needs to download as this machine does."""

    root: Path
    environment: dict[str, str] = field(default_factory=download_environment)

    @property
    def checkout(self) -> Path:
        """The checkout in it, as seen from outside."""
        return self.root / CHECKOUT.lstrip("/")

    def run(self, command: str, log: Path, extra: dict[str, str] | None = None) -> int:
        """Run a shell command in its checkout, its messages at the end of the log; the exit code.

        extra: environment variables, beside those for downloads.
        """
        variables = {"PATH": SYSTEM_PATH, "HOME": "/root"}
        variables |= self.environment | (extra or {})
        assignments = [f"{name}={value}" for name, value in variables.items()]
        folders = [str(path) for path in named_paths(self.environment) if path.is_dir()]
        inside = ["/usr/bin/env", "-i", *assignments, "sh", "-c", f"cd {CHECKOUT} && {command}"]
        arguments = [str(self.root), str(len(folders)), *folders, *inside]
        return _logged([*_NAMESPACE, "sh", "-c", _ENTER, "sh", *arguments], log, command)

    def prepare(self, checkout: Path, log: Path) -> None:
        """Clone the HEAD of a checkout into it, and copy what downloads need.

        Raises PlatformError where the clone fails.
        """
        files = [path for path in named_paths(self.environment) if path.is_file()]
        for path in (*files, Path("/etc/resolv.conf"), Path("/etc/hosts")):
            inside = self.root / path.relative_to("/")
            inside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, inside)
        settings = self.root / "etc/apt/apt.conf.d/90-of-the-host"
        settings.write_text(apt_settings(), encoding="utf-8")
        command = ["git", "clone", "--quiet", "--no-hardlinks", str(checkout), str(self.checkout)]
        if _logged(command, log):
            raise PlatformError(f"{checkout} can't be cloned; see {log}")


@contextmanager
def fresh_tree(suite: str, cache: Path, log: Path) -> Iterator[Tree]:
    """A copy of the suite's base tree, removed at the end.

    cache: folder of the base trees; one that is missing is made with debootstrap.
    Raises PlatformError where that fails.
    """
    base = cache / suite
    if not base.is_dir():
        _make_base(suite, base, log)
    with ScratchFolder(cache, prefix=f"{suite}-") as folder:
        root = Path(folder, "root")
        if _logged(["cp", "--archive", "--reflink=auto", str(base), str(root)], log):
            raise PlatformError(f"{base} can't be copied; see {log}")
        yield Tree(root)


def _make_base(suite: str, base: Path, log: Path) -> None:
    new = base.with_name(f"{suite}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.parent.mkdir(parents=True, exist_ok=True)
    command = [
        *_NAMESPACE,
        "debootstrap",
        "--variant=minbase",
        f"--keyring={keyring()}",
        f"--include={','.join(PACKAGES)}",
        suite,
        str(new),
        debian_mirror(),
    ]
    if _logged(command, log):
        raise PlatformError(f"debootstrap of {suite} failed; see {log}")
    new.rename(base)


def _logged(command: list[str], log: Path, title: str = "") -> int:
    """Run a command, its title and messages at the end of the log; the exit code."""
    with log.open("ab") as file:
        file.write(f"\n$ {title or shlex.join(command)}\n".encode())
        file.flush()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    return done.returncode

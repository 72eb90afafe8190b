"""What this machine's own configuration says: mirror, keys, pip's settings, proxies."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""Public keys of Debian's archive, from the package debian-archive-keyring."""

PASSED_ON = re.compile(
    r"PIP_\w+|(?:https?|ftp|all|no)_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE", re.I
)
"""Environment variables without which nothing can be downloaded on some machines."""


class PlatformError(Exception):
    """Something that this machine lacks, or a step that failed; the message says what to do."""


def need(commands: dict[str, str]) -> None:
    """Raise PlatformError for commands that are missing; commands: Debian's package by command."""
    missing = {command: package for command, package in commands.items() if not _found(command)}
    if missing:
        raise PlatformError(
            f"needs the command {', '.join(missing)}: "
            f"sudo apt-get install {' '.join(sorted(set(missing.values())))}"
        )


def _found(command: str) -> bool:
    return shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def debian_mirror() -> str:
    """URL of a Debian mirror: DEBIAN_MIRROR, or the one that apt uses on this machine.

    Raises PlatformError where there is neither.
    """
    if mirror := os.environ.get("DEBIAN_MIRROR"):
        return mirror
    need({"apt-get": "apt"})
    targets = ["Created-By: Packages", "Origin: Debian", "Label: Debian"]
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", *targets]
    mirrors = output(command).split()
    if not mirrors:
        raise PlatformError(
            "apt knows no mirror of Debian here (after an apt-get update it does, where its "
            "sources name one); set DEBIAN_MIRROR to the URL of one"
        )
    return mirrors[0]


def keyring() -> Path:
    """The keys of Debian's archive; raises PlatformError where they are missing."""
    if not KEYRING.is_file():
        raise PlatformError(f"{KEYRING} is missing: sudo apt-get install debian-archive-keyring")
    return KEYRING


def download_environment() -> dict[str, str]:
    """Environment variables with which pip and apt get their files as they do here.

    The settings of pip's configuration files are among them, as PIP_*.
    """
    passed_on = {name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)}
    settings = output([sys.executable, "-m", "pip", "config", "list"])
    return pip_variables(settings) | passed_on


def pip_variables(settings: str) -> dict[str, str]:
    """Environment variables that mean the same as what `pip config list` printed."""
    found = {}
    for name, value in re.findall(r"^(?:global|install)\.([\w-]+)=(.+)$", settings, re.M):
        # Later lines are of `install`, which goes first with pip, too.
        found[f"PIP_{name.upper().replace('-', '_')}"] = ast.literal_eval(value)
    return found


def named_paths(environment: dict[str, str]) -> list[Path]:
    """Files and folders of this machine that the values name, as paths or as file: URLs.

    Of a URL it is the folder around: what an index of packages lists lies beside it.
    """
    words = [word for value in environment.values() for word in value.split()]
    paths = {Path(word) for word in words if word.startswith("/")}
    paths |= {Path(word.removeprefix("file://")).parent for word in words if word[:8] == "file:///"}
    return sorted(path for path in paths if path.exists())


def apt_settings() -> str:
    """The lines of apt's configuration that say how it downloads, by which proxy for example."""
    lines = output(["apt-config", "dump"]).splitlines()
    return "".join(f"{line}\n" for line in lines if re.match(r"Acquire::(https?|Retries)\b", line))


def output(command: list[str], **options) -> str:
    """What a command prints; raises PlatformError with its messages where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", **options)
    if done.returncode:
        raise PlatformError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}".strip())
    return done.stdout


def upstream(version: str) -> str:
    """The upstream part of the version of a Debian package: 39.3 of 39.3+ds-1."""
    return re.sub(r"^\d+:|[+~-].*$", "", version)


def package_version(root: Path, package: str) -> str:
    """Upstream version of a package of a Debian system; raises PlatformError without it."""
    state = f"--admindir={root / 'var/lib/dpkg'}"
    return upstream(output(["dpkg-query", state, "--show", "--showformat=${Version}", package]))

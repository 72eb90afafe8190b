"""Pages of the documentation: their blocks of code, and what they tell their reader to do."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cosim.workbench.places import ROOT

BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)
FILES = {"toml", "csv", "spice"}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its title (None without one), its text."""

    language: str
    title: str | None
    text: str


def page_text(page):
    """Text of a page, by its path in the repository."""
    return ROOT.joinpath(page).read_text(encoding="utf-8")


def blocks(page, language=None):
    """The blocks of a page, in order; those of one language, if it is given."""
    found = [Block(*each) for each in BLOCK.findall(page_text(page))]
    return [block for block in found if language in (None, block.language)]


def texts(page, language):
    """Text of each block of a page in a language."""
    return [block.text for block in blocks(page, language)]


def run_command(line, folder, status=0):
    """Do a line of a page, `ebn-cosim ...` by this checkout; gives what it printed."""
    words = shlex.split(line.replace("$CHECKOUT", str(ROOT)))
    if words[0] == "ebn-cosim":
        words = [sys.executable, "-m", "cosim", *words[1:]]
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == status, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def follow(page, folder: Path):
    """Do what a page says, in a folder, from top to bottom.

    Blocks that have a file's name as their title become that file, lines of `sh` are run, as is
    Python. A block of `sh` with a title is left out: it is done elsewhere. Returns the last folder
    and what each block of `sh` or Python printed.
    """
    printed = []
    for block in blocks(page):
        if block.language in FILES and block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            script = folder / "example.py"
            script.write_text(block.text, encoding="utf-8")
            printed.append(run_command(f"{shlex.quote(sys.executable)} example.py", folder))
        elif block.language == "sh" and not block.title:
            for line in block.text.splitlines():
                if line.startswith("cd "):
                    folder /= line.removeprefix("cd ")
                else:
                    printed.append(run_command(line, folder))
    return folder, printed

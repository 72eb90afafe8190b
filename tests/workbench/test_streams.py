import subprocess
import sys

import pytest

SCRIPT = """\
import os, sys
from cosim.workbench.streams import prepare_streams

prepare_streams()
# What ngspice prints, and a file that would take the place of a closed stream.
with open("data", "wb") as file:
    os.write(1, b"chatter")
    os.write(2, b"chatter")
    print("printed", flush=True)
    print("printed", file=sys.stderr, flush=True)
    assert file.fileno() > 2
assert sys.stdin.read() == ""
"""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_is_printed_to_a_closed_stream_gets_nowhere(tmp_path, closed):
    command = ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, SCRIPT]
    subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL, check=True)
    assert tmp_path.joinpath("data").read_bytes() == b""

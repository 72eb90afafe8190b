"""The standard streams, which a service or `>&-` may have closed, in any locale."""

import io
import os
import sys


def prepare_streams() -> None:
    """Open what is closed, for nothing, and escape what the terminal's encoding lacks.

    A file that takes the place of a closed stream would get what is printed, by ngspice, too. What
    an encoding lacks, as ASCII does ±, is no reason to fail.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest one that is free is what a file gets.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

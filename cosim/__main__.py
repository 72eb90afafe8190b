"""The command `ebn-cosim`, also `python -m cosim`."""

import sys

from cosim.workbench.interrupts import interruptible


def main() -> int:
    """Run the command; returns what `cosim.cli.main` does, or 128 + number of a signal."""
    return interruptible(_run)


def _run() -> int:
    # Here, since it takes a second or two, in which a signal may come.
    from cosim.cli import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())

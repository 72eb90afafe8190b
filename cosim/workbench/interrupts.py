"""Signals that end a command: Ctrl-C, SIGTERM, and SIGHUP, the end of its terminal."""

import signal
import sys
import threading
import time
from collections.abc import Callable

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TOGETHER = 1.0
"""Signals that come within so many seconds are one: a terminal that closes, or a service manager,
sends several, which must not disturb the clean-up after the first."""


class Interrupted(KeyboardInterrupt):
    """A signal that ends the command; its argument is the signal's number.

    A class of its own, as Python remembers a plain KeyboardInterrupt that passes through `exec` of
    a text, which dataclasses do, and ends by SIGINT at its exit, whoever has caught it.
    """


def interruptible(command: Callable[[], int]) -> int:
    """Call the main function of a process; returns its exit code, or 128 + number of a signal.

    A signal is raised in it as Interrupted, so that processes and temporary files are cleaned
    up. What the caller ignores, SIGHUP under nohup, stays ignored. In another thread than the main
    one, which alone gets signals, it's the caller's business to end what runs.
    """
    if threading.current_thread() is not threading.main_thread():
        return command()
    last = -_TOGETHER

    def interrupt(number: int, _frame: object) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        if last - before > _TOGETHER:
            raise Interrupted(number)

    try:
        for number in _SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, interrupt)
        return command()
    except KeyboardInterrupt as error:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        print("ebn-cosim: interrupted; finished results are kept", file=sys.stderr)
        return 128 + next(iter(error.args), signal.SIGINT)

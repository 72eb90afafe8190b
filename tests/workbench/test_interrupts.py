import signal
import subprocess
import sys
import threading
import time

import pytest

from cosim.workbench.interrupts import interruptible

COMMAND = """\
import sys, time
from cosim.workbench.interrupts import interruptible

def command():
    try:
        print("at work", flush=True)
        time.sleep(60)
    finally:
        time.sleep(0.4)
        print("cleaned up", flush=True)

sys.exit(interruptible(command))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_disturb_the_clean_up(number):
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "at work\n"
        process.send_signal(number)
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        printed, messages = process.communicate(timeout=30)
    assert printed == "cleaned up\n"
    assert process.returncode == 128 + number
    assert messages == "ebn-cosim: interrupted; finished results are kept\n"


def test_another_thread_runs_it_without_signals():
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(interruptible(lambda: 7)))
    thread.start()
    thread.join()
    assert statuses == [7]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_a_signal_within_the_text_of_a_class_leaves_its_own_exit_code(tmp_path):
    """Dataclasses execute such texts while modules are loaded."""
    text = "import os, signal; os.kill(os.getpid(), signal.SIGHUP); [None for _ in range(1000)]"
    module = (
        "import sys\nfrom cosim.workbench.interrupts import interruptible\n"
        f"sys.exit(interruptible(lambda: exec({text!r})))\n"
    )
    tmp_path.joinpath("interrupted.py").write_text(module, encoding="utf-8")
    ended = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path, capture_output=True)
    assert ended.returncode == 128 + signal.SIGHUP

"""VCD files as vcdvcd reads them."""

import signal

from vcdvcd import VCDVCD

# Once imported, vcdvcd lets a broken pipe end the process, and with it all other tests.
signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def read_vcd(path):
    """Times in ps and levels of each signal, by its name with those of the scopes around."""
    file = VCDVCD(str(path))
    return {name.split("[")[0]: file[name].tv for name in file.signals}

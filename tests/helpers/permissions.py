"""Permissions that bind whoever runs the tests."""

import ctypes
import os
from contextlib import contextmanager

_VERSION = 0x20080522
_OVERRIDE, _SEARCH = 1 << 1, 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which root reads and writes what it may not."""

BOUND = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Goes before a command that permissions bind, since one of root's gets its rights anew."""


@contextmanager
def permissions_bind():
    """What a file's permissions forbid, root can't do in here either; Linux only."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    effective = sets[0]
    _set(libc, header, sets, effective & ~(_OVERRIDE | _SEARCH))
    try:
        yield
    finally:
        _set(libc, header, sets, effective)


def _set(libc, header, sets, effective):
    sets[0] = effective
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")

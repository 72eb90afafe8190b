"""The runs' processes that this process has, whichever thread has started them."""

from pathlib import Path


def workers() -> list[int]:
    """Their numbers; other children, such as a pool's of another test, don't count."""
    texts = (path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    children = [int(pid) for text in texts for pid in text.split()]
    return [pid for pid in children if b"cosim.engine.worker" in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""

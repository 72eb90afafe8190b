"""Files that people write or edit: text is UTF-8 in any locale, and errors name the file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ebn_model.errors import InputError


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without the byte order mark that some editors put first.

    Raises:
        InputError: the file has another encoding; names it.
        OSError: it can't be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise InputError(
            f"{path}: byte {error.start + 1} ({byte:#04x}) is not UTF-8; save the file as UTF-8"
        ) from None


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a reader raises in the block into an error that names the file.

    kind: what the file should be, such as "HDF5 file".

    Raises:
        InputError: something was raised; one that the block raises itself stays as it is.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise InputError(f"{path}: no readable {kind} ({reason})") from error

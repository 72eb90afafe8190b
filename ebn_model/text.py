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


def to_number(text: str) -> float:
    """A number as files of other programs have it; "nan" and "inf" are some, too.

    Python's own reading takes "1_2" for 12, and digits of other scripts.

    Raises:
        ValueError: it is none.
    """
    if "_" in text or not text.isascii():
        raise ValueError(f"{text!r} is no number")
    return float(text)


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 table; each must end as a line does, the last one, too.

    Raises:
        InputError: the last line has no end, so that what follows may have been cut off: half a
            number is a number, too. Names file and line. Or as `read_text`.
        OSError: it can't be read.
    """
    text = read_text(path)
    lines = text.splitlines()
    if text and not text.endswith("\n"):
        raise InputError(
            f"{path}, line {len(lines)}: {lines[-1]!r} has no end of line, so that it may be cut "
            "off; complete it, or end it with a newline if it is whole"
        )
    return lines

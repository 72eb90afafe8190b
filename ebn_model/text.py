"""Text files that people write or edit: UTF-8, whatever the locale is."""

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

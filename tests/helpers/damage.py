"""What can happen to a file of a result between two runs."""

import re
import shutil


def cut(path, other):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def emptied(path, other):
    path.write_bytes(b"")


def removed(path, other):
    path.unlink()


def bit_flipped(path, other):
    content = bytearray(path.read_bytes())
    # A letter or a digit of a text becomes another sign.
    content[len(content) // 2] ^= 1 << 4
    path.write_bytes(content)


def number_edited(path, other):
    """A digit of a text, somewhere in its middle; in HDF5 and raw files any byte."""
    content = path.read_bytes()
    places = [m.start() for m in re.finditer(rb"[0-9]", content)]
    place = places[len(places) // 2] if places else len(content) // 2
    digit = b"7" if content[place : place + 1] != b"7" else b"3"
    path.write_bytes(content[:place] + digit + content[place + 1 :])


def lengthened(path, other):
    with path.open("ab") as file:
        file.write(b"\n1,2,3\n")


def not_text(path, other):
    path.write_bytes(b"\xff\xfe\x00" + path.read_bytes())


def folder_instead(path, other):
    path.unlink()
    path.mkdir()
    path.joinpath("file").touch()


def link_to_itself(path, other):
    path.unlink()
    path.symlink_to(path)


def no_permission(path, other):
    path.chmod(0)


def of_another(path, other):
    """The file of another result of its kind; other: that result's file."""
    shutil.copy(other, path)


DAMAGES = (
    cut,
    emptied,
    removed,
    bit_flipped,
    number_edited,
    lengthened,
    not_text,
    folder_instead,
    link_to_itself,
    no_permission,
    of_another,
)


def named(case):
    """How a damage is called in a test's name."""
    return case.__name__ if callable(case) else str(case)


def blank_pictures(make, paths):
    """Stands for the drawing of figures, whose files are then all the same."""
    for path in paths:
        path.write_bytes(bytes(range(200)))

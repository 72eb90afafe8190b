"""Griffe extension: fields that a docstring names line by line become a list."""

import re
from typing import Any

from griffe import Extension, Object

FIELD = re.compile(r"^(\w+(?:, \w+)*): ", re.M)
SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$", re.M)


def with_list(text: str) -> str:
    """The docstring with its lines `name: meaning`, outside of sections, as a Markdown list."""
    section = SECTION.search(text)
    end = section.start() if section else len(text)
    free = FIELD.sub(r"- `\1`: ", text[:end])
    # A list begins after an empty line.
    free = re.sub(r"^((?!- )(?! ).+)\n(- )", r"\1\n\n\2", free, flags=re.M)
    return free + text[end:]


class FieldLists(Extension):
    """What MkDocs shows of a docstring."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of a module, class or function that was read."""
        if obj.docstring:
            obj.docstring.value = with_list(obj.docstring.value)

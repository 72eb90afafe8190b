"""Bias tables as files: one `.param` line per current, each with its reason."""

from collections.abc import Mapping
from textwrap import wrap

from ebn_model.parameters import BiasTable

DIGITS = 5
"""Significant digits of a current, 0.1 pA of the window, which decides as finely."""
WIDTH = 92


def rounded(biases: BiasTable) -> BiasTable:
    """The table with DIGITS significant digits, as it is written."""
    return BiasTable(**{name: float(f"{i:.{DIGITS}g}") for name, i in biases.model_dump().items()})


def table_text(name: str, about: str, biases: BiasTable, reasons: Mapping[str, str]) -> str:
    """The text of netlists/biases/NAME.spice; `reasons` by bias."""
    lines = _comment(f"{name}: {about}")
    for bias, current in rounded(biases).model_dump().items():
        lines += ["", *_comment(reasons[bias]), f".param {bias}={_spice_number(current)}"]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="* ", subsequent_indent="*   ")


def _spice_number(current: float) -> str:
    """A current in A with SPICE's suffix."""
    for scale, suffix in ((1e-6, "u"), (1e-9, "n"), (1e-12, "p")):
        if current >= scale:
            return f"{current / scale:.{DIGITS}g}{suffix}"
    return f"{current / 1e-12:.{DIGITS}g}p" if current else "0"

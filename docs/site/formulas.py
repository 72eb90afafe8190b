"""MkDocs hook: formulas become MathML, which browsers draw without a script."""

import html
import re

from latex2mathml.converter import convert

# As pymdownx.arithmatex leaves them: inline in \(...\), blocks in \[...\].
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.S)


def on_page_content(content: str, **_) -> str:
    """Replace the formulas of a page."""

    def mathml(formula: re.Match) -> str:
        display = "inline" if formula[1] == "span" else "block"
        return convert(html.unescape(formula[2]), display=display)

    return FORMULA.sub(mathml, content)

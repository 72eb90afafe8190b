"""Docstrings say what a thing is: they don't begin with a question word."""

import ast
import re
from pathlib import Path

import cosim
import ebn_model

SOURCES = [
    path
    for package in (cosim, ebn_model)
    for path in sorted(Path(package.__file__).parent.rglob("*.py"))
]
QUESTION = re.compile(r"(Whether|How|What|Why|When|Where|Who|Whose|Whom|Which)\b")


def questions(source):
    """Lines of docstrings, and of what stands below constants, that begin like a question."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            text = node.value.value
            if isinstance(text, str) and QUESTION.match(text.lstrip()):
                yield node.lineno


def test_questions_are_found():
    source = '''
"""What it is."""
LENGTH = 1
"""How long."""
def whatever():
    """Whatever it is."""
class Answer:
    """
    Whether it is one.
    """
    def which(self):
        """A number; which one, depends."""
        return "What?"
'''
    assert list(questions(source)) == [2, 4, 8]


def test_no_docstring_begins_with_a_question_word():
    found = [
        f"{path}:{line}" for path in SOURCES for line in questions(path.read_text(encoding="utf-8"))
    ]
    assert len(SOURCES) > 200
    assert not found

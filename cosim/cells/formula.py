"""Limits as a specification writes them: a number, a quantity with its unit, or a formula."""

import ast
import math
import operator
import re
from collections.abc import Mapping

from ebn_model.errors import InputError
from ebn_model.units import NUMBER, to_si

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def evaluate(limit: float | str, unit: str, names: Mapping[str, float]) -> float:
    """Value of a limit in SI units.

    Args:
        limit: a number, text such as "10 pA", or a formula of + - * / ** and brackets such as
            "0.9 * i_th_mem / i_tau_mem".
        unit: the unit that a text may carry.
        names: what a formula may use, in SI units.

    Raises:
        InputError: neither of the three, an unknown name (lists those there are), or no finite
            value.
    """
    try:
        return to_si(limit, unit)
    except InputError:
        if not isinstance(limit, str):
            raise
    try:
        tree = ast.parse(limit, mode="eval")
        _check_numbers(limit, tree)
        value = _value(tree.body, names)
    except (SyntaxError, ArithmeticError) as error:
        raise InputError(f"{limit!r} is neither a quantity nor a formula: {error}") from None
    # A fraction as the power of a negative number makes a complex one.
    if isinstance(value, complex) or not math.isfinite(value):
        raise InputError(f"{limit!r} is no finite number: {value}")
    return value


def uses(limit: str) -> set[str]:
    """Names that a formula uses, and units of what is none; empty for what can't be parsed."""
    try:
        tree = ast.parse(limit, mode="eval")
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _check_numbers(limit: str, tree: ast.AST) -> None:
    """Raise InputError for numbers that only Python reads, such as 1_2 (12) and 0x10."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            text = ast.get_source_segment(limit, node) or ""
            if not re.fullmatch(NUMBER, text):
                raise InputError(f"{limit!r}: {text} is not a number")


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Name(id=name):
            raise InputError(f"unknown name {name!r}; there are: {', '.join(sorted(names))}")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, names), _value(right, names))
    raise InputError(f"{ast.unparse(node)!r}: a formula has numbers, names, + - * / ** and ()")

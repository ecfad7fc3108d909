"""Expressions in lesson files: conditions on measured numbers, and numbers put into a sentence.

An expression may hold numbers, dotted names, + - * /, comparisons, and, or, not, abs, min and max. Everything else is
refused, so a lesson file cannot run code, whoever wrote it.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.text import formulas

MAX_LENGTH = 300
"""Characters in an expression."""
LARGEST = 1e15
"""Largest number in an expression."""
MAX_DEPTH = 40
"""Levels of nesting. Nobody writes deeper ones by hand, and they could exhaust Python's stack."""

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"abs": abs, "min": min, "max": max}
_PLACEHOLDER = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")
_FORMAT = re.compile(r",?(\.\d{1,2})?[f%]")
_CONSTANTS = {"ln2": math.log(2)}


class ExpressionError(UserError):
    """An expression that cannot be read, or has no value."""


def _parsed(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression of {len(text)} characters is too long; {MAX_LENGTH} are allowed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python comments on "1and 2"; whoever wrote it reads our sentence
            body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ExpressionError(
            f"'{brief(text)}' is no expression; write one like 'after.rate < 0.5 * before.rate'"
        ) from None
    _check(body, text, 0)
    return body


def _check(node: ast.expr, text: str, depth: int) -> None:
    """Refuse everything that is not listed in the module's docstring."""
    if depth > MAX_DEPTH:
        raise ExpressionError(f"'{brief(text, 40)}' is nested too deep")
    children: list[ast.expr]
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float) and value is not True and value is not False:
            if not value <= LARGEST:
                raise ExpressionError(f"'{brief(text)}' holds a number beyond {LARGEST:.0e}")
            children = []
        case ast.Name():
            children = []
        case ast.Attribute():
            _dotted(node, text)
            children = []
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            children = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            children = [left, right]
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARISONS for op in ops):
            children = [left, *others]
        case ast.BoolOp(values=operands):
            children = operands
        case ast.Call(func=ast.Name(id=called), args=args, keywords=[]) if called in _FUNCTIONS and args:
            if len(args) != 1 if called == "abs" else len(args) < 2:
                raise ExpressionError(
                    f"'{called}' in '{brief(text)}' takes {'one number' if called == 'abs' else 'several'}"
                )
            children = args
        case _:
            raise ExpressionError(
                f"'{_source(node, text)}' is not allowed in '{brief(text)}'; numbers, names, + - * /, comparisons,"
                " and, or, not, abs, min and max are"
            )
    for child in children:
        _check(child, text, depth + 1)


def _dotted(node: ast.expr, text: str) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, text)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise ExpressionError(f"'{_source(node, text)}' in '{brief(text)}' is no name")


def _source(node: ast.expr, text: str) -> str:
    """The part of an expression that a node stands for."""
    return brief(ast.get_source_segment(text.strip(), node) or text)


def names(text: str) -> frozenset[str]:
    """The dotted names an expression needs, without constants. `ExpressionError` if it cannot be read."""
    dotted: set[str] = set()

    def visit(node: ast.expr) -> None:
        if isinstance(node, ast.Name | ast.Attribute):
            dotted.add(_dotted(node, text))
            return
        children = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        for child in children:
            if isinstance(child, ast.expr):
                visit(child)

    visit(_parsed(text))
    return frozenset(dotted - set(_CONSTANTS))


def condition(text: str) -> frozenset[str]:
    """The dotted names in a condition like "after.rate < 3".

    `ExpressionError` where the text is no condition, or holds without any name.
    """
    if not _is_condition(_parsed(text)):
        raise ExpressionError(f"'{brief(text)}' is no condition; compare it, as in 'after.rate < 0.5 * before.rate'")
    dotted = names(text)
    if not dotted and evaluate(text, {}):
        raise ExpressionError(f"'{brief(text)}' holds whatever was measured; compare a number like 'after.rate'")
    return dotted


def _is_condition(node: ast.expr) -> bool:
    match node:
        case ast.Compare():
            return True
        case ast.BoolOp(values=operands):
            return all(_is_condition(each) for each in operands)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_condition(operand)
    return False


def evaluate(text: str, values: Mapping[str, float]) -> float | bool:
    """The value of an expression. `ExpressionError` where a name is not in ``values`` or the result is no number."""
    node = _parsed(text)
    try:
        value: float | bool = _value(node, text, values)
    except ZeroDivisionError:
        raise ExpressionError(f"'{brief(text)}' divides by zero") from None
    except OverflowError:
        raise ExpressionError(f"'{brief(text)}' is too large a number") from None
    return value


def _value(node: ast.expr, text: str, values: Mapping[str, float]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name() | ast.Attribute():
            name = _dotted(node, text)
            number = _CONSTANTS.get(name, values.get(name))
            if number is None:
                there = brief(", ".join(sorted(values)), 400)
                raise ExpressionError(f"'{brief(name)}' in '{brief(text)}' is not measured; there are {there}")
            return number
        case ast.UnaryOp(op=op, operand=operand):
            inner = _value(operand, text, values)
            return not inner if isinstance(op, ast.Not) else -inner
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_value(left, text, values), _value(right, text, values))
        case ast.Compare(left=left, ops=ops, comparators=others):
            one = _value(left, text, values)
            for comparison, node_of_other in zip(ops, others, strict=True):
                other = _value(node_of_other, text, values)
                if not _COMPARISONS[type(comparison)](one, other):
                    return False
                one = other
            return True
        case ast.BoolOp(op=op, values=operands):
            combine = all if isinstance(op, ast.And) else any
            return combine(bool(_value(each, text, values)) for each in operands)
        case ast.Call(func=ast.Name(id=called), args=args):
            return _FUNCTIONS[called](*(_value(each, text, values) for each in args))
    raise AssertionError(f"'{ast.unparse(node)}' passed the check")


def placeholders(text: str) -> tuple[str, ...]:
    """The expressions in a sentence's {placeholders}, outside its $formulas$. `ExpressionError` if one is broken."""
    result = []
    for words in (each.text for each in formulas.pieces(text) if not each.is_formula):
        for expression, form in _PLACEHOLDER.findall(words):
            names(expression)
            if form and not _FORMAT.fullmatch(form):
                raise ExpressionError(f"'{brief(form)}' is no format; write one like '.1f', ',.0f' or '.0%'")
            result.append(expression)
        _refuse_braces(_PLACEHOLDER.sub("", words))
    return tuple(result)


def _refuse_braces(words: str) -> None:
    """Raise for a brace that belongs to no placeholder: nothing would fill it."""
    brace = re.search(r"\{[^{}]*\}|[{}]", words)
    if brace is None:
        return
    reason = {"{": "a '{' is not closed", "}": "a '}' stands without its '{'"}.get(
        brace[0], f"'{brief(brace[0])}' is empty"
    )
    raise ExpressionError(f"{reason}; write a number like {{after.rate:.1f}}, or $\\{{$ for the brace itself")


def fill(text: str, values: Mapping[str, float]) -> str:
    """The sentence with its placeholders filled: "{after.rate:.1f} nats" gives "4.1 nats". Negatives get a "−"."""

    def value_of(match: re.Match[str]) -> str:
        value = evaluate(match[1], values)
        if not math.isfinite(value):
            return "∞" if value > 0 else "no number"
        return format(float(value), match[2] or ".1f").replace("-", "−")

    return formulas.map_text(text, lambda words: _PLACEHOLDER.sub(value_of, words))

"""Little sums in text that a teacher wrote: conditions on measured numbers, and numbers put into a sentence.

An expression knows numbers, dotted names, + - * /, comparisons, and, or, not, abs, min and max. Nothing else parses, so
a lesson file can do no harm whoever wrote it.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from core.foundation.user_error import UserError
from core.text import formulas

LONGEST = 300
DEEPEST = 40
"""Nested deeper than this no person wrote it, and Python's own stack would be at stake."""

_SUMS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ORDERS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_CALLS: dict[str, Callable[..., float]] = {"abs": abs, "min": min, "max": max}
_PLACE = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")
_FORM = re.compile(r",?(\.\d{1,2})?[f%]")
_CONSTANTS = {"ln2": math.log(2)}


class ExpressionError(UserError):
    """An expression that cannot be read, or names what was not measured."""


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression of {len(text)} characters is too long; {LONGEST} are allowed")
    try:
        body = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ExpressionError(f"'{text}' is no expression; write one like 'after.rate < 0.5 * before.rate'") from None
    _look(body, text, 0)
    return body


def _look(node: ast.expr, text: str, depth: int) -> None:
    """Refuse everything that is not on the list in the module's docstring."""
    if depth > DEEPEST:
        raise ExpressionError(f"'{text[:40]}…' is nested too deep")
    inside: list[ast.expr]
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            inside = []
        case ast.Name():
            inside = []
        case ast.Attribute():
            _dotted(node, text)
            inside = []
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            inside = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SUMS:
            inside = [left, right]
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _ORDERS for op in ops):
            inside = [left, *others]
        case ast.BoolOp(values=parts):
            inside = parts
        case ast.Call(func=ast.Name(id=called), args=args, keywords=[]) if called in _CALLS and args:
            if len(args) != 1 if called == "abs" else len(args) < 2:
                raise ExpressionError(f"'{called}' in '{text}' takes {'one number' if called == 'abs' else 'several'}")
            inside = args
        case _:
            raise ExpressionError(
                f"'{ast.unparse(node)}' is not allowed in '{text}'; numbers, names, + - * /, comparisons, and, or, not,"
                " abs, min and max are"
            )
    for each in inside:
        _look(each, text, depth + 1)


def _dotted(node: ast.expr, text: str) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, text)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise ExpressionError(f"'{ast.unparse(node)}' in '{text}' is no name")


def names(text: str) -> frozenset[str]:
    """The dotted names an expression needs, constants not counted; `ExpressionError` if it cannot be read."""
    found: set[str] = set()

    def visit(node: ast.expr) -> None:
        if isinstance(node, ast.Name | ast.Attribute):
            found.add(_dotted(node, text))
            return
        parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        for each in parts:
            if isinstance(each, ast.expr):
                visit(each)

    visit(_parsed(text))
    return frozenset(found - set(_CONSTANTS))


def condition(text: str) -> frozenset[str]:
    """The names in what holds or does not, like "after.rate < 3"; `ExpressionError` where it says neither."""
    if not _is_condition(_parsed(text)):
        raise ExpressionError(f"'{text}' is no condition; compare it, as in 'after.rate < 0.5 * before.rate'")
    found = names(text)
    if not found and evaluate(text, {}):
        raise ExpressionError(f"'{text}' holds whatever was measured; compare a number like 'after.rate'")
    return found


def _is_condition(node: ast.expr) -> bool:
    match node:
        case ast.Compare():
            return True
        case ast.BoolOp(values=parts):
            return all(_is_condition(each) for each in parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_condition(operand)
    return False


def evaluate(text: str, values: Mapping[str, float]) -> float | bool:
    """The value; `ExpressionError` in one sentence where a name is unknown or the sum has no result."""
    node = _parsed(text)
    try:
        value: float | bool = _value(node, text, values)
    except ZeroDivisionError:
        raise ExpressionError(f"'{text}' divides by zero") from None
    except OverflowError:
        raise ExpressionError(f"'{text}' is too large a number") from None
    return value


def _value(node: ast.expr, text: str, values: Mapping[str, float]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name() | ast.Attribute():
            name = _dotted(node, text)
            found = _CONSTANTS.get(name, values.get(name))
            if found is None:
                raise ExpressionError(f"'{name}' in '{text}' is not measured; there are {', '.join(sorted(values))}")
            return found
        case ast.UnaryOp(op=op, operand=operand):
            inner = _value(operand, text, values)
            return not inner if isinstance(op, ast.Not) else -inner
        case ast.BinOp(left=left, op=op, right=right):
            return _SUMS[type(op)](_value(left, text, values), _value(right, text, values))
        case ast.Compare(left=left, ops=ops, comparators=others):
            here = _value(left, text, values)
            for order, other in zip(ops, others, strict=True):
                there = _value(other, text, values)
                if not _ORDERS[type(order)](here, there):
                    return False
                here = there
            return True
        case ast.BoolOp(op=op, values=parts):
            chosen = all if isinstance(op, ast.And) else any
            return chosen(bool(_value(each, text, values)) for each in parts)
        case ast.Call(func=ast.Name(id=called), args=args):
            return _CALLS[called](*(_value(each, text, values) for each in args))
    raise ExpressionError(f"'{ast.unparse(node)}' is not allowed in '{text}'")  # `_look` has refused it before


def places(text: str) -> tuple[str, ...]:
    """The expressions in the {places} of a sentence, not in its $formulas$; `ExpressionError` where one is broken."""
    found = []
    for words in (each.text for each in formulas.pieces(text) if not each.is_formula):
        for expression, form in _PLACE.findall(words):
            names(expression)
            if form and not _FORM.fullmatch(form):
                raise ExpressionError(f"'{form}' is no format; write one like '.1f', ',.0f' or '.0%'")
            found.append(expression)
        _no_brace_in(_PLACE.sub("", words))
    return tuple(found)


def _no_brace_in(words: str) -> None:
    """Refuse braces that are no place: nothing would fill them."""
    brace = re.search(r"\{[^{}]*\}|[{}]", words)
    if brace is None:
        return
    reason = {"{": "a '{' is not closed", "}": "a '}' stands without its '{'"}.get(brace[0], f"'{brace[0]}' is empty")
    raise ExpressionError(f"{reason}; write a number like {{after.rate:.1f}}, or $\\{{$ for the brace itself")


def fill(text: str, values: Mapping[str, float]) -> str:
    """The sentence with its places filled, with a true minus: "{after.rate:.1f} nats" gives "4.1 nats"."""

    def put(found: re.Match[str]) -> str:
        value = evaluate(found[1], values)
        if not math.isfinite(value):
            return "∞" if value > 0 else "no number"
        return format(float(value), found[2] or ".1f").replace("-", "−")

    return formulas.around(text, lambda words: _PLACE.sub(put, words))

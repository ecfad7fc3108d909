"""Numbers as text: true minus, comma thousands, fixed decimals."""

from __future__ import annotations

import math
from collections.abc import Iterable

from core.foundation import number_words
from core.foundation.number_words import significant

MINUS = number_words.MINUS
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
number = number_words.fixed
telling = number_words.telling
duration = number_words.duration


def signed(value: float, decimals: int = 2) -> str:
    """As `number`, with a plus before positive numbers."""
    text = number(value, decimals)
    return "+" + text if value > 0 and any(digit in "123456789" for digit in text) else text


def knob(value: float, decimals: int = 2) -> str:
    """As `number`, but never rounded to zero: ``0.0004`` stays ``0.0004`` with 2 decimals."""
    if math.isfinite(value) and value != 0 and abs(value) < 10**-decimals:
        return significant(value)
    return number(value, decimals)


def capped(value: float, decimals: int = 1, most: float = 1_000.0) -> str:
    """As `number`; beyond ``most`` only that it is beyond: ``> 1,000``. For ratios that grow without a meaning."""
    return f"> {number(most, 0)}" if value > most else number(value, 0 if value >= 100 else decimals)


def within(value: float, low: float, high: float, decimals: int = 1) -> str:
    """A ratio as `capped`, whose text lies above ``low`` and not above ``high``, as the word beside it says.

    It has a second decimal where ``decimals`` would read like a limit, and is moved into the range by what a word may
    stand past its limit.
    """
    value = min(max(value, low + 0.01), high)
    is_told_apart = number(value, decimals) not in (number(low, decimals), number(high, decimals))
    return capped(value, decimals if is_told_apart else 2)


def coordinates(point: Iterable[float], decimals: int, most: int) -> str:
    """The first ``most`` coordinates of a point, with an ellipsis where there are more: ``0.12, −1.50, …``."""
    words = [number(float(value), decimals) for value in point]
    return ", ".join([*words[:most], *(["…"] if len(words) > most else [])])


def short(value: float) -> str:
    """For axes: ``2500`` as ``2.5k``, ``12000000`` as ``12M``; three significant figures at most."""
    if not math.isfinite(value):
        return number(value)
    sign, size = (MINUS if value < 0 else ""), abs(value)
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= limit * 0.9995:
            return f"{sign}{size / limit:.3g}{letter}"
    text = f"{size:.3g}"
    return text if float(text) == 0 else sign + text


def power_of_ten(exponent: int) -> str:
    """Label of 10ⁿ: a plain number from 0.01 to 10,000, else a power."""
    if 0 <= exponent <= 4:
        return f"{10**exponent:,}"
    return {-1: "0.1", -2: "0.01"}.get(exponent, "10" + str(exponent).translate(_POWERS))


def clock(seconds: float) -> str:
    """``271`` as ``4:31``, from an hour on ``1:04:31``; a negative or non-finite value is a dash."""
    if not math.isfinite(seconds) or seconds < 0:
        return "—"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _has_fraction(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and value != int(value)


def parse(text: str, *, whole: bool = False) -> float:
    """The number in typed text: accepts ``-``, ``−``, comma thousands, ``e`` notation; `ValueError` otherwise.

    With ``whole`` it must be a whole number.
    """
    plain = number_words.typed(text)
    if not plain:
        raise ValueError("Empty: type a number")
    if "_" in plain:
        raise ValueError(f"'{text.strip()}' is not a number")
    if whole and ("," in plain or _has_fraction(plain)):
        raise ValueError(f"'{text.strip()}' is not a whole number")
    if "," in plain:
        raise ValueError(f"'{text.strip()}' is not a number: decimals follow a point")
    try:
        value = float(plain)
    except ValueError:
        raise ValueError(f"'{text.strip()}' is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"'{text.strip()}' is not a finite number")
    return value

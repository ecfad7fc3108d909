"""A number as the window, tables and messages write it: true minus, comma thousands, no exponent where digits do."""

from __future__ import annotations

import math
import re

MINUS = "−"
SMALLEST_PLAIN = 1e-6
"""Smaller sizes are written with an exponent: their zeros could not be counted."""
LARGEST_PLAIN = 1e15
"""So are larger ones: a diverging loss would fill the window with digits."""


def fixed(value: float, decimals: int = 2) -> str:
    """``-1234.5`` as ``−1,234.50``; NaN is a dash, and zero has no sign."""
    if not math.isfinite(value):
        return "—" if math.isnan(value) else (f"{MINUS}∞" if value < 0 else "∞")
    if abs(value) >= LARGEST_PLAIN:
        return significant(value)
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in "123456789" for digit in text)
    return MINUS + text if negative else text


def telling(value: float, decimals: int = 2) -> str:
    """As `fixed`, with more decimals where fewer than two figures would show: ``0.0041``, ``−0.012``; ``3`` stays."""
    if not math.isfinite(value) or value == round(value):
        return fixed(value, decimals)
    size = float(f"{abs(value):.1e}")
    if size < SMALLEST_PLAIN:
        return significant(value, 2)
    return fixed(value, max(decimals, 1 - math.floor(math.log10(size))))


def significant(value: float, figures: int = 3) -> str:
    """Rounded to so many figures, trailing zeros left out: ``0.00001``, ``12,000``; ``2e−9``, ``5e30``."""
    if not math.isfinite(value) or value == 0:
        return fixed(value, 0)
    size = float(f"{abs(value):.{figures - 1}e}")
    sign = MINUS if value < 0 else ""
    if size < SMALLEST_PLAIN or size >= LARGEST_PLAIN:
        digits, power = f"{size:.{figures - 1}e}".split("e")
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        return f"{sign}{digits}e{power.lstrip('+-0')}" if size > 1 else f"{sign}{digits}e{MINUS}{-int(power)}"
    decimals = max(0, figures - 1 - math.floor(math.log10(size)))
    text = f"{size:,.{decimals}f}"
    return sign + (text.rstrip("0").rstrip(".") if "." in text else text)


def duration(seconds: float) -> str:
    """``1.2 s``; of less than a tenth that it is less."""
    return "under 0.1 s" if seconds < 0.1 else f"{fixed(seconds, 1)} s"


def typed(text: str) -> str:
    """Typed text as Python's ``float`` and ``int`` read it: ``−12,345`` as ``-12345``.

    A comma goes only where it separates thousands. Elsewhere it stays, and the text is no number: dropped, it would
    turn ``0,05`` into 5 and ``0,001`` into 1.
    """
    number = text.strip().replace(MINUS, "-")
    separates_thousands = re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", number)
    return number.replace(",", "") if separates_thousands else number


def unit_of(count: float, unit: str) -> str:
    """The unit of a count: ``images``, but ``image`` of one. A unit of one letter is a symbol and stays."""
    return unit[:-1] if count == 1 and len(unit) > 1 and unit.endswith("s") else unit

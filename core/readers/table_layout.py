"""How a table of text is written: its separator, its decimals, the names of columns, and what each column holds."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.foundation.quoted import brief
from core.foundation.reading import DataError

MOST_CELLS = 1_024
"""Most cells of a row, of numbers or not."""
HUGE = 1e30
"""What is larger is no number that can be trained on."""
SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", " ": "space"}
"""By how little they occur within numbers or names."""
_STEADY = 0.9
"""Share of the first rows that must have the same number of cells."""
_GAPS = frozenset(("", "na", "n/a", "nan", "null", "none", "nil", "?", "-", ".", "#n/a", "missing"))
_LONGEST_NAME = 40
_COMMA = re.compile(r"[-+]?[\d.]*,\d+(?:[eE][-+]?\d+)?")
_POINT = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")


@dataclass(frozen=True)
class Layout:
    """How the table is written, from its first rows: ``kinds`` of columns are number, text or empty."""

    separator: str
    decimal: Literal["point", "comma"]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    has_header: bool
    skip: int

    @property
    def number(self) -> Callable[[str], float]:
        """What makes a number of a cell; NaN where it is none."""
        return _with_comma if self.decimal == "comma" else _with_point


def cells_of(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """The rows of a table as lists of cells. They may raise `csv.Error`."""
    if separator == " ":
        return (line.split() for line in lines)
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def find_layout(head: Sequence[str], place: str) -> Layout:
    """How a table is written, from its first lines, none of them blank. Raises `DataError` where they are no table."""
    skip = int(bool(head and re.fullmatch(r"sep=.\s*", head[0])))  # a hint that Excel understands
    comment = ""
    while skip < len(head) and head[skip].lstrip().startswith("#"):
        comment, skip = head[skip].lstrip().removeprefix("#").strip(), skip + 1
    if len(head) <= skip:
        raise DataError(f"{place} holds no rows: choose a file with a table of numbers")
    separator, rows = _separated(head[skip:], place)
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if width > MOST_CELLS:
        raise DataError(f"{place} has {width:,} columns, more than {MOST_CELLS:,}: choose a smaller table")
    even = [[cell.strip() for cell in row] for row in rows if len(row) == width]
    decimal = _decimal(even, separator)
    number = _with_comma if decimal == "comma" else _with_point
    kinds = tuple(_kind([row[i] for row in even[1:] or even], number) for i in range(width))
    has_header = len(even) > 1 and len(rows[0]) == width and _is_header(even[0], kinds, number)
    if not has_header:
        kinds = tuple(_kind([row[i] for row in even], number) for i in range(width))
    names = even[0] if has_header else next(cells_of([comment], separator), [])  # numpy writes names as a comment
    return Layout(separator, decimal, _unique(names if len(names) == width else [""] * width), kinds, has_header, skip)


def _separated(lines: Sequence[str], place: str) -> tuple[str, list[list[str]]]:
    """The separator, and the rows that it makes of these lines."""
    for separator in SEPARATORS:
        try:
            rows = [row for row in cells_of(lines, separator) if any(cell.strip() for cell in row)]
        except csv.Error:
            continue
        if not rows:
            continue
        width, count = Counter(map(len, rows)).most_common(1)[0]
        if width > 1 and count >= _STEADY * len(rows):
            return separator, rows
    reason = "is no table: its lines do not have the same two or more cells, parted by comma, semicolon or tab"
    raise DataError(f"{place} {reason}; save it as CSV")


def _decimal(rows: Sequence[Sequence[str]], separator: str) -> Literal["point", "comma"]:
    if separator == ",":
        return "point"
    commas = sum(bool(_COMMA.fullmatch(cell)) for row in rows for cell in row)
    points = sum(bool(_POINT.fullmatch(cell)) for row in rows for cell in row)
    return "comma" if commas > points else "point"


def _with_point(cell: str) -> float:
    """The number in a cell; NaN for a gap or a text, and for what is too large to be trained on."""
    if "_" in cell:  # Python's own way to group digits
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if abs(value) < HUGE else math.nan


def _with_comma(cell: str) -> float:
    """The same with a decimal comma, where a point may part thousands."""
    cell = cell.strip()
    if "." in cell and not _GROUPED.fullmatch(cell):
        return math.nan
    return _with_point(cell.replace(".", "").replace(",", "."))


def is_gap(cell: str) -> bool:
    """Whether a cell says that nothing is known."""
    return cell.strip().lower() in _GAPS


def _kind(cells: Sequence[str], number: Callable[[str], float]) -> str:
    there = [cell for cell in cells if not is_gap(cell)]
    if not there:
        return "empty"
    return "number" if sum(not math.isnan(number(cell)) for cell in there) > len(there) / 2 else "text"


def _is_header(cells: Sequence[str], kinds: Sequence[str], number: Callable[[str], float]) -> bool:
    """Whether a first row names the columns: no cell is a number, or one over numbers is a word."""
    words = [not is_gap(cell) and math.isnan(number(cell)) for cell in cells]
    if not any(words):
        return False
    return any(word for word, kind in zip(words, kinds, strict=True) if kind == "number") or (
        all(word or is_gap(cell) for word, cell in zip(words, cells, strict=True)) and "number" in kinds
    )


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Printable names, each different: those that are missing are called by their number."""
    found: list[str] = []
    for number, name in enumerate(names, 1):
        text = brief(name.strip(), _LONGEST_NAME) or f"column {number}"
        while text in found:
            text = f"{text} ({number})"
        found.append(text)
    return tuple(found)

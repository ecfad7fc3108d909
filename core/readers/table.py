"""Tables of numbers in text files: separators, decimal commas, a header or none, gaps, columns of text.

A file is read once, in blocks of rows, so that memory is taken for numbers and not for text.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from core.foundation.arrays import Counts, Doubles
from core.foundation.quoted import brief, printable
from core.foundation.reading import DataError, Report
from core.readers.gzipped import MAGIC, GzipStream

MOST_BYTES = 1 << 30
"""Largest file that is read, packed or unpacked, bytes."""
MOST_NUMBERS = 1 << 26
"""Most numbers of a table: half a gigabyte of memory."""
MOST_CELLS = 1_024
"""Most cells of a row, of numbers or not."""
MOST_TEXTS = 1_000
"""Most different texts of a column that is kept."""
LISTED = 5
"""Number of faulty lines that are named."""

_BUFFER = 1 << 18
_HEAD_ROWS = 500
_BLOCK = 4_096
_LONGEST_LINE = 1 << 20
_SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", " ": "space"}
"""By how little they occur within numbers or names."""
_STEADY = 0.9
"""Share of the first rows that must have the same number of cells."""
_GAPS = frozenset(("", "na", "n/a", "nan", "null", "none", "nil", "?", "-", ".", "#n/a", "missing"))
_HUGE = 1e30
_LONGEST_NAME = 40
_COMMA = re.compile(r"[-+]?[\d.]*,\d+(?:[eE][-+]?\d+)?")
_POINT = re.compile(r"[-+]?\d*\.\d+(?:[eE][-+]?\d+)?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")


@dataclass(frozen=True)
class TextColumn:
    """A column of text: the index of each row's text, (N,), among ``texts``; -1 where the cell is a gap."""

    name: str
    codes: Counts
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Columns of numbers ``values`` (N, D), NaN where a cell is a gap or no number, and columns of text.

    ``dropped`` are columns that are neither, with the reason. ``uneven`` rows had more or fewer cells than the others
    and are not here; ``uneven_lines`` are the first of their lines.
    """

    names: tuple[str, ...]
    values: Doubles
    texts: tuple[TextColumn, ...]
    order: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]
    uneven: int
    uneven_lines: tuple[int, ...]
    separator: str
    decimal: Literal["point", "comma"]
    has_header: bool


def read_table(path: Path, most_columns: int, report: Report) -> Table:
    """Read a table with at most so many columns of numbers. Raises `DataError` with what is wrong."""
    place = printable(str(path))
    with _opened(path, place) as raw:
        lines = _Lines(raw, os.fstat(raw.fileno()).st_size, place, report)
        return _read(lines, place, most_columns)


# --- lines -----------------------------------------------------------------------------------------------------------


def _opened(path: Path, place: str) -> io.BufferedReader:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise DataError(f"{place} is a folder: choose a file with a table of numbers")
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{place} is not a regular file: choose a file with a table of numbers")
        if status.st_size > MOST_BYTES:
            raise DataError(f"{place} is too large ({status.st_size:,} bytes): at most {MOST_BYTES:,} are read")
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))  # no pipe waits
        return io.BufferedReader(io.FileIO(handle), _BUFFER)
    except FileNotFoundError:
        raise DataError(f"{place} does not exist: choose another file") from None
    except OSError as error:
        raise _unreadable(place, error) from None


def _unreadable(place: str, error: OSError) -> DataError:
    return DataError(f"{place} cannot be read ({error.strerror or error}): check the disk and the permissions")


class _Lines:
    """The lines of a file as text, each of bounded length, `MOST_BYTES` in all."""

    def __init__(self, raw: io.BufferedReader, size: int, place: str, report: Report) -> None:
        self._packed, self._size, self._place, self._report = raw, size, place, report
        self._stream = raw
        if self._peek().startswith(MAGIC):
            self._stream = io.BufferedReader(GzipStream(raw, place), _BUFFER)
        self._encoding = _encoding(self._peek(), place)

    def _peek(self) -> bytes:
        try:
            return self._stream.peek(_BUFFER)
        except OSError as error:
            raise _unreadable(self._place, error) from None

    def _next(self, text: io.TextIOWrapper) -> str:
        try:
            return text.readline(_LONGEST_LINE + 1)
        except OSError as error:
            raise _unreadable(self._place, error) from None

    def __iter__(self) -> Iterator[str]:
        number = done = 0
        with io.TextIOWrapper(self._stream, self._encoding, "replace", newline="") as text:
            while line := self._next(text):
                number, done = number + 1, done + len(line)
                if len(line) > _LONGEST_LINE:
                    reason = f"has a line of more than {_LONGEST_LINE:,} characters"
                    raise DataError(f"{self._place} {reason}: choose a table with one row a line")
                if done > MOST_BYTES:
                    raise DataError(f"{self._place} unpacks to more than {MOST_BYTES:,} bytes: take a part of it")
                if number % _BLOCK == 0:
                    self._report(min(1.0, self._packed.tell() / max(self._size, 1)))
                yield line
        self._report(1.0)


def _encoding(head: bytes, place: str) -> str:
    """The encoding of a file by its first bytes. `DataError` where they are no text."""
    if not head.strip():
        raise DataError(f"{place} is empty: choose a file with a table of numbers")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"  # Excel's "Unicode text"
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        raise DataError(f"{place} is no text: choose a table saved as CSV")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # whose last character may be cut
    except UnicodeDecodeError:
        return "cp1252"  # as Excel saves CSV in Western Europe
    return "utf-8-sig"


# --- layout ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layout:
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


def _cells(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    if separator == " ":
        return (line.split() for line in lines)
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _layout(head: Sequence[str], place: str) -> _Layout:
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
    names = even[0] if has_header else next(_cells([comment], separator), [])  # numpy writes names as a comment
    return _Layout(separator, decimal, _unique(names if len(names) == width else [""] * width), kinds, has_header, skip)


def _separated(lines: Sequence[str], place: str) -> tuple[str, list[list[str]]]:
    """The separator, and the rows that it makes of these lines."""
    for separator in _SEPARATORS:
        try:
            rows = [row for row in _cells(lines, separator) if any(cell.strip() for cell in row)]
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
    return value if abs(value) < _HUGE else math.nan


def _with_comma(cell: str) -> float:
    """The same with a decimal comma, where a point may part thousands."""
    cell = cell.strip()
    if "." in cell and not _GROUPED.fullmatch(cell):
        return math.nan
    return _with_point(cell.replace(".", "").replace(",", "."))


def _is_gap(cell: str) -> bool:
    return cell.strip().lower() in _GAPS


def _kind(cells: Sequence[str], number: Callable[[str], float]) -> str:
    there = [cell for cell in cells if not _is_gap(cell)]
    if not there:
        return "empty"
    return "number" if sum(not math.isnan(number(cell)) for cell in there) > len(there) / 2 else "text"


def _is_header(cells: Sequence[str], kinds: Sequence[str], number: Callable[[str], float]) -> bool:
    """Whether a first row names the columns: no cell is a number, or one over numbers is a word."""
    words = [not _is_gap(cell) and math.isnan(number(cell)) for cell in cells]
    if not any(words):
        return False
    return any(word for word, kind in zip(words, kinds, strict=True) if kind == "number") or (
        all(word or _is_gap(cell) for word, cell in zip(words, cells, strict=True)) and "number" in kinds
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


# --- rows ------------------------------------------------------------------------------------------------------------


@dataclass
class _Texts:
    """The texts of a column as they are met; ``index`` is None from where they are too many."""

    index: dict[str, int] | None = field(default_factory=dict)
    blocks: list[Counts] = field(default_factory=list)

    def add(self, cells: Sequence[str]) -> None:
        """Take in the cells of a block."""
        if self.index is None:
            return
        known = self.index
        codes = [-1 if _is_gap(cell) else known.setdefault(cell.strip()[:200], len(known)) for cell in cells]
        self.blocks.append(np.array(codes, np.int64))
        if len(known) > MOST_TEXTS:
            self.index, self.blocks = None, []


def _read(lines: _Lines, place: str, most_columns: int) -> Table:
    stream = iter(lines)
    head = list(itertools.islice(stream, _HEAD_ROWS))
    layout = _layout([line for line in head if line.strip()], place)
    numbers = [i for i, kind in enumerate(layout.kinds) if kind == "number"]
    texts = {i: _Texts() for i, kind in enumerate(layout.kinds) if kind == "text"}
    if not numbers:
        raise DataError(f"{place} has no column of numbers: choose a table of numbers")
    if len(numbers) > most_columns:
        raise DataError(
            f"{place} has {len(numbers)} columns of numbers, at most {most_columns} can be used: take some away; "
            "a table of pixels is read as arrays"
        )
    rows, uneven = _Rows(layout, numbers, texts, place), _Uneven()
    content = (line for line in uneven.counting(itertools.chain(head, stream)) if line.strip())
    _fill(rows, uneven, _cells(itertools.islice(content, layout.skip, None), layout.separator), place)
    values = rows.values()
    kept = tuple(
        TextColumn(layout.names[i], np.concatenate([*column.blocks, np.zeros(0, np.int64)]), tuple(column.index))
        for i, column in texts.items()
        if column.index is not None
    )
    dropped = [(layout.names[i], "is empty") for i, kind in enumerate(layout.kinds) if kind == "empty"]
    dropped += [
        (layout.names[i], f"is text of more than {MOST_TEXTS:,} kinds")
        for i, column in texts.items()
        if column.index is None
    ]
    return Table(
        tuple(layout.names[i] for i in numbers),
        values,
        kept,
        layout.names,
        tuple(dropped),
        uneven.count,
        tuple(uneven.lines),
        _SEPARATORS[layout.separator],
        layout.decimal,
        layout.has_header,
    )


@dataclass
class _Uneven:
    """Rows of another number of cells. ``line`` is the number of the last line that was read."""

    line: int = 0
    count: int = 0
    lines: list[int] = field(default_factory=list)

    def counting(self, lines: Iterable[str]) -> Iterator[str]:
        """The same lines, counted."""
        for line in lines:
            self.line += 1
            yield line

    def add(self) -> None:
        """Count the row that ends on this line."""
        self.count += 1
        if len(self.lines) < LISTED:
            self.lines.append(self.line)


def _fill(rows: _Rows, uneven: _Uneven, cells: Iterator[list[str]], place: str) -> None:
    """Take in all rows, block by block."""
    width = len(rows.layout.kinds)
    if rows.layout.has_header:
        next(cells, None)
    block: list[list[str]] = []
    try:
        for row in cells:
            if len(row) == width:
                block.append(row)
            elif any(cell.strip() for cell in row):
                uneven.add()
            if len(block) == _BLOCK:
                rows.add(block)
                block = []
    except csv.Error as error:
        raise DataError(f"{place}, line {uneven.line:,}, cannot be read as a row ({error}): mend that line") from None
    if block:
        rows.add(block)


class _Rows:
    """The numbers and texts of a table as they are read."""

    def __init__(self, layout: _Layout, numbers: list[int], texts: dict[int, _Texts], place: str) -> None:
        self.layout = layout
        self._numbers, self._texts, self._place = numbers, texts, place
        self._blocks: list[Doubles] = []
        self._count = 0

    def add(self, block: list[list[str]]) -> None:
        """Take in rows of equal length."""
        columns = list(zip(*block, strict=True))
        self._blocks.append(np.stack([_numbers(columns[i], self.layout) for i in self._numbers], 1))
        for i, texts in self._texts.items():
            texts.add(columns[i])
        self._count += len(block)
        if self._count * len(self._numbers) > MOST_NUMBERS:
            raise DataError(f"{self._place} holds more than {MOST_NUMBERS:,} numbers: take a part of it")

    def values(self) -> Doubles:
        """All numbers (N, D). Blocks are let go one by one, so that they are never held twice."""
        found = np.empty((self._count, len(self._numbers)), np.float64)
        at = 0
        self._blocks.reverse()
        while self._blocks:
            block = self._blocks.pop()
            found[at : at + len(block)] = block
            at += len(block)
        return found


def _numbers(cells: Sequence[str], layout: _Layout) -> Doubles:
    """The numbers (N,) of cells, NaN for gaps and texts."""
    if layout.decimal == "point":
        try:
            values = np.array(list(map(float, cells)))
        except ValueError:
            pass
        else:
            if "_" not in "".join(cells):
                return np.where(np.abs(values) < _HUGE, values, np.nan)
    number = layout.number
    return np.array([number(cell) for cell in cells])

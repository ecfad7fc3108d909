"""Tables of numbers in text files: separators, decimal commas, a header or none, gaps, columns of text.

A file is read once, in blocks of rows, so that memory is taken for numbers and not for text.
"""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np

from core.foundation.arrays import Counts, Doubles
from core.foundation.quoted import printable
from core.foundation.reading import DataError, Report, no_report
from core.readers.container import Beat
from core.readers.patience import answered
from core.readers.table_layout import HUGE, SEPARATORS, Layout, cells_of, find_layout, is_gap
from core.readers.text_lines import Lines, open_text

MOST_NUMBERS = 1 << 26
"""Most numbers of a table: half a gigabyte of memory."""
MOST_TEXTS = 1_000
"""Most different texts of a column that is kept."""
ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".dat")
"""Endings of text files that may hold a table, before a .gz."""
LISTED = 5
"""Number of faulty lines that are named."""

_HEAD_ROWS = 500
_BLOCK = 4_096

R = TypeVar("R")


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
    return _of_file(path, report, lambda lines, place: _read(lines, place, most_columns))


def find_columns(path: Path) -> int:
    """The number of columns, by the first rows. Raises `DataError` where it is no table."""

    def count(lines: Lines, place: str) -> int:
        head = [line for line in itertools.islice(lines, _HEAD_ROWS) if line.strip()]
        return len(find_layout(head, place).kinds)

    return _of_file(path, no_report, count)


def _of_file(path: Path, report: Report, read: Callable[[Lines, str], R]) -> R:
    """What is read of the lines of a file, in another thread: a network folder may stop answering."""
    place = printable(str(path))
    done = 0.0

    def work(beat: Beat) -> R:
        def go_on(share: float) -> None:
            nonlocal done
            done = share
            beat()

        with open_text(path, place, beat) as raw:
            return read(Lines(raw, os.fstat(raw.fileno()).st_size, place, go_on), place)

    found = answered(place, work, lambda: report(done))
    report(1.0)
    return found


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
        codes = [-1 if is_gap(cell) else known.setdefault(cell.strip()[:200], len(known)) for cell in cells]
        self.blocks.append(np.array(codes, np.int64))
        if len(known) > MOST_TEXTS:
            self.index, self.blocks = None, []


def _read(lines: Lines, place: str, most_columns: int) -> Table:
    stream = iter(lines)
    head = list(itertools.islice(stream, _HEAD_ROWS))
    layout = find_layout([line for line in head if line.strip()], place)
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
    _fill(rows, uneven, cells_of(itertools.islice(content, layout.skip, None), layout.separator), place)
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
        SEPARATORS[layout.separator],
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
    last = 0  # line of the last whole row; a quote that nobody closes is told where it opens
    try:
        for row in cells:
            last = uneven.line
            if len(row) == width:
                block.append(row)
            elif any(cell.strip() for cell in row):
                uneven.add()
            if len(block) == _BLOCK:
                rows.add(block)
                block = []
    except csv.Error as error:
        raise DataError(f"{place}, line {last + 1:,}, cannot be read as a row ({error}): mend that line") from None
    if block:
        rows.add(block)


class _Rows:
    """The numbers and texts of a table as they are read."""

    def __init__(self, layout: Layout, numbers: list[int], texts: dict[int, _Texts], place: str) -> None:
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


def _numbers(cells: Sequence[str], layout: Layout) -> Doubles:
    """The numbers (N,) of cells, NaN for gaps and texts."""
    if layout.decimal == "point":
        try:
            values = np.array(list(map(float, cells)))
        except ValueError:
            pass
        else:
            if "_" not in "".join(cells):
                return np.where(np.abs(values) < HUGE, values, np.nan)
    number = layout.number
    return np.array([number(cell) for cell in cells])

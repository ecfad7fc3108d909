"""Images in CSV files: one image a row, one pixel a column, and a label in the first or the last one, or none.

With a header or without: Kaggle's digits have ``label,pixel0,…``, OpenML's ``pixel1,…,class``.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from core.foundation.quoted import brief
from core.foundation.reading import DataError, Report
from core.readers.data_file import MOST_BYTES, DataFile
from core.readers.gzipped import MAGIC, GzipStream, first_unpacked
from core.readers.layout import square_of
from core.readers.stored import AnyArray

MOST_COLUMNS = 3 * 128 * 128 + 1
"""Largest number of columns: a colour image of 128 pixels a side, and its label."""

_DELIMITERS = ",;\t "
_LABEL_COLUMNS = ("label", "labels", "class", "y", "target", "digit")
_ROWS = 500
"""Rows that are parsed at once."""
_LONGEST_LINE = 25 * MOST_COLUMNS


class NoImages(DataError):
    """A table whose columns are no square image: it may be meant for something else."""


@dataclass(frozen=True)
class CsvImages:
    """``pixels`` (N, D), uint8 where they are whole from 0 to 255, else float32; ``labels`` (N,), or None.

    ``told`` says where the labels were found.
    """

    pixels: AnyArray
    labels: AnyArray | None
    told: str


def is_text(head: bytes) -> bool:
    """Whether a file's first bytes can be those of a table of text: no control codes are among them."""
    text = first_unpacked(head) if head.startswith(MAGIC) else head
    return not any(byte < 9 or 13 < byte < 32 for byte in text)


def read_csv(entry: DataFile, report: Report) -> CsvImages:
    """The images of a CSV file, gzipped or not. Raises `DataError` with the line that is wrong."""
    lines = _lines(entry, report)
    first = next(lines, (0, ""))
    if not first[1]:
        raise DataError(f"{entry.place} is empty: choose a CSV file with one image a row")
    delimiter = _delimiter(first[1])
    cells = _cells(first[1], delimiter)
    header = [] if all(_is_number(cell) for cell in cells) else [cell.strip().lower() for cell in cells]
    width = len(cells)
    if width > MOST_COLUMNS:
        raise DataError(f"{entry.place} has {width:,} columns, more than {MOST_COLUMNS:,}: choose smaller images")
    _label_places(width, header, entry.place)  # refused before millions of rows are read
    rows = lines if header else itertools.chain([first], lines)
    blocks = [_parsed(block, delimiter, width, entry.place) for block in _blocks(rows)]
    if not blocks:
        raise DataError(f"{entry.place} holds no rows of numbers: choose a CSV file with one image a row")
    return _divided(np.concatenate(blocks), header, entry.place)


_Line = tuple[int, str]
"""A line that is not blank, after its number in the file."""


def _lines(entry: DataFile, report: Report) -> Iterator[_Line]:
    """The lines of a file that are not blank, each of bounded length, `MOST_BYTES` in all."""
    content = entry.read(lambda share: report(0.1 * share))
    raw: IO[bytes] = io.BytesIO(content)
    size = len(content)
    if content.startswith(MAGIC):
        raw = io.BufferedReader(GzipStream(raw, entry.place), 1 << 18)
        size = int.from_bytes(content[-4:], "little")  # as its end says
    done = number = 0
    while line := raw.readline(_LONGEST_LINE + 1):
        number, done = number + 1, done + len(line)
        if len(line) > _LONGEST_LINE:
            raise DataError(f"{entry.place} has a line of more than {_LONGEST_LINE:,} characters: choose another file")
        if done > MOST_BYTES:
            raise DataError(f"{entry.place} unpacks to more than {MOST_BYTES:,} bytes: choose a smaller file")
        text = line.decode("utf-8-sig" if number == 1 else "utf-8", "replace")
        if number % _ROWS == 0:
            report(min(1.0, 0.1 + 0.9 * done / max(size, 1)))
        if text.strip():
            yield number, text
    report(1.0)


def _blocks(lines: Iterator[_Line]) -> Iterator[list[_Line]]:
    while block := list(itertools.islice(lines, _ROWS)):
        yield block


def _delimiter(line: str) -> str:
    """The one of comma, semicolon, tab and space that a line has most of."""
    return max(_DELIMITERS, key=lambda each: (line.strip().count(each), -_DELIMITERS.index(each)))


def _cells(line: str, delimiter: str) -> list[str]:
    return line.split() if delimiter == " " else next(csv.reader([line.strip()], delimiter=delimiter), [])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _parsed(block: list[_Line], delimiter: str, width: int, place: str) -> AnyArray:
    """Rows of numbers as the smallest type that holds them, so that a large file takes little memory."""
    sep = None if delimiter == " " else delimiter
    texts = [text for _, text in block]
    try:
        numbers = np.loadtxt(texts, np.float32, comments=None, delimiter=sep, quotechar='"', ndmin=2)
    except ValueError:
        numbers = np.zeros((0, 0), np.float32)
    if numbers.shape != (len(block), width):
        raise DataError(f"{place}, line {_first_bad(block, delimiter, width)}")
    if not np.isfinite(numbers).all():
        raise DataError(f"{place} holds nan or inf near line {block[0][0]:,}: fill the gaps or take those rows away")
    with np.errstate(invalid="ignore"):
        small = numbers.astype(np.uint8)
    return small if np.array_equal(small, numbers) else numbers


def _first_bad(block: list[_Line], delimiter: str, width: int) -> str:
    """Number and fault of the first line that is not ``width`` numbers."""
    for number, line in block:
        cells = _cells(line, delimiter)
        if len(cells) != width:
            return f"{number:,}, has {len(cells):,} columns where the first has {width:,}: mend that line"
        for column, cell in enumerate(cells, 1):
            if not _is_number(cell):
                return f"{number:,}, holds '{brief(cell, 20)}' in column {column:,}, which is no number: mend that line"
    return f"{block[0][0]:,} or below, cannot be read as numbers: write the file again"


def _label_places(width: int, header: list[str], place: str) -> list[int]:
    """The columns where the label may be: its index, or [] where there is none."""
    named = [index for index, name in enumerate(header) if name in _LABEL_COLUMNS]
    if len(named) == 1 and square_of(width - 1):
        return named
    if square_of(width):
        return []
    if square_of(width - 1):
        return [0, width - 1]
    raise NoImages(
        f"{place} has {width:,} columns, which are no square image with or without a label: "
        "784 are 28 × 28 pixels, 3,072 are 32 × 32 in colour"
    )


def _divided(numbers: AnyArray, header: list[str], place: str) -> CsvImages:
    """Rows into pixels and labels.

    Where nothing names it, the label is the one of the two outer columns that is not the same everywhere, and of two
    that vary the one with fewer values: a corner of an image is black, or it varies more than a label.
    """
    places = _label_places(numbers.shape[1], header, place)
    if not places:
        return CsvImages(numbers, None, "no labels")
    kinds = [len(np.unique(numbers[:, column])) for column in places]
    column = places[min(range(len(places)), key=lambda i: (kinds[i] == 1, kinds[i], i))]
    where = {0: "first", numbers.shape[1] - 1: "last"}.get(column, f"{column + 1:,}th")
    pixels = np.delete(numbers, column, axis=1)
    return CsvImages(pixels, numbers[:, column].copy(), f"the {where} column")

"""Tables as programs write them are read to the last number; broken ones, and files of no format, say what is wrong."""

from __future__ import annotations

import csv
import gzip
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.datasets.base import DataError, load
from core.datasets.first_look import look_into
from core.datasets.table import TableConfig
from core.foundation.reading import no_report

Bytes = Callable[[bytes], bytes]

NAMES = ("length, cm", "größe", 'weight "net"')
VALUES = np.random.default_rng(0).normal(size=(40, 3)).round(4) * [1, 100, 1e4]
KINDS = ["alpha", "beta", "gamma"]
DAYS = [f"2026-{1 + at // 28:02}-{1 + at % 28:02}" for at in range(len(VALUES))]


def written(rows: list[list[object]], **options: Any) -> str:
    text = io.StringIO()
    csv.writer(text, **options).writerows(rows)
    return text.getvalue()


def rows(index: bool = False, days: bool = False, decimal: str = ".") -> list[list[object]]:
    """A header and rows of numbers with the name of a class; with their numbers before, or days behind."""
    found: list[list[object]] = [[*[""] * index, *NAMES, "kind", *["day"] * days]]
    for at, row in enumerate(VALUES.tolist()):
        cells = [repr(value).replace(".", decimal) for value in row]
        found.append([*[at] * index, *cells, KINDS[at % 3], *[DAYS[at]] * days])
    return found


def of_numpy() -> bytes:
    text = io.StringIO()
    np.savetxt(text, np.column_stack([VALUES, np.arange(len(VALUES)) % 3]), "%.17g", header="x y z label")
    return text.getvalue().encode()


def with_gaps() -> bytes:
    """Gaps of three kinds in three more rows, and a row that is too short."""
    more = [["", 1, 2, "beta"], [1, "NA", 2, "beta"], [1, 2, 3, ""], [1, 2]]
    return written([*rows(), *more], lineterminator="\n").encode()


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def lines(change: Callable[[list[bytes]], list[bytes]]) -> Bytes:
    return lambda good: b"\n".join(change(good.split(b"\n")))


def in_line(number: int, more: bytes) -> Bytes:
    """The same with something before a line."""
    return lines(lambda each: [*each[: number - 1], more + each[number - 1], *each[number:]])


PLAIN = written(rows(), lineterminator="\n").encode()
WIDE = "\n".join([",".join(["1.5"] * 66)] * 9).encode()
GERMAN = b"\xef\xbb\xbfsep=;\r\n" + written(rows(decimal=","), delimiter=";").encode()


@dataclass(frozen=True)
class Format:
    """A file by its name and content, a sentence that is told of it, and broken ones."""

    file: str
    content: bytes
    note: str
    broken: tuple[tuple[Bytes, str], tuple[Bytes, str], tuple[Bytes, str]]
    names: tuple[str, ...] = NAMES
    classes: tuple[str, ...] = tuple(KINDS)


TABLES = {
    "csv of Python": Format(
        "mine.csv",
        PLAIN,
        "Cells are parted by comma, decimals by point; names in the first row.",
        (
            (lambda good: good.replace(b",", b""), "is no table"),
            (lambda good: good[:200] + b"\0" + good[200:], "is no text"),
            (lambda good: good + b'1,2,"3,alpha\n' + b"1,2,3,beta\n" * 30_000, "line 42, cannot be read as a row"),
        ),
    ),
    "German Excel": Format(
        "mine.csv",
        GERMAN,
        "Cells are parted by semicolon, decimals by comma; names in the first row.",
        (
            (lambda good: b"\xef\xbb\xbfsep=;\r\n", "holds no rows"),
            (lambda good: good[:80], "is no table"),
            (lambda good: b"", "is empty"),
        ),
    ),
    "Unicode text of Excel": Format(
        "mine.txt",
        written(rows(decimal=","), delimiter="\t").encode("utf-16"),
        "Cells are parted by tab, decimals by comma; names in the first row.",
        (
            (lambda good: good[2:], "is no text"),
            (lambda good: good[:2], "holds no rows"),
            (lambda good: good[:3] + good[4:], "has no column of numbers"),
        ),
    ),
    "CSV of Western Europe": Format(
        "mine.csv",
        written(rows(decimal=","), delimiter=";").encode("cp1252"),
        "Cells are parted by semicolon, decimals by comma; names in the first row.",
        (
            (lines(lambda each: each[:1]), "has no column of numbers"),
            (lines(lambda each: each[:2]), "holds one row without a gap, and two are needed: choose a longer"),
            (lines(lambda each: [each[0], *each[1:2] * 9]), "holds one row 9 times"),
        ),
    ),
    "pandas, with its index": Format(
        "mine.csv",
        written(rows(index=True), lineterminator="\n").encode(),
        "Column 'column 1' numbers the rows and is left out.",
        (
            (lambda good: b"<!DOCTYPE html>\n<html><body>404</body>\n</html>\n", "is no table"),
            (lambda good: good.replace(b".", b"!"), "has 0 columns of numbers beside the class and row numbers"),
            (lambda good: WIDE, "has 66 columns of numbers, at most 65"),
        ),
    ),
    "quotes everywhere, days beside": Format(
        "mine.csv",
        written(rows(days=True), quoting=csv.QUOTE_ALL).encode(),
        "Column 'day' is text and is left out.",
        (
            (lambda good: good.replace(b'"', b"'"), "has no column of numbers"),
            (in_line(3, b"x" * (1 << 20)), "has a line of more than"),
            (lambda good: good.replace(b'","', b'"'), "is no table"),
        ),
    ),
    "gaps": Format(
        "mine.csv",
        with_gaps(),
        "3 rows are left out for a gap or a text among numbers, of 43.",
        (
            (lambda good: good.replace(b"-", b"").replace(b".", b",,"), "is no table"),
            (lines(lambda each: [each[0], *each[-5:-3]]), "no row without a gap"),
            (lines(lambda each: [each[0], each[1], each[-5]]), "holds one row without a gap"),
        ),
    ),
    "numpy": Format(
        "mine.dat",
        of_numpy(),
        "Cells are parted by space, decimals by point; no names in the first row.",
        (
            (lambda good: b"# x y z label\n", "holds no rows"),
            (lines(lambda each: [line.split(b" ")[0] for line in each[1:]]), "is no table"),
            (lambda good: b"\x93NUMPY\1\0" + good, "is no text"),
        ),
        ("x", "y", "z"),
        ("0", "1", "2"),
    ),
    "gzipped": Format(
        "mine.csv.gz",
        gzip.compress(PLAIN),
        "Cells are parted by comma, decimals by point; names in the first row.",
        (
            (cut, "is a truncated gzip file"),
            (lambda good: good[:-8] + bytes(8), "is a damaged gzip file"),
            (lambda good: gzip.compress(b""), "is empty"),
        ),
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(name: str, tmp_path: Path) -> None:
    form = TABLES[name]
    path = tmp_path / form.file
    path.write_bytes(form.content)
    data = load("table", TableConfig(str(path), standardise=False))
    assert data.columns is not None
    assert data.columns.names == form.names
    assert data.class_names == form.classes
    found = []
    for half in (data.train, data.test):
        assert half.labels is not None
        found += list(zip(half.pixels[:, :, 0, 0].tolist(), half.labels.tolist(), strict=True))
    expected = zip(VALUES.astype(np.float32).tolist(), (np.arange(len(VALUES)) % 3).tolist(), strict=True)
    assert sorted(found) == sorted(expected)
    assert form.note in data.origin["notes"]
    for change, words in form.broken:
        path.write_bytes(change(form.content))
        with pytest.raises(DataError, match=words) as error:
            load("table", TableConfig(str(path)))
        assert form.file in str(error.value)
        assert str(error.value).isprintable()


MATLAB = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM" + bytes(384) + b"\x89HDF\r\n\x1a\n"
FOREIGN = {
    "a.pkl": (pickle.dumps([1]), "is a pickle, which can run code when it is opened, so it is not read: "),
    "data_batch_1": (pickle.dumps({b"data": 1}, 2), "is a pickle, which can run code when it is opened"),
    "a.mat": (MATLAB, "is a MAT file of version 7.3, which is HDF5 and not read: write it again, for instance by save"),
    "a.h5": (b"\x89HDF\r\n\x1a\n" + bytes(500), "is an HDF5 file, which is not read: save the arrays with numpy.savez"),
    "a.parquet": (b"PAR1" + bytes(500), "is a Parquet file, which is not read: save the arrays with numpy.savez"),
    "a.tar.xz": (b"\xfd7zXZ\0" + bytes(500), "is packed by xz, which is not read: pack the files as .zip or .tar.gz"),
    "a.tar.bz2": (b"BZh91AY&SY" + bytes(500), "is packed by bzip2, which is not read: pack the files as .zip"),
    "a.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(500), "is a 7-Zip archive, which is not read: pack the files as .zip"),
    "a.rar": (
        b"Rar!\x1a\x07\1\0" + bytes(500),
        "is a RAR archive, which is not read: pack the files as .zip",
    ),
    "a.xlsx": (b"PK\3\4" + bytes(500), "is no text: choose a table saved as CSV"),
    "a.safetensors": (
        b"\x08\0\0\0\0\0\0\0{}      ",
        "holds no arrays of images: choose a file or folder of NPY",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_files_that_are_not_read_say_why(name: str, tmp_path: Path) -> None:
    """As the window asks: by the file alone."""
    content, words = FOREIGN[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as error:
        look_into(str(tmp_path / name), no_report)
    assert words in str(error.value)
    assert name in str(error.value)

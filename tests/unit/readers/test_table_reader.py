"""Tables of numbers in text: how they are written, what is left out, and what is refused."""

from __future__ import annotations

import gzip
import io
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.foundation.reading import Cancelled, DataError, no_report
from core.readers import patience, text_lines
from core.readers import table as reader
from core.readers.table import Table, read_table

Read = Callable[..., Table]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_content(content: str | bytes, name: str = "mine.csv") -> Table:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, 65, no_report)

    return read_content


@pytest.mark.parametrize(
    ("content", "separator", "decimal"),
    [
        ("a,b,c\n1,2.5,-3\n4,5,6e2\n", "comma", "point"),
        ("a;b;c\n1;2.5;-3\n4;5;6e2\n", "semicolon", "point"),
        ("a;b;c\r\n1;2,5;-3\r\n4;5;6e2\r\n", "semicolon", "comma"),
        ("a\tb\tc\n1\t2,5\t-3\n4\t5\t6e2\n", "tab", "comma"),
        ("# a b c\n1 2.5 -3\n4  5 6e2\n", "space", "point"),
        ("sep=;\na;b;c\n1;2,5;-3\n4;5;600,0\n", "semicolon", "comma"),
        ('"a", "b", "c"\n"1", "2.5", "-3"\n"4", "5", "6e2"\n', "comma", "point"),
        ("# made by a program, on a day\n# a,b,c\n1,2.5,-3\n4,5,600\n", "comma", "point"),
        ("a,b,c\n\n1,2.5,-3\n\n4,5,600", "comma", "point"),
    ],
)
def test_separator_and_decimals_are_found(read: Read, content: str, separator: str, decimal: str) -> None:
    table = read(content)
    assert (table.separator, table.decimal) == (separator, decimal)
    assert table.names == ("a", "b", "c")
    np.testing.assert_array_equal(table.values, [[1, 2.5, -3], [4, 5, 600]])


def test_without_a_header_columns_have_numbers(read: Read) -> None:
    table = read("1,2\n3,4\n")
    assert not table.has_header
    assert table.names == ("column 1", "column 2")
    assert len(table.values) == 2


def test_a_header_is_seen_beside_a_column_of_text(read: Read) -> None:
    table = read("x,kind,y\n1,good,2\n3,bad,4\n5,good,6\n")
    assert table.has_header
    assert table.names == ("x", "y")
    (kind,) = table.texts
    assert (kind.name, kind.texts, kind.codes.tolist()) == ("kind", ("good", "bad"), [0, 1, 0])


def test_text_alone_in_the_first_row_is_no_header(read: Read) -> None:
    table = read("good,1,2\nbad,3,4\n")
    assert not table.has_header
    assert len(table.values) == 2


def test_names_are_printable_and_different(read: Read) -> None:
    table = read('a,a,,"two\nlines"\n1,2,3,4\n5,6,7,8\n')
    assert table.names == ("a", "a (2)", "column 3", "two\\nlines")


@pytest.mark.parametrize("gap", ["", "NA", "n/a", "NaN", "null", "?", "-", "inf", "1_000", "text", "1e99"])
def test_a_cell_without_a_number_is_nan(read: Read, gap: str) -> None:
    table = read(f"a,b\n1,2\n3,{gap}\n5,6\n7,8\n")
    assert math.isnan(table.values[1, 1])
    assert np.isfinite(table.values).sum() == 7


def test_points_part_thousands_where_decimals_have_commas(read: Read) -> None:
    table = read("a;b\n1.234,5;0,5\n1.5;0,25\n12.345.678;,75\n")
    np.testing.assert_array_equal(table.values[:, 0], [1234.5, np.nan, 12345678])
    np.testing.assert_array_equal(table.values[:, 1], [0.5, 0.25, 0.75])


def test_rows_of_another_length_are_counted_with_their_lines(read: Read) -> None:
    table = read("a,b\n" + "1,2\n" * 20 + "1,2,3\n" + "1,2\n" * 20 + "7\n")
    assert len(table.values) == 40
    assert table.uneven == 2
    assert table.uneven_lines == (22, 43)


def test_an_empty_column_and_one_of_many_texts_are_dropped(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_TEXTS", 3)
    table = read("name,a,b,\n" + "".join(f"n{i},{i},{i}.5,\n" for i in range(9)))
    assert table.names == ("a", "b")
    assert table.texts == ()
    assert [name for name, _ in table.dropped] == ["column 4", "name"]


@pytest.mark.parametrize(
    "content",
    [
        "größe,b\n1,2\n3,4\n".encode("utf-8-sig"),
        "größe,b\n1,2\n3,4\n".encode("cp1252"),
        "größe,b\n1,2\n3,4\n".encode("utf-16"),
        gzip.compress("größe,b\n1,2\n3,4\n".encode(), mtime=0),
    ],
    ids=["utf-8 with a mark", "cp1252", "utf-16", "gzip"],
)
def test_encodings_are_found(read: Read, content: bytes) -> None:
    table = read(content)
    assert table.names == ("größe", "b")
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])


def test_blocks_are_put_together_in_order(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_BLOCK", 7)
    monkeypatch.setattr(reader, "_HEAD_ROWS", 5)
    table = read("a,b,k\n" + "".join(f"{i},{-i},{'xy'[i % 2]}\n" for i in range(50)))
    np.testing.assert_array_equal(table.values[:, 0], np.arange(50))
    assert table.texts[0].codes.tolist() == [i % 2 for i in range(50)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "is no text"),
        (b"a,b\n", "has no column of numbers"),
        (b"hello world this is\na letter\n", "is no table"),
        (b"1\n2\n3\n", "is no table"),
        (b"a,b\nx,y\nz,w\n", "has no column of numbers"),
        (b",".join([b"1"] * 66) + b"\n", "has 66 columns of numbers, at most 65"),
        (b",".join([b"1"] * 2000) + b"\n", "has 2,000 columns"),
        (b"1,2\n" * 600 + b'1,"2\n' + b"3,4\n" * 40_000, "line"),
        (gzip.compress(b"1,2\n" * 500, mtime=0)[:-12], "truncated gzip"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(read: Read, content: bytes, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        read(content)
    assert reason in str(caught.value)
    assert "mine.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "most"), [("MOST_NUMBERS", 9_000), ("MOST_BYTES", 4_000), ("LONGEST_LINE", 3)])
def test_what_is_too_large_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch, name: str, most: int) -> None:
    monkeypatch.setattr(reader if name == "MOST_NUMBERS" else text_lines, name, most)
    with pytest.raises(DataError, match=r"more than|too large"):
        read("a,b\n" + "1,2\n" * 10_000)


def test_what_unpacks_to_too_much_is_refused(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "MOST_BYTES", 4_000)
    with pytest.raises(DataError, match="unpacks to more than"):
        read(gzip.compress(b"1,2\n" * 10_000))


@pytest.mark.parametrize("make", ["nothing", "folder"])
def test_a_path_that_is_no_file_is_refused(tmp_path: Path, make: str) -> None:
    path = tmp_path / "mine.csv"
    if make == "folder":
        path.mkdir()
    with pytest.raises(DataError, match="choose"):
        read_table(path, 65, no_report)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("1,2\n" * 20_000)

    def stop(share: float) -> None:
        if share < 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        read_table(path, 65, stop)


def test_a_file_that_stops_answering_is_given_up_and_cancel_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("1,2\n" * 200_000)
    release, comes = threading.Event(), io.FileIO.readinto

    def slowly(file: io.FileIO, buffer: Any) -> int | None:
        if file.tell() > 0:  # what comes after the first bytes
            release.wait()
        return comes(file, buffer)

    def stop(share: float) -> None:
        if share > 0:
            raise Cancelled

    monkeypatch.setattr(text_lines._Beating, "readinto", slowly)
    try:
        with pytest.raises(Cancelled):
            read_table(path, 65, stop)
        monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
        with pytest.raises(DataError, match=r"mine\.csv has not answered for .* check the disk or the network"):
            read_table(path, 65, no_report)
    finally:
        release.set()


def test_a_table_that_is_cut_while_it_is_read_is_read_to_where_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("a,b\n" + "1,2\n" * 20_000)
    peek = text_lines.Lines._peek

    def and_then_it_shrinks(lines: text_lines.Lines) -> bytes:
        head = peek(lines)
        os.truncate(path, 40_001)
        return head

    monkeypatch.setattr(text_lines, "_BUFFER", 4_096)
    monkeypatch.setattr(text_lines.Lines, "_peek", and_then_it_shrinks)
    table = read_table(path, 65, no_report)
    assert (len(table.values), table.uneven) == (9_999, 1)

"""Images in CSV files as csv, numpy and Kaggle write them are read; a broken line is told by its number."""

from __future__ import annotations

import csv
import gzip
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.reading import DataError, no_report
from core.readers.array_files import ArraySet, read_set
from core.readers.csv_images import CsvImages, read_csv
from core.readers.data_file import data_files

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (30, 784))
PIXELS[:, [0, -1]] = 0  # corners are black, as of digits
LABELS = np.arange(30) % 10


def read(path: Path) -> ArraySet:
    return read_set(path, no_report)


def table(path: Path) -> CsvImages:
    return read_csv(data_files(path)[0], no_report)


def write(path: Path, rows: npt.NDArray[Any], header: list[str] | None = None, delimiter: str = ",") -> Path:
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        if header:
            writer.writerow(header)
        writer.writerows(rows.tolist())
    return path


NAMES = [f"pixel{i}" for i in range(784)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("place", ["first", "last", "none"])
def test_a_label_is_found_where_it_stands(tmp_path: Path, place: str, header: bool, delimiter: str) -> None:
    columns = {"first": [LABELS[:, None], PIXELS], "last": [PIXELS, LABELS[:, None]], "none": [PIXELS]}[place]
    names = {"first": ["label", *NAMES], "last": [*NAMES, "class"], "none": NAMES}[place]
    path = write(tmp_path / "mine.csv", np.hstack(columns), names if header else None, delimiter)
    found = table(path)
    np.testing.assert_array_equal(found.pixels, PIXELS)
    assert found.pixels.dtype == np.uint8
    if place == "none":
        assert found.labels is None
    else:
        np.testing.assert_array_equal(found.labels, LABELS)
        assert found.told == f"the {place} column"


def test_the_digits_of_kaggle_are_read_as_they_are(tmp_path: Path) -> None:
    """Its test has no labels, and its archive holds a sample of answers beside them."""
    write(tmp_path / "train.csv", np.hstack([LABELS[:, None], PIXELS]), ["label", *NAMES])
    write(tmp_path / "test.csv", PIXELS[:7], NAMES)
    write(tmp_path / "sample_submission.csv", np.arange(14).reshape(7, 2), ["ImageId", "Label"])
    with zipfile.ZipFile(tmp_path / "digit-recognizer.zip", "w") as archive:
        for path in tmp_path.glob("*.csv"):
            archive.write(path, path.name)
    for place in (tmp_path / "digit-recognizer.zip", tmp_path):
        found = read(place)
        np.testing.assert_array_equal(found.parts["train"].images.reshape(30, 784), PIXELS)
        np.testing.assert_array_equal(found.parts["train"].labels, LABELS)
        assert found.parts["test"].images.shape == (7, 1, 28, 28)
        assert found.parts["test"].labels is None


def test_numpy_and_gzip_and_a_byte_order_mark(tmp_path: Path) -> None:
    shares = RANDOM.random((30, 784)).astype(np.float32)
    np.savetxt(tmp_path / "mine.csv.gz", shares, delimiter=",")
    np.testing.assert_allclose(table(tmp_path / "mine.csv.gz").pixels, shares, rtol=1e-6)
    text = write(tmp_path / "plain.csv", PIXELS, NAMES).read_text()
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() + b"\n\n")
    np.testing.assert_array_equal(table(tmp_path / "bom.csv").pixels, PIXELS)


def test_quoted_cells_are_numbers(tmp_path: Path) -> None:
    with open(tmp_path / "mine.csv", "w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([NAMES, *PIXELS.tolist()])
    np.testing.assert_array_equal(table(tmp_path / "mine.csv").pixels, PIXELS)


def test_colour_is_three_planes(tmp_path: Path) -> None:
    colours = RANDOM.integers(0, 256, (12, 3, 32, 32))
    write(tmp_path / "mine.csv", colours.reshape(12, -1))
    np.testing.assert_array_equal(read(tmp_path / "mine.csv").parts[""].images, colours)


LINES = ["label,pixels", *[",".join(map(str, row)) for row in np.hstack([LABELS[:, None], PIXELS])]]


def test_a_gzip_file_of_several_members_is_read_to_its_end(tmp_path: Path) -> None:
    text = write(tmp_path / "plain.csv", PIXELS).read_bytes()
    half = len(text) // 2
    (tmp_path / "mine.csv.gz").write_bytes(gzip.compress(text[:half]) + gzip.compress(text[half:]) + bytes(100))
    np.testing.assert_array_equal(table(tmp_path / "mine.csv.gz").pixels, PIXELS)


def lines(**changes: str) -> bytes:
    changed = [",".join(["label", *NAMES]), *LINES[1:]]
    for number, line in changes.items():
        changed[int(number[4:]) - 1] = line
    return "\n".join(changed).encode()


BAD = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n \n", "is empty"),
    "header only": (",".join(NAMES).encode(), "holds no rows of numbers"),
    "columns": (b"1,2,3\n4,5,6\n", "has 3 columns, which are no square image"),
    "after a gap": (b"\n\n" + lines(line5=LINES[4].replace(",", ",x", 1)), "line 7, holds 'x"),
    "words": (lines(line5=LINES[4].replace(",", ",x", 1)), "line 5, holds 'x"),
    "ragged": (lines(line7="1,2,3"), "line 7, has 3 columns where the first has 785"),
    "nan": (lines(line3="nan," + LINES[2].partition(",")[2]), "holds nan or inf"),
    "a gap": (lines(line3="," + LINES[2].partition(",")[2]), "line 3, holds '' in column 1"),
    "bytes": (bytes(range(256)) * 4, "is no text"),
    "a page": (b"<!DOCTYPE html><html>\n<body>\n", "columns, which are no square image"),
    "gzip cut": (gzip.compress(lines())[:-20], "truncated gzip"),
    "gzip damaged": (gzip.compress(lines())[:200] + bytes(50), "damaged gzip"),
    "a long line": (b"1," * 700_000, "has a line of more than"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_broken_file_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, words = BAD[case]
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(DataError) as error:
        read(tmp_path / "mine.csv")
    said = str(error.value)
    assert words in said
    assert str(tmp_path / "mine.csv") in said
    assert ": " in said
    assert said.isprintable()


def test_a_packed_line_without_end_takes_little_memory(tmp_path: Path) -> None:
    deflate = zlib.compressobj(9, wbits=31)
    bomb = b"".join(deflate.compress(b"1" * (1 << 20)) for _ in range(40)) + deflate.flush()
    (tmp_path / "mine.csv.gz").write_bytes(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="has a line of more than"):
            read(tmp_path / "mine.csv.gz")
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()


@settings(max_examples=60)
@given(text=st.text("0123456789.,;\t \n\"'-einfax", max_size=300), tail=st.binary(max_size=20))
def test_any_text_is_read_or_refused(text: str, tail: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    said = "nothing"
    for content in (text.encode() + tail, b"1," * 63 + text.encode()):
        path.write_bytes(content)
        try:
            read(path)
        except DataError as error:
            said = str(error)
        assert said.isprintable()

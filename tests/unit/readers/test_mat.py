"""MAT files as scipy writes them are read as scipy reads them; what is broken is refused before memory is taken."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.reading import DataError, no_report
from core.readers.array_files import ArraySet, read_set
from core.readers.data_file import data_files
from core.readers.mat import stored_mat

RANDOM = np.random.default_rng(0)
HOUSES = RANDOM.integers(0, 256, (32, 32, 3, 20)).astype(np.uint8)  # SVHN's layout
NUMBERS = (np.arange(20) % 10 + 1)[:, None].astype(np.uint8)


def read(path: Path) -> ArraySet:
    return read_set(path, no_report)


def mat(packed: bool = True, **arrays: object) -> bytes:
    stream = io.BytesIO()
    scipy.io.savemat(stream, arrays, do_compression=packed)
    return stream.getvalue()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8", "i8", "u8"])
def test_every_type_of_number_is_read_as_scipy_reads_it(tmp_path: Path, packed: bool, dtype: str) -> None:
    array = RANDOM.integers(0, 100, (5, 28, 28)).astype(dtype)
    path = tmp_path / "mine.mat"
    path.write_bytes(mat(packed, images=array, a_longer_name=array[0, 0]))
    images, line = stored_mat(data_files(path)[0], no_report)
    expected = scipy.io.loadmat(path)
    np.testing.assert_array_equal(images.load(no_report), expected["images"])
    np.testing.assert_array_equal(line.load(no_report), expected["a_longer_name"])
    assert images.dtype == np.dtype(dtype)
    assert images.shape == array.shape
    assert line.key == "a_longer_name"


def test_house_numbers_are_read_as_they_are(tmp_path: Path) -> None:
    for split, count in (("train", 20), ("test", 8)):
        scipy.io.savemat(tmp_path / f"{split}_32x32.mat", {"X": HOUSES[..., :count], "y": NUMBERS[:count]})
    found = read(tmp_path)
    np.testing.assert_array_equal(found.parts["train"].images, HOUSES.transpose(3, 2, 0, 1))
    np.testing.assert_array_equal(found.parts["train"].labels, NUMBERS[:, 0])
    assert len(found.parts["test"].images) == 8
    assert found.parts["train"].layout == "H, W, C, N"


@pytest.mark.parametrize(
    ("shape", "order"),
    [
        ((24, 28, 28), (0, 1, 2)),
        ((600, 20, 28), (0, 1, 2)),
        ((24, 28, 28, 3), (0, 3, 1, 2)),
        ((24, 3, 28, 28), (0, 1, 2, 3)),
        ((28, 28, 24), (2, 0, 1)),
        ((28, 28, 28), (2, 0, 1)),
        ((20, 28, 600), (2, 0, 1)),
    ],
)
def test_images_lie_as_python_or_as_matlab_writes_them(
    tmp_path: Path, shape: tuple[int, ...], order: tuple[int, ...]
) -> None:
    """Python counts images first, MATLAB last; where three sides are equal, it is MATLAB's own format."""
    images = RANDOM.integers(0, 256, shape).astype(np.uint8)
    scipy.io.savemat(tmp_path / "mine.mat", {"images": images})
    expected = images.transpose(order)
    found = read(tmp_path / "mine.mat").parts[""].images
    np.testing.assert_array_equal(found, expected if expected.ndim == 4 else expected[:, np.newaxis])


def test_columns_are_images_stored_by_columns(tmp_path: Path) -> None:
    """As scikit-learn turns the Olivetti faces upright."""
    faces = RANDOM.integers(0, 256, (4096, 30)).astype(np.uint8)
    scipy.io.savemat(tmp_path / "olivettifaces.mat", {"faces": faces})
    upright = faces.T.reshape(30, 64, 64).transpose(0, 2, 1)
    np.testing.assert_array_equal(read(tmp_path / "olivettifaces.mat").parts[""].images[:, 0], upright)


def test_rows_are_images_stored_by_columns(tmp_path: Path) -> None:
    rows = RANDOM.random((30, 400))
    scipy.io.savemat(tmp_path / "ex3data1.mat", {"X": rows, "y": np.arange(30)[:, None] % 10})
    upright = rows.reshape(30, 20, 20).transpose(0, 2, 1)
    np.testing.assert_array_equal(read(tmp_path / "ex3data1.mat").parts[""].images[:, 0], upright)


def test_what_is_no_array_of_numbers_is_passed_over(tmp_path: Path) -> None:
    everything = {
        "X": HOUSES,
        "y": NUMBERS,
        "text": "words",
        "cell": np.array(["a", "bc"], object),
        "record": {"a": 1},
        "sparse": scipy.sparse.eye(3, format="csc"),
        "complex": np.ones(3, complex),
        "flag": np.array([True]),
    }
    (tmp_path / "mine.mat").write_bytes(mat(**everything))
    assert len(read(tmp_path / "mine.mat").parts[""].images) == 20


GOOD = mat(X=HOUSES, y=NUMBERS)
PLAIN = mat(False, X=HOUSES, y=NUMBERS)
NEWER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM" + bytes(384) + b"\x89HDF\r\n\x1a\n"


def matrix(size: int, body: bytes, claim: int | None = None) -> bytes:
    """A file of one packed variable that claims ``size`` bytes."""
    packed = zlib.compress(struct.pack("<II", 14, size) + body)
    return GOOD[:128] + struct.pack("<II", 15, len(packed) if claim is None else claim) + packed


HEAD = struct.pack("<IIII IIiiii HHI", 6, 8, 9, 0, 5, 16, 32, 32, 3, 10_000, 1, 1, ord("X"))
BAD = {
    "empty": (b"", "is no MAT file of version 5"),
    "version 4": (struct.pack("<5I", 0, 28, 28, 0, 2) + b"X\0" + bytes(100), "is no MAT file of version 5"),
    "version 7.3": (NEWER, "version 7.3, which is HDF5"),
    "header only": (GOOD[:128], "holds no arrays of images"),
    "cut": (GOOD[:-100], "truncated"),
    "cut in a tag": (GOOD[:133], "is damaged behind its byte 128"),
    "packed badly": (GOOD[:300] + bytes(20) + GOOD[320:], "damaged"),
    "goes on": (GOOD + b"rubbish", "is damaged behind its byte"),
    "a claim": (matrix(1 << 31, HEAD), "more than the"),
    "a claim within": (matrix(1000, HEAD), "damaged"),
    "no array": (GOOD[:128] + struct.pack("<II", 15, 16) + zlib.compress(bytes(8)).ljust(16), "that is no array"),
    "beyond the file": (matrix(100, HEAD, 1 << 30), "truncated"),
    "text": (b"images".ljust(512), "is no MAT file of version 5"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_broken_file_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, words = BAD[case]
    (tmp_path / "mine.mat").write_bytes(content)
    with pytest.raises(DataError) as error:
        read(tmp_path / "mine.mat")
    said = str(error.value)
    assert words in said
    assert str(tmp_path / "mine.mat") in said
    assert said.isprintable()


def test_memory_is_taken_for_what_a_variable_says_and_not_for_what_it_unpacks_to(tmp_path: Path) -> None:
    """A variable of 30 kB in a stream that unpacks to 24 MB, whose numbers claim 4 GB."""
    deflate = zlib.compressobj(9)
    bomb = deflate.compress(struct.pack("<II", 14, 31_000) + HEAD + struct.pack("<II", 2, 0xFFFFFFFF))
    bomb += b"".join(deflate.compress(bytes(1 << 20)) for _ in range(24)) + deflate.flush()
    path = tmp_path / "images.mat"
    path.write_bytes(GOOD[:128] + struct.pack("<II", 15, len(bomb)) + bomb)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="damaged"):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@settings(max_examples=100)
@given(
    edits=st.lists(st.tuples(st.integers(0, 70_000), st.integers(0, 255)), max_size=6),
    keep=st.integers(0, 70_000),
    packed=st.booleans(),
)
def test_a_mutated_file_is_read_or_refused(
    edits: list[tuple[int, int]], keep: int, packed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(GOOD if packed else PLAIN)
    for i, (place, byte) in enumerate(edits):
        content[120 + place % (80 if i % 2 else len(content) - 120)] = byte
    path = tmp_path_factory.getbasetemp() / "mutant.mat"
    path.write_bytes(content[:keep])
    said, parts = "nothing", {}
    try:
        parts = dict(read(path).parts)
    except DataError as error:
        said = str(error)
    assert said.isprintable()
    assert all(part.images.ndim == 4 for part in parts.values())

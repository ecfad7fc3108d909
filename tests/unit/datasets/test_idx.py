"""IDX files and folders of them are read, or refused in one sentence."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import struct
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.datasets.base import Cancelled, DataError, Dataset, load
from core.datasets.idx import IdxFolder
from core.readers import data_file
from core.readers import idx as idxfile
from core.readers.data_file import data_files
from core.readers.idx import IMAGES, parse_idx

PIXELS = np.random.default_rng(0).integers(0, 256, (14, 28, 28)).astype(np.uint8)
LABELS = (np.arange(14) % 10).astype(np.uint8)


def idx(numbers: npt.NDArray[np.uint8]) -> bytes:
    return b"\0\0\x08" + bytes([numbers.ndim]) + struct.pack(f">{numbers.ndim}I", *numbers.shape) + numbers.tobytes()


IMAGES_FILE, LABELS_FILE = idx(PIXELS), idx(LABELS)
SWAPPED = IMAGES_FILE[:4] + struct.pack("<3I", *PIXELS.shape) + PIXELS.tobytes()


def write(folder: Path, **changes: bytes | None) -> Path:
    """Write a valid folder of four files; keywords replace the content of a file, or leave it out with None."""
    files: dict[str, bytes | None] = {
        "train_images": IMAGES_FILE,
        "train_labels": LABELS_FILE,
        "t10k_images": idx(255 - PIXELS[:5]),
        "t10k_labels": idx(LABELS[:5]),
    }
    for name, content in (files | changes).items():
        if content is not None:
            kind = "-idx3-ubyte" if "images" in name else "-idx1-ubyte"
            (folder / (name.replace("_", "-") + kind)).write_bytes(content)
    return folder


def read_idx(path: Path) -> npt.NDArray[np.uint8]:
    return parse_idx(data_files(path)[0].read(lambda share: None), str(path), IMAGES)


def open_folder(folder: Path | str) -> Dataset:
    return load("idx", IdxFolder.Config(str(folder)))


def one_sentence(error: pytest.ExceptionInfo[DataError], *words: str) -> None:
    text = str(error.value)
    for word in words:
        assert word in text
    assert ": " in text  # followed by how to put it right
    assert "\n" not in text
    assert not re.search(r"\. [A-Z]", text)
    assert not text.endswith(".")


# ---- one file


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda raw: gzip.compress(raw) + b"\0" * 512])
def test_reads_plain_and_gzipped_by_content(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "images"  # the name says nothing
    path.write_bytes(pack(IMAGES_FILE))  # type: ignore[operator]
    numbers = read_idx(path)
    np.testing.assert_array_equal(numbers, PIXELS)
    assert numbers.flags.writeable


def test_reads_a_gzip_file_of_several_members() -> None:
    packed = b"".join(gzip.compress(IMAGES_FILE[i : i + 1000]) for i in range(0, len(IMAGES_FILE), 1000))
    np.testing.assert_array_equal(parse_idx(packed, "x", IMAGES), PIXELS)


BAD = {
    "empty": (b"", "empty"),
    "text": (b"label,pixel0,pixel1\n5,0,0\n", "not an IDX file"),
    "web page": (b"<!DOCTYPE html><html>", "not an IDX file"),
    "two bytes": (b"\0\0", "not an IDX file"),
    "header cut": (IMAGES_FILE[:9], "truncated in its header"),
    "content cut": (IMAGES_FILE[:-1], "truncated"),
    "goes on": (IMAGES_FILE + b"!", "goes on"),
    "floats": (b"\0\0\x0d\x03" + IMAGES_FILE[4:], "float32"),
    "labels": (LABELS_FILE, "labels (1 dimension)"),
    "video": (b"\0\0\x08\x05" + IMAGES_FILE[4:], "5 dimensions"),
    "magic swapped": (IMAGES_FILE[3::-1] + IMAGES_FILE[4:], "little-endian header"),
    "counts swapped": (SWAPPED, "little-endian bytes"),
    "counts swapped, gzip": (gzip.compress(SWAPPED), "little-endian bytes"),
    "gzip cut": (gzip.compress(IMAGES_FILE)[:-3000], "truncated gzip"),
    "gzip without checksum": (gzip.compress(IMAGES_FILE)[:-8], "truncated gzip"),
    "gzip checksum": (gzip.compress(IMAGES_FILE)[:-8] + b"\0" * 8, "damaged gzip"),
    "gzip and rubbish": (gzip.compress(IMAGES_FILE) + b"rubbish", "damaged gzip"),
    "gzipped text": (gzip.compress(b"label,pixel0"), "not an IDX file"),
    "gzip of nothing": (gzip.compress(b""), "empty"),
    "sizes overflow": (b"\0\0\x08\x03" + b"\xff" * 12, "more than"),
    "sizes lie": (b"\0\0\x08\x03" + struct.pack(">3I", 1_000_000, 28, 28) + bytes(100), "truncated"),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, reason = BAD[case]
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_idx(path)
    one_sentence(error, str(path), reason)


def test_refuses_missing_files_and_pipes(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read_idx(tmp_path / "nothing")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(DataError, match="not a regular file"):  # and does not hang
            read_idx(tmp_path / "pipe")


def test_refuses_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idxfile, "MOST_BYTES", 10_000)
    monkeypatch.setattr(data_file, "ARRAYS", replace(data_file.ARRAYS, most_bytes=10_000))
    path = tmp_path / "x"
    path.write_bytes(IMAGES_FILE)
    with pytest.raises(DataError, match="too large"):
        read_idx(path)
    path.write_bytes(gzip.compress(idx(np.zeros((100, 28, 28), np.uint8))))
    with pytest.raises(DataError, match="more than the 10,000"):
        read_idx(path)


def test_memory_is_allocated_for_the_bytes_of_the_file_not_those_of_the_header() -> None:
    """A header that claims 800 MB, and a zip bomb of 300 MB behind a header that claims 10 kB."""
    deflate = zlib.compressobj(9, wbits=31)
    bomb = deflate.compress(idx(PIXELS))
    bomb += b"".join(deflate.compress(bytes(1 << 20)) for _ in range(300)) + deflate.flush()
    claim = b"\0\0\x08\x03" + struct.pack(">3I", 1_000_000, 28, 28)
    for content, reason in ((bomb, "goes on"), (claim, "truncated"), (gzip.compress(claim), "truncated")):
        tracemalloc.start()
        try:
            with pytest.raises(DataError, match=reason):
                parse_idx(content, "x", IMAGES)
            assert tracemalloc.get_traced_memory()[1] < 5_000_000
        finally:
            tracemalloc.stop()


@settings(max_examples=300)
@given(
    packed=st.booleans(),
    edits=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=8),
    keep=st.integers(0, 20_000),
    tail=st.binary(max_size=20),
)
@example(packed=True, edits=[(3, 255)], keep=20_000, tail=b"")
def test_a_mutated_file_is_read_or_refused(packed: bool, edits: list[tuple[int, int]], keep: int, tail: bytes) -> None:
    content = bytearray(gzip.compress(IMAGES_FILE, mtime=0) if packed else IMAGES_FILE)
    for i, (place, byte) in enumerate(edits):
        content[place % (40 if i % 2 else len(content))] = byte  # every second one hits the header
    changed = bytes(content[:keep]) + tail
    try:
        numbers = parse_idx(changed, "x", IMAGES)
    except DataError:
        return
    assert numbers.ndim == 3
    assert packed is False or np.array_equal(numbers, PIXELS)  # a gzip file has a checksum


@given(content=st.binary(max_size=200), dimensions=st.sampled_from([1, 3]))
def test_any_bytes_are_read_or_refused(content: bytes, dimensions: int) -> None:
    for head in (b"", b"\x1f\x8b\x08\0", b"\0\0\x08" + bytes([dimensions])):
        with contextlib.suppress(DataError):
            assert parse_idx(head + content, "x", (dimensions,)).ndim == dimensions


# ---- a folder


@pytest.mark.parametrize(
    "names",
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
        ("Train_Images.idx", "Train_Labels.idx", "Test_Images.idx", "Test_Labels.idx"),
        ("train-images.gz", "train-labels.gz", "test-images.gz", "test-labels.gz"),
        ("train.idx3", "train.idx1", "test.idx3", "test.idx1"),
    ],
)
def test_finds_the_files_by_any_common_name(tmp_path: Path, names: tuple[str, ...]) -> None:
    contents = IMAGES_FILE, LABELS_FILE, idx(PIXELS[:3]), idx(LABELS[:3])
    for name, content in zip(names, contents, strict=True):
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    (tmp_path / "README.txt").write_text("train images and labels")
    (tmp_path / ".train-images-idx3-ubyte.swp").write_text("")
    (tmp_path / "train-images-idx3-ubyte.d").mkdir()
    data = open_folder(tmp_path)
    np.testing.assert_array_equal(data.train.pixels[:, 0], PIXELS)
    np.testing.assert_array_equal(data.test.labels, LABELS[:3])
    assert data.class_names == tuple("0123456789")
    assert data.origin["split"] == "as given"


def test_the_same_file_plain_and_gzipped_is_read_once(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"never opened")
    assert len(open_folder(tmp_path).train) == 14


def test_a_single_images_file_is_split(tmp_path: Path) -> None:
    data = open_folder(write(tmp_path, t10k_images=None, t10k_labels=None))
    np.testing.assert_array_equal(data.train.pixels[:, 0], PIXELS[:12])
    np.testing.assert_array_equal(data.test.pixels[:, 0], PIXELS[12:])
    np.testing.assert_array_equal(data.test.labels, LABELS[12:])


def test_labels_are_optional(tmp_path: Path) -> None:
    data = open_folder(write(tmp_path, train_labels=None, t10k_labels=None))
    assert data.train.labels is None
    assert data.class_names == ()


@pytest.mark.parametrize("size", [(8, 8), (20, 28), (27, 9), (28, 28), (45, 45), (64, 30)])
def test_images_are_padded_to_a_square_of_at_least_28(tmp_path: Path, size: tuple[int, int]) -> None:
    ones = np.full((7, *size), 255, np.uint8)
    (tmp_path / "images-idx3-ubyte").write_bytes(idx(ones))
    data = open_folder(tmp_path)
    side = max(28, *size)
    assert data.shape == (1, side, side)
    image = data.train.pixels[0, 0]
    assert image.sum() == ones[0].sum()
    rows = np.flatnonzero(image.any(axis=1))
    assert abs(rows[0] - (side - 1 - rows[-1])) <= 1


@pytest.mark.parametrize("size", [(7, 28), (0, 0), (1000, 1)])
def test_other_sizes_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "images-idx3-ubyte").write_bytes(idx(np.zeros((7, *size), np.uint8)))
    with pytest.raises(DataError) as error:
        open_folder(tmp_path)
    one_sentence(error, "images-idx3-ubyte", f"{size[1]} × {size[0]}", "8 to 512")


@pytest.mark.parametrize("order", ["last", "first"])
@pytest.mark.parametrize("size", [(28, 28), (9, 20)])
def test_colour_is_read_with_channels_last_or_first(tmp_path: Path, order: str, size: tuple[int, int]) -> None:
    colours = np.random.default_rng(3).integers(0, 256, (14, 3, *size), dtype=np.uint8)
    stored = colours.transpose(0, 2, 3, 1) if order == "last" else colours
    (tmp_path / "train-images-idx4-ubyte").write_bytes(idx(np.ascontiguousarray(stored)))
    data = open_folder(tmp_path)
    assert data.shape == (3, 28, 28)
    top, left = (28 - size[0]) // 2, (28 - size[1]) // 2
    inner = data.train.pixels[:, :, top : top + size[0], left : left + size[1]]
    np.testing.assert_array_equal(inner, colours[: len(inner)])
    assert int(data.train.pixels.sum()) == int(inner.sum())


def test_grey_with_an_axis_of_one_channel_is_read(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(idx(PIXELS[..., None]))
    (tmp_path / "labels").write_bytes(idx(LABELS))
    data = open_folder(tmp_path)
    assert data.shape == (1, 28, 28)
    np.testing.assert_array_equal(data.train.pixels[:, 0], PIXELS[: len(data.train)])


@pytest.mark.parametrize(("shape", "words"), [((4, 28, 28, 4), "which are no images"), ((4, 3, 7, 28), "8 to")])
def test_other_colours_and_sizes_are_refused(tmp_path: Path, shape: tuple[int, ...], words: str) -> None:
    (tmp_path / "images-idx4-ubyte").write_bytes(idx(np.zeros(shape, np.uint8)))
    with pytest.raises(DataError) as error:
        open_folder(tmp_path)
    one_sentence(error, "images-idx4-ubyte", words)


@pytest.mark.parametrize("place", ["0001.png", "cats/0001.JPG"])
def test_a_folder_of_pictures_is_called_one(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_bytes(b"\x89PNG")
    with pytest.raises(DataError) as error:
        open_folder(tmp_path)
    one_sentence(error, f"holds pictures such as {place}: choose it as a folder of pictures")


def test_a_name_of_any_length_and_bytes_is_quoted_short(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        open_folder("x\n" * 100_000)
    one_sentence(error, "x\\nx\\n", "…")
    assert len(str(error.value)) < 300


def test_emnist_is_set_upright(tmp_path: Path) -> None:
    (tmp_path / "emnist-letters-train-images-idx3-ubyte").write_bytes(idx(PIXELS))
    (tmp_path / "emnist-letters-train-labels-idx1-ubyte").write_bytes(idx(LABELS + 17))
    data = open_folder(tmp_path)
    np.testing.assert_array_equal(data.train.pixels[:, 0], PIXELS[:12].transpose(0, 2, 1))
    assert data.train.pixels.flags.c_contiguous
    assert data.class_names == tuple(str(i) for i in range(27))


def test_fashion_mnist_is_known_by_the_name_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "Fashion-MNIST"
    folder.mkdir()
    assert open_folder(write(folder)).class_names[9] == "Ankle boot"


def test_fashion_mnist_is_known_by_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hashlib

    monkeypatch.setattr("core.datasets.idx._FASHION_LABELS", hashlib.sha256(LABELS_FILE).hexdigest())
    assert open_folder(write(tmp_path)).class_names[0] == "T-shirt"
    (tmp_path / "t10k-images-idx3-ubyte").unlink()
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert open_folder(tmp_path).class_names[0] == "T-shirt"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train_images": b"<html>"}, ("train-images-idx3-ubyte", "not an IDX file")),
        ({"train_images": LABELS_FILE}, ("train-images-idx3-ubyte", "swapped")),
        ({"train_labels": IMAGES_FILE}, ("train-labels-idx1-ubyte", "swapped")),
        ({"t10k_labels": idx(LABELS[:4])}, ("t10k-labels-idx1-ubyte", "4 labels for 5 images")),
        ({"train_images": idx(PIXELS[:0])}, ("train-images-idx3-ubyte", "no images")),
        ({"t10k_images": idx(np.zeros((5, 32, 32), np.uint8))}, ("28 pixels a side and test images of 32 pixels",)),
        ({"t10k_labels": None}, ("lacks the labels of the test images",)),
        ({"train_labels": None}, ("lacks the labels of the training images",)),
        ({"t10k_images": None}, ("t10k-labels-idx1-ubyte", "without its images")),
        ({"other_train_images": IMAGES_FILE}, ("either may be the images",)),
    ],
)
def test_an_invalid_folder_is_refused_in_one_sentence(
    tmp_path: Path, changes: dict[str, bytes | None], words: tuple[str, ...]
) -> None:
    write(tmp_path, **changes)
    with pytest.raises(DataError) as error:
        open_folder(tmp_path)
    one_sentence(error, str(tmp_path), *words)


def test_no_folder_a_missing_one_an_empty_one_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "train-images-idx3-ubyte"
    cases: list[tuple[Path | str, str]] = [
        ("", "no folder is chosen"),
        (tmp_path / "none", "does not exist"),
        (tmp_path, "holds no files"),
    ]
    cases += [("x" * 5000, "does not exist"), ("a\0b", "does not exist"), ("~nobody-here/x", "does not exist")]
    for folder, reason in cases:
        with pytest.raises(DataError) as error:
            open_folder(folder)
        one_sentence(error, reason)
    file.write_bytes(IMAGES_FILE)
    with pytest.raises(DataError) as error:
        open_folder(file)
    one_sentence(error, str(file), "is a file, not a folder")


def test_one_image_cannot_be_split(tmp_path: Path) -> None:
    (tmp_path / "images-idx3-ubyte").write_bytes(idx(PIXELS[:1]))
    with pytest.raises(DataError, match="at least two"):
        open_folder(tmp_path)


def test_reading_can_be_cancelled_within_a_file() -> None:
    def stop(share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        parse_idx(gzip.compress(IMAGES_FILE), "x", IMAGES, report=stop)


def test_larger_images_are_scaled_down(tmp_path: Path) -> None:
    (tmp_path / "images-idx3-ubyte").write_bytes(idx(np.full((7, 28, 200), 255, np.uint8)))
    data = open_folder(tmp_path)
    assert data.shape == (1, 128, 128)
    assert data.train.pixels[0, 0].any(axis=1).sum() == 18


def test_images_that_are_neither_train_nor_test_are_left_out(tmp_path: Path) -> None:
    data = open_folder(write(tmp_path, images=IMAGES_FILE))
    assert len(data.train) == 14
    assert data.origin["left_out"] == ["images-idx3-ubyte (neither train nor test)"]


def test_the_same_images_in_another_format_are_passed_over(tmp_path: Path) -> None:
    (write(tmp_path) / "fashion-mnist_train.csv").write_text("never read")
    assert len(open_folder(tmp_path).train) == 14

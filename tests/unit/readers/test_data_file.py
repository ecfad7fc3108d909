"""The files of folders and archives are read in place, and nothing that they claim is believed before it is checked."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import threading
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from core.foundation.reading import Cancelled, DataError, no_report
from core.readers import data_file, patience
from core.readers.array_files import read_set
from core.readers.data_file import ARRAYS, DataFile, data_files
from core.readers.folder import Folder

CONTENT = np.random.default_rng(0).bytes(5_000)


def names(found: list[DataFile]) -> list[str]:
    return [entry.name for entry in found]


def write_tar(path: Path, mode: str, **files: bytes) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_a_folder_without_hidden_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "b.bin").write_bytes(CONTENT)
    (tmp_path / "a.bin").write_bytes(b"a")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    found = data_files(tmp_path)
    assert names(found) == ["a.bin", "b.bin"]
    assert found[1].head() == CONTENT[:512]
    assert found[1].read(no_report) == CONTENT
    assert found[1].size == len(CONTENT)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_an_archive_is_read_in_place(tmp_path: Path, kind: str) -> None:
    files = {
        "b.bin": CONTENT,
        "x/a.bin": b"a",
        "../../up.bin": b"u",
        "__MACOSX/._b.bin": b"x",
        ".hidden": b"x",
        "x/.git/y": b"x",
    }
    path = tmp_path / f"mine.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    else:
        write_tar(path, "w:gz" if kind == "tar.gz" else "w", **files)
    shares: list[float] = []
    found = data_files(path, shares.append)
    assert names(found) == ["a.bin", "b.bin"]
    assert found[1].read(no_report) == CONTENT
    assert found[1].head() == CONTENT[:512]
    assert str(path) in found[1].place
    assert shares == sorted(shares)
    assert os.listdir(tmp_path) == [path.name]


def test_links_and_devices_in_an_archive_are_passed_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "mine.tar", "w") as archive:
        for name, kind in (
            ("a", tarfile.SYMTYPE),
            ("b", tarfile.LNKTYPE),
            ("c", tarfile.CHRTYPE),
            ("d", tarfile.DIRTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert data_files(tmp_path / "mine.tar") == []


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("damage", ["cut", "hole"])
def test_a_damaged_archive_is_refused(tmp_path: Path, kind: str, damage: str) -> None:
    path = tmp_path / f"mine.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.bin", CONTENT)
            archive.writestr("b.bin", CONTENT)
    else:
        write_tar(path, "w:gz" if kind == "tar.gz" else "w", **{"a.bin": CONTENT, "b.bin": CONTENT})
    content = path.read_bytes()
    hole = 5_632 if kind == "tar" else 1_000  # the second header of a TAR archive
    holed = content[:hole] + bytes([255]) * 600 + content[hole + 600 :]
    path.write_bytes(content[: len(content) // 2] if damage == "cut" else holed)
    with pytest.raises(DataError, match=r"damaged|truncated") as error:
        [entry.read(no_report) for entry in data_files(path)]
    assert str(path) in str(error.value)


def test_a_zip_that_claims_what_it_cannot_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.bin", bytes(5_000))
    content = path.read_bytes()
    at = content.index(b"PK\1\2") + 24
    for size, words in ((500_000_000, "claims 500,000,000 bytes in"), (2_000_000_000, "too large")):
        path.write_bytes(content[:at] + struct.pack("<I", size) + content[at + 4 :])
        with pytest.raises(DataError, match=words):
            data_files(path)[0].read(no_report)


def test_a_packed_or_encrypted_member_says_so(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.bin", CONTENT)
    with pytest.raises(DataError, match="packed by a method that is not read"):
        data_files(path)[0].read(no_report)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="is encrypted"):
        data_files(path)[0].read(no_report)


def bomb(first: bytes) -> bytes:
    deflate = zlib.compressobj(9, wbits=31)
    packed = deflate.compress(first)
    return packed + b"".join(deflate.compress(bytes(1 << 20)) for _ in range(24)) + deflate.flush()


def pax(size: int) -> bytes:
    """A header that says that a name of so many bytes follows."""
    member = tarfile.TarInfo("long")
    member.type, member.size = tarfile.XHDTYPE, size
    return member.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize("size", [20 << 20, 7 << 30])
def test_a_header_that_goes_on_and_on_takes_little_memory(tmp_path: Path, size: int) -> None:
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(bomb(pax(size)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="has a header of more than"):
            data_files(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_too_many_or_too_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{i}.bin": CONTENT for i in range(6)}
    write_tar(tmp_path / "mine.tar", "w", **files)
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    (tmp_path / "folder").mkdir()
    for name, content in files.items():
        (tmp_path / "folder" / name).write_bytes(content)
    monkeypatch.setattr(data_file, "ARRAYS", replace(ARRAYS, most_files=5))
    for name in ("mine.tar", "mine.zip", "folder"):
        with pytest.raises(DataError, match="more than 5"):
            data_files(tmp_path / name)
    monkeypatch.setattr(data_file, "ARRAYS", replace(ARRAYS, most_bytes=10_000, always_unpacked=10_000))
    write_tar(tmp_path / "mine.tar.gz", "w:gz", **files)
    with pytest.raises(DataError, match="unpacks to more than 10,000 bytes"):
        data_files(tmp_path / "mine.tar.gz")


def test_a_disk_that_stops_answering_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.bin").write_bytes(CONTENT)
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    release = threading.Event()
    monkeypatch.setattr(Folder, "read", lambda *_: release.wait())
    try:
        with pytest.raises(DataError, match=r"a\.bin has not answered for 0 s: check the disk or the network"):
            data_files(tmp_path / "a.bin")[0].read(no_report)
    finally:
        release.set()


def test_cancelling_ends_the_reading(tmp_path: Path) -> None:
    write_tar(tmp_path / "mine.tar.gz", "w:gz", a=CONTENT)
    (tmp_path / "a.bin").write_bytes(CONTENT)

    def cancel(_: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        data_files(tmp_path / "mine.tar.gz", cancel)
    with pytest.raises(Cancelled):
        data_files(tmp_path / "a.bin")[0].read(cancel)


# ---- IDX files, as they are published


def idx(numbers: npt.NDArray[np.uint8]) -> bytes:
    return b"\0\0\x08" + bytes([numbers.ndim]) + struct.pack(f">{numbers.ndim}I", *numbers.shape) + numbers.tobytes()


PIXELS = np.random.default_rng(1).integers(0, 256, (14, 28, 28)).astype(np.uint8)
LABELS = (np.arange(14) % 10).astype(np.uint8)


@pytest.mark.parametrize("colour", [False, True])
def test_idx_files_are_read_from_an_archive(tmp_path: Path, colour: bool) -> None:
    pixels = np.stack([PIXELS, 255 - PIXELS, PIXELS // 2], axis=-1) if colour else PIXELS
    kind = "idx4" if colour else "idx3"
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.writestr(f"raw/train-images-{kind}-ubyte.gz", gzip.compress(idx(pixels)))
        archive.writestr("raw/train-labels-idx1-ubyte.gz", gzip.compress(idx(LABELS)))
        archive.writestr(f"raw/t10k-images-{kind}-ubyte", idx(pixels[:5]))
        archive.writestr("raw/t10k-labels-idx1-ubyte", idx(LABELS[:5]))
    found = read_set(tmp_path / "mine.zip", no_report)
    expected = pixels.transpose(0, 3, 1, 2) if colour else pixels[:, None]
    np.testing.assert_array_equal(found.parts["train"].images, expected)
    np.testing.assert_array_equal(found.parts["test"].images, expected[:5])
    np.testing.assert_array_equal(found.parts["train"].labels, LABELS)


def test_emnist_is_set_upright(tmp_path: Path) -> None:
    (tmp_path / "emnist-letters-train-images-idx3-ubyte").write_bytes(idx(PIXELS))
    found = read_set(tmp_path, no_report)
    np.testing.assert_array_equal(found.parts["train"].images[:, 0], PIXELS.transpose(0, 2, 1))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", "not an IDX file"),
        (idx(PIXELS)[:-1], "truncated"),
        (gzip.compress(idx(PIXELS))[:-900], "truncated gzip"),
        (b"\0\0\x0d\x03" + idx(PIXELS)[4:], "float32"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "more than"),
        (idx(PIXELS[:0]), "holds no images"),
        (idx(PIXELS[:, :7]), "8 to 512 a side"),
    ],
    ids=range(7),
)
def test_a_broken_idx_file_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_set(tmp_path, no_report)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes on this system")
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(DataError, match="not a regular file"):
        data_files(tmp_path / "pipe.npy")


@pytest.mark.parametrize("magic", [b"\x89HDF\r\n\x1a\n", b"PAR1", b"ARROW1"])
def test_foreign_formats_are_named(tmp_path: Path, magic: bytes) -> None:
    (tmp_path / "data").write_bytes(magic + bytes(500))
    with pytest.raises(DataError, match=r"file, which is not read: save the arrays with numpy\.savez"):
        read_set(tmp_path / "data", no_report)


@pytest.mark.parametrize("name", ["two\nlines.npy", "\udcff.npy", "\x1b[31m.npz"])
def test_a_name_of_any_characters_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"rubbish")
    for path in (tmp_path / name, tmp_path):
        with pytest.raises(DataError) as error:
            read_set(path, no_report)
        assert str(error.value).isprintable()

"""Folders and archives: what is in them, what is passed over, and what is hostile about them."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.foundation.reading import DataError
from core.readers import container, pictures
from core.readers.archive import Tar, Zip
from core.readers.container import Container, EntryError, Listing
from core.readers.folder import Folder
from tests.picture_files import COLOUR, GREY, encoded

A, B = encoded(COLOUR), encoded(GREY)


def no_beat() -> None:
    pass


def names(listing: Listing) -> list[str]:
    return [entry.name for entry in listing.entries]


def reasons(listing: Listing) -> dict[str, str]:
    return {skipped.name: skipped.reason for skipped in listing.skipped}


def zipped(path: Path, files: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content, **options)
    return path


def tarred(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as packed:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return path


PACKERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    "set.zip": zipped,
    "set.tar": tarred,
    "set.tar.gz": lambda path, files: tarred(path, files, "w:gz"),
}


def opened(path: Path) -> tuple[Container, Listing]:
    return pictures.opened(str(path), no_beat)


# --- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_is_walked_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/1.png", "a.png", "b/c/d.JPG", "B.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(A)
    where, listing = opened(tmp_path)
    assert names(listing) == ["B.png", "a.png", "b/1.png", "b/2.png", "b/c/d.JPG"]
    assert listing.entries[0].size == len(A)
    assert where.read(listing.entries[4], no_beat) == A


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_links_are_followed_and_no_folder_is_read_twice(tmp_path: Path) -> None:
    real, other = tmp_path / "set" / "z", tmp_path / "other"
    for place in (real, other):
        place.mkdir(parents=True)
        (place / "a.png").write_bytes(A)
    (tmp_path / "set" / "a").symlink_to(real, target_is_directory=True)  # sorts before what it leads to
    (tmp_path / "set" / "b").symlink_to(other, target_is_directory=True)
    (other / "up").symlink_to(tmp_path / "set", target_is_directory=True)
    (tmp_path / "set" / "c").symlink_to(tmp_path / "set" / "c", target_is_directory=True)
    listing = opened(tmp_path / "set")[1]
    assert names(listing) == ["b/a.png", "z/a.png"]
    assert reasons(listing)["a"] == "is a link to a folder that is read already"
    assert reasons(listing)["b/up"] == "is a link to a folder that is read already"
    assert "c" in reasons(listing)


def test_a_file_that_vanishes_or_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(A)
    where, listing = opened(tmp_path)
    (tmp_path / "a.png").unlink()
    with pytest.raises(FileNotFoundError) as error:
        where.read(listing.entries[0], no_beat)
    assert container.why_unreadable(error.value) == "is gone"

    def closed(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", closed)
    with pytest.raises(PermissionError) as denied:
        where.read(listing.entries[1], no_beat)
    assert container.why_unreadable(denied.value) == "cannot be read (Permission denied)"


def test_a_folder_inside_that_is_closed_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "a.png").write_bytes(A)
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def guarded(path: os.PathLike[str]) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    listing = opened(tmp_path)[1]
    assert names(listing) == ["open/a.png"]
    assert reasons(listing) == {"closed": "cannot be read (Permission denied)"}
    assert not listing.skipped[0].lasts


def test_the_stamp_of_a_folder_follows_every_change(tmp_path: Path) -> None:
    def stamp() -> str:
        return container.stamp(opened(tmp_path)[1])

    (tmp_path / "a.png").write_bytes(A)
    os.utime(tmp_path / "a.png", ns=(0, 1_000))
    seen = {stamp()}
    assert stamp() in seen
    os.utime(tmp_path / "a.png", ns=(0, 2_000))
    seen.add(stamp())
    (tmp_path / "a.png").write_bytes(A + b"\0")
    os.utime(tmp_path / "a.png", ns=(0, 2_000))
    seen.add(stamp())
    (tmp_path / "a.png").rename(tmp_path / "b.png")
    seen.add(stamp())
    (tmp_path / "c.txt").write_bytes(b"")
    seen.add(stamp())
    assert len(seen) == 5


def test_too_many_files_and_too_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path
    for _ in range(4):
        deep = deep / "d"
        deep.mkdir()
        (deep / "a.png").write_bytes(A)
    monkeypatch.setattr(pictures, "PICTURES", replace(pictures.PICTURES, most_depth=2))
    listing = opened(tmp_path)[1]
    assert names(listing) == ["d/a.png", "d/d/a.png"]
    assert reasons(listing) == {"d/d/d": "lies more than 2 folders deep"}
    monkeypatch.setattr(pictures, "PICTURES", replace(pictures.PICTURES, most_files=1))
    with pytest.raises(DataError, match="holds more than 1 files: take a part of them"):
        opened(tmp_path)


@pytest.mark.parametrize("text", ["", "  ", "/nowhere/at/all", "a\0b", "x" * 5000, "~nobody_of_this_name/x"])
def test_a_place_that_is_none(text: str) -> None:
    with pytest.raises(DataError) as error:
        pictures.opened(text, no_beat)
    assert str(error.value).isprintable()
    assert "choose a folder of pictures, or a .zip" in str(error.value)


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    for name, words in (
        ("a.xyz", "is neither a folder nor an archive"),
        ("a.png", "is one picture: choose the folder"),
    ):
        (tmp_path / name).write_bytes(A)
        with pytest.raises(DataError, match=words):
            opened(tmp_path / name)
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe.zip")
        with pytest.raises(DataError, match="is not a regular file"):
            opened(tmp_path / "pipe.zip")


# --- archives --------------------------------------------------------------------------------------------------------

HOSTILE = {
    "set/cats/a.png": A,
    "set/cats/b.png": B,
    "set/dogs/c.png": A,
    "set/notes.txt": b"x",
    "__MACOSX/set/._a.png": b"x",
    "__MACOSX/set/._b.png": b"x",
    "set/.hidden/d.png": A,
    "../outside.png": A,
    "set/../../e.png": A,
    "/etc/f.png": A,
    "C:/g.png": A,
}


@pytest.mark.parametrize("name", PACKERS)
def test_an_archive_is_read_in_place(name: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    where, listing = opened(PACKERS[name](tmp_path / name, HOSTILE))
    assert sorted(names(listing)) == ["set/cats/a.png", "set/cats/b.png", "set/dogs/c.png"]
    said = reasons(listing)
    for outside in ("../outside.png", "set/../../e.png", "/etc/f.png", "C:/g.png"):
        assert said.pop(outside) == "has a path that leads out of the archive"
    assert said == {
        "set/notes.txt": "is no picture by its ending, .txt",
        "__MACOSX": "is a folder of the system, without pictures of yours",
        "set/.hidden": "is hidden",
    }
    for entry in (*listing.entries, *reversed(listing.entries)):  # any order is right, if not equally fast
        assert where.read(entry, no_beat) == HOSTILE[entry.name]
    where.close()
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted([name, "work"])


@pytest.mark.parametrize("name", PACKERS)
def test_a_name_twice(name: str, tmp_path: Path) -> None:
    PACKERS[name](tmp_path / name, {"a.png": A})
    if name.endswith(".zip"):
        with zipfile.ZipFile(tmp_path / name, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
            packed.writestr("a.png", B)
    else:
        with tarfile.open(tmp_path / name, "w:gz" if name.endswith("gz") else "w") as both:
            for content in (A, B):
                info = tarfile.TarInfo("a.png")
                info.size = len(content)
                both.addfile(info, io.BytesIO(content))
    where, listing = opened(tmp_path / name)
    assert reasons(listing) == {"a.png": "is there twice in the archive"}
    assert where.read(listing.entries[0], no_beat) == A
    where.close()


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.97])
def test_an_archive_that_is_cut_off(name: str, share: float, tmp_path: Path) -> None:
    files = {f"{at}.png": np.random.default_rng(at).bytes(700) for at in range(40)}
    path = PACKERS[name](tmp_path / name, files)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    if name == "set.zip" or share == 0:  # a ZIP archive has its list of contents at the end
        with pytest.raises(DataError, match=re.escape(str(path))) as error:
            opened(path)
        assert str(error.value).isprintable()
        return
    if share == 0.01:
        with contextlib.suppress(DataError):
            opened(path)[0].close()
        return
    where, listing = opened(path)
    read = 0
    for entry in listing.entries:
        with contextlib.suppress(EntryError):
            assert where.read(entry, no_beat) == files[entry.name]
            read += 1
    where.close()
    assert 0 < read <= 40
    assert read == 40 or listing.skipped[-1].reason == "cannot be read: the archive is damaged there"


def test_links_in_a_tar(tmp_path: Path) -> None:
    path = tmp_path / "set.tar"
    with tarfile.open(path, "w") as packed:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"{kind.decode()}.png")
            info.type = kind
            info.linkname = "/etc/passwd"
            packed.addfile(info)
    where, listing = opened(path)
    where.close()
    assert reasons(listing) == {
        "1.png": "is a link, not a file",
        "2.png": "is a link, not a file",
        "3.png": "is not a regular file",
        "6.png": "is not a regular file",
    }


def test_a_tar_that_is_damaged_in_the_middle_says_so(tmp_path: Path) -> None:
    path = tarred(tmp_path / "set.tar", {f"{at}.png": A for at in range(5)})
    content = bytearray(path.read_bytes())
    at = content.index(b"3.png")
    content[at : at + 100] = b"\xff" * 100
    path.write_bytes(content)
    where, listing = opened(path)
    where.close()
    assert names(listing) == ["0.png", "1.png", "2.png"]
    assert listing.skipped[0].sentence.endswith("cannot be read: the archive is damaged there")


def test_a_tar_whose_headers_lead_back(tmp_path: Path) -> None:
    """A negative size would send the reader back to the same header for ever (CVE-2025-8194)."""
    info = tarfile.TarInfo("a.png")
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 4 + (2**64 - 512).to_bytes(8, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    first = tarfile.TarInfo("first.png").tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "set.tar").write_bytes(first + bytes(header) * 4 + b"\0" * 1024)
    with pytest.raises(DataError, match="is a TAR archive that leads back into itself"):
        opened(tmp_path / "set.tar")


def test_a_tar_with_a_header_as_large_as_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.png")
    info.type = tarfile.XHDTYPE
    info.size = 1 << 33
    (tmp_path / "set.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 4096)
    with pytest.raises(DataError, match="has a header of more than"):
        opened(tmp_path / "set.tar")


def test_a_tar_gz_that_unpacks_to_more_than_pictures_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "PICTURES", replace(pictures.PICTURES, always_unpacked=100_000))
    path = tarred(tmp_path / "set.tar.gz", {"a.png": A, "zeros.bmp": bytes(20_000_000), "b.png": A}, "w:gz")
    with pytest.raises(DataError, match="unpacks to more than"):
        opened(path)


def test_a_zip_with_a_password_and_one_of_a_strange_method(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": A, "b.png": A, "c.png": A})
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\1\2")
    content[first + 8] |= 1  # encrypted
    second = content.index(b"PK\1\2", first + 4)
    content[second + 10] = 97
    path.write_bytes(content)
    where, listing = opened(path)
    assert reasons(listing) == {"a.png": "is encrypted: pack it without a password"}
    with pytest.raises(EntryError, match="is packed by a method that is not read"):
        where.read(listing.entries[0], no_beat)
    assert where.read(listing.entries[1], no_beat) == A
    where.close()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_of_a_method_that_python_unpacks_without_bound(method: int, tmp_path: Path) -> None:
    """Python unpacks 4 kB of BZIP2 at once, which may be gigabytes."""
    with zipfile.ZipFile(tmp_path / "set.zip", "w", method) as packed:
        packed.writestr("a.png", bytes(30_000_000))
    where, listing = opened(tmp_path / "set.zip")
    tracemalloc.start()
    try:
        with pytest.raises(EntryError, match="is packed by a method that is not read: pack it by Deflate"):
            where.read(listing.entries[0], no_beat)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
        where.close()


def test_a_zip_whose_file_claims_more_than_it_can_unpack_to(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": bytes(5_000)})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2")
    content[at + 24 : at + 28] = struct.pack("<I", 200_000_000)
    path.write_bytes(content)
    where, listing = opened(path)
    with pytest.raises(EntryError, match="claims 200,000,000 bytes in"):
        where.read(listing.entries[0], no_beat)
    where.close()


def test_a_zip_whose_file_unpacks_to_another_size(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": bytes(5_000_000)})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2")
    content[at + 24 : at + 28] = struct.pack("<I", 1000)
    path.write_bytes(content)
    where, listing = opened(path)
    with pytest.raises(EntryError, match="is damaged in the archive"):
        where.read(listing.entries[0], no_beat)
    where.close()


def test_a_file_that_claims_to_be_huge_is_not_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": A})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\1\2")
    content[at + 24 : at + 28] = struct.pack("<I", 4_000_000_000)
    path.write_bytes(content)
    where, listing = opened(path)
    with pytest.raises(EntryError, match="is too large"):
        where.read(listing.entries[0], no_beat)
    where.close()


def test_a_zip_whose_list_of_contents_claims_to_be_huge(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": A})
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\5\6")
    content[at + 12 : at + 16] = struct.pack("<I", 3_000_000_000)
    path.write_bytes(content)
    with pytest.raises(DataError, match="claims a list of contents of 3,000,000,000 bytes"):
        opened(path)


@pytest.mark.parametrize("name", PACKERS)
def test_the_stamp_of_an_archive_follows_its_contents(name: str, tmp_path: Path) -> None:
    """Of the same size, too."""
    seen = set()
    for at, content in enumerate((A, B, B)):
        where, listing = opened(PACKERS[name](tmp_path / name, {"a.png": content.ljust(5000)}))
        where.close()
        if at:
            os.utime(tmp_path / name, ns=(0, at))
            where, listing = opened(tmp_path / name)
            where.close()
        seen.add(container.stamp(listing))
    assert len(seen) == (2 if name == "set.zip" else 3)  # a ZIP archive has checksums, so times do not matter


def test_backslashes_of_a_zip_are_folders(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {"cats/a.png": A})
    path.write_bytes(path.read_bytes().replace(b"cats/a.png", b"cats\\a.png"))
    where, listing = opened(path)
    assert names(listing) == ["cats/a.png"]
    assert where.read(listing.entries[0], no_beat) == A
    where.close()


def test_packed_by_a_program_that_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "set.tar.xz").write_bytes(b"\xfd7zXZ\0" + bytes(100))
    with pytest.raises(DataError, match="is neither a folder nor an archive that is read"):
        opened(tmp_path / "set.tar.xz")
    (tmp_path / "words.gz").write_bytes(gzip.compress(b"words"))
    with pytest.raises(DataError, match="is neither a folder nor an archive that is read"):
        opened(tmp_path / "words.gz")


def test_each_kind_is_known_by_its_content(tmp_path: Path) -> None:
    zipped(tmp_path / "no ending", {"a.png": A})
    tarred(tmp_path / "no ending either", {"a.png": A})
    for name, kind in (("no ending", Zip), ("no ending either", Tar)):
        where, listing = opened(tmp_path / name)
        assert isinstance(where, kind)
        assert names(listing) == ["a.png"]
        where.close()
    assert isinstance(opened(tmp_path)[0], Folder)

"""A document on a disk: one file, or one folder. Either is replaced as a whole; both hold the same files by name.

The file is a plain ZIP without compression, whose first entry says what it is; `manifest.json` has the SHA-256 of every
other. The folder is like that of a run (`core.foundation.generations`).
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from core.engine import document
from core.engine.document import NAMES, OPTIONAL, Document
from core.foundation import checked_json
from core.foundation.files import FileError, explained, locked, make_folder, streamed_file
from core.foundation.generations import MANIFEST, Generations, json_object, manifest_of
from core.foundation.quoted import brief

ENDING = ".lplay"
MIME_TYPE = "application/x-latent-playground"
TYPE_ENTRY = "mimetype"
"""Name of the first entry: at a fixed place of the file, so that a desktop knows the file by it."""
MOST_BYTES = 1 << 36
"""Largest file that is read, bytes."""
MOST_KEPT_BYTES = 500 << 20
"""Space for unsaved work of windows that have ended; the oldest goes first, bytes."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Time of every entry: the same experiment is the same file."""


def save(place: Path, found: Document) -> None:
    """Write a document, over one that is there. Raises `FileError`; then what was there is whole."""
    contents = document.contents_of(found)
    if place.suffix.lower() == ENDING:
        _write_file(place, contents)
    else:
        _write_folder(place, contents)


def load(place: Path) -> Document:
    """Read a document and check it. Raises `FileError`, `CheckError`."""
    return document.from_contents(place, contents_of(place))


def contents_of(place: Path) -> dict[str, bytes]:
    """The contents of the files of a document, whose sums are right. Raises `FileError`."""
    if place.is_dir():
        return _of_folder(place).read()
    return _read_file(place)


def files_of(folder: Path) -> dict[str, Path]:
    """The files of a document that is a folder, by plain name, with its manifest; empty without one."""
    found = _of_folder(folder).present()
    return {**found, MANIFEST: folder / MANIFEST} if found else {}


def picture_of(place: Path) -> bytes:
    """The small picture of a document, unchecked; b"" where there is none that can be read."""
    try:
        if place.is_dir():
            path = _of_folder(place).present().get(document.PICTURE)
            return b"" if path is None or path.stat().st_size > NAMES[document.PICTURE] else path.read_bytes()
        with place.open("rb") as file, zipfile.ZipFile(file) as archive:
            info = archive.getinfo(document.PICTURE)
            is_small = info.compress_type == zipfile.ZIP_STORED and info.file_size <= NAMES[document.PICTURE]
            return archive.read(info) if is_small else b""
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return b""


def _of_folder(folder: Path) -> Generations:
    return Generations(folder, NAMES, OPTIONAL)


def _write_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    with explained(folder):
        make_folder(folder)
        _of_folder(folder).check_targets()
        with locked(folder):
            _of_folder(folder).write(contents)


def _write_file(path: Path, contents: Mapping[str, bytes]) -> None:
    with explained(path):
        make_folder(path.parent)
    with streamed_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        entries = {TYPE_ENTRY: MIME_TYPE.encode(), MANIFEST: manifest_of(contents), **contents}
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), content)


def _read_file(path: Path) -> dict[str, bytes]:
    try:
        size = path.stat().st_size
        if not path.is_file() or size > MOST_BYTES:
            raise FileError(f"{path} is no experiment that Save wrote: not a file, or too large")
        with path.open("rb") as file:
            contents = _read_entries(path, file, size)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path} is damaged, or no experiment that Save wrote; open an earlier one") from None
    except MemoryError:
        raise FileError(f"{path} does not fit into memory ({size:,} bytes)") from None
    except FileNotFoundError:
        raise FileError(f"{path} is missing; choose an experiment that Save wrote") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    manifest = contents.pop(MANIFEST)
    json_object(manifest, path)
    if manifest != manifest_of(contents):
        raise FileError(f"{path} is damaged: it does not hold what its manifest names; open an earlier one")
    return contents


def _read_entries(path: Path, file: BinaryIO, size: int) -> dict[str, bytes]:
    """Every entry but the type, after a look at all of them: none compressed, none larger than it may be."""
    most = {**NAMES, MANIFEST: checked_json.MOST_BYTES, TYPE_ENTRY: 1_000}
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        if len(set(names)) != len(names) or not {MANIFEST, TYPE_ENTRY} <= set(names):
            raise FileError(f"{path} is no experiment that Save wrote")
        for info in infos:
            if info.filename not in most:
                raise FileError(f"{path} holds {brief(info.filename)}, which is no part of an experiment")
            if info.compress_type != zipfile.ZIP_STORED or info.file_size > min(most[info.filename], size):
                raise FileError(f"{path}: {brief(info.filename)} is compressed or too large; Save writes it otherwise")
        if archive.read(TYPE_ENTRY) != MIME_TYPE.encode():
            raise FileError(f"{path} is no experiment that Save wrote")
        return {name: archive.read(name) for name in names if name != TYPE_ENTRY}

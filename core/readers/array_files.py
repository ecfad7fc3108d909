"""A file, folder or archive of arrays as one set of images: which array holds the images and labels of which split.

Formats are told by content: NPY, NPZ, CSV, MAT, IDX, CIFAR's binary version, and ZIP or TAR archives of them. Names say
the rest: of keys (``x_train``, ``train_images``) before those of files (``train.npz``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.foundation.quoted import printable
from core.foundation.reading import DataError, Report
from core.readers.archive import is_zip
from core.readers.cifar import class_names, stored_cifar
from core.readers.container import called
from core.readers.csv_images import NoImages, is_text, read_csv
from core.readers.data_file import DataFile, data_files, is_pickle
from core.readers.idx import is_idx, stored_idx
from core.readers.layout import channels_first, find_layout
from core.readers.mat import is_mat, stored_mat
from core.readers.npy import MAGIC, stored_npy
from core.readers.picture import ENDINGS
from core.readers.stored import AnyArray, Split, Stored

FORMATS = "NPY, NPZ, CSV, MAT, IDX or CIFAR's .bin"

_TEXTS = (".csv", ".csv.gz", ".tsv", ".txt")
_SAVE, _PACK = "save the arrays with numpy.savez", "pack the files as .zip or .tar.gz"
_FOREIGN = {
    b"\x89HDF\r\n\x1a\n": ("is an HDF5 file", _SAVE),
    b"PAR1": ("is a Parquet file", _SAVE),
    b"ARROW1": ("is an Arrow file", _SAVE),
    b"\xfd7zXZ\0": ("is packed by xz", _PACK),
    b"BZh": ("is packed by bzip2", _PACK),
    b"7z\xbc\xaf\x27\x1c": ("is a 7-Zip archive", _PACK),
    b"Rar!\x1a\x07": ("is a RAR archive", _PACK),
}
"""How files of other formats begin, what they are, and the way out."""


@dataclass(frozen=True)
class Part:
    """The images (N, C, H, W) of a split, of any type of number, and its labels (N,) or None, as they are stored.

    ``name`` is that of the array or file, ``told`` says where the labels are.
    """

    name: str
    images: AnyArray
    labels: AnyArray | None
    layout: str
    told: str


@dataclass(frozen=True)
class ArraySet:
    """The splits of a set, "train", "test", or "" where no name tells; what was passed over stands in ``left_out``.

    ``files`` are names and sizes in bytes of the files that were used.
    """

    parts: dict[Split, Part]
    class_names: tuple[str, ...]
    files: dict[str, int]
    left_out: tuple[str, ...]


def read_set(path: Path, report: Report, is_wanted: Callable[[DataFile], bool] = lambda entry: True) -> ArraySet:
    """Read the images of a file, folder or archive, from the files that are wanted. Raises `DataError`."""
    found = [entry for entry in data_files(path, lambda share: report(0.2 * share)) if is_wanted(entry)]
    stored = _stored_in(path, found, lambda share: report(0.2 + 0.4 * share))
    if not stored:
        raise DataError(_why_nothing(path, found))
    left_out: list[str] = []
    groups = _by_split(stored, path, left_out)
    parts: dict[Split, Part] = {}
    for index, (split, (images, labels)) in enumerate(groups.items()):
        parts[split] = _read(images, labels, _share(report, 0.6, 1.0, index, len(groups)))
    used = {each.file for group in groups.values() for each in (*group[0], *group[1])}
    sizes = {entry.name: entry.size for entry in [*found, *_alone(path)] if entry.name in used}
    report(1.0)
    return ArraySet(parts, class_names(found), sizes, tuple(left_out))


def _share(report: Report, start: float, end: float, index: int, count: int) -> Report:
    """The progress callback of one of ``count`` equal pieces of a part of the work."""
    return lambda share: report(start + (end - start) * (index + min(share, 1.0)) / max(count, 1))


def _alone(path: Path) -> Iterable[DataFile]:
    """The archive itself: an array of an NPZ file is called by the file that holds it."""
    if path.is_file():
        size = path.stat().st_size
        yield DataFile(path.name, called(path), size, bytes, lambda report: bytearray(), path)


# --- formats -------------------------------------------------------------------------------------------------------


def _stored_in(path: Path, found: Sequence[DataFile], report: Report) -> list[Stored]:
    """Every array in the files; a file of no known format is passed over."""
    is_archive = path.is_file() and not (len(found) == 1 and found[0].path == path)
    archive = next(iter(_alone(path)), None) if is_archive else None
    stored: list[Stored] = []
    for index, entry in enumerate(_once(found)):
        stored += _arrays_of(entry, archive, len(found) > 1, _share(report, 0.0, 1.0, index, len(found)))
    return stored


def _once(found: Sequence[DataFile]) -> list[DataFile]:
    """The files without those that are there plain as well as gzipped."""
    names = {entry.name for entry in found}
    return [entry for entry in found if not (entry.name.endswith(".gz") and entry.name[:-3] in names)]


def _arrays_of(entry: DataFile, archive: DataFile | None, has_others: bool, report: Report) -> list[Stored]:
    """The arrays of one file by its format; [] for one that holds none."""
    head, name = entry.head(), entry.name.lower()
    if head.startswith(MAGIC) or name.endswith(".npy"):
        return [stored_npy(entry, archive)]
    if is_zip(head) and entry.path is not None:
        members = [member for member in data_files(entry.path) if member.name.endswith(".npy")]
        return [stored_npy(member, entry) for member in members]
    if is_pickle(name, head):
        return []
    if is_mat(head) or name.endswith(".mat"):
        if not is_mat(head):
            raise DataError(f"{entry.place} is no MAT file of version 5: write it by save -v7 or scipy.io.savemat")
        return stored_mat(entry, report)
    if name.endswith(".bin"):
        return stored_cifar(entry)
    if is_idx(head) or "idx" in name or "ubyte" in name:
        return [stored_idx(entry)]
    if name.endswith(_TEXTS) and not (name.endswith(".txt") and has_others):
        return _of_text(entry, has_others, report)
    return []


def _of_text(entry: DataFile, has_others: bool, report: Report) -> list[Stored]:
    if not is_text(entry.head()):
        raise DataError(f"{entry.place} is no text: choose a CSV file of numbers")
    try:
        table = read_csv(entry, report)
    except NoImages:
        if has_others:  # such as the sample of an answer beside Kaggle's digits
            return []
        raise
    found = [_of_table(entry, "images", table.pixels, "")]
    return found if table.labels is None else [*found, _of_table(entry, "labels", table.labels, table.told)]


def _of_table(entry: DataFile, key: str, values: AnyArray, told: str) -> Stored:
    return Stored(entry.name, key, entry.place, values.shape, values.dtype, lambda report: values, told=told)


def _why_nothing(path: Path, found: Sequence[DataFile]) -> str:
    """Why there are no arrays in the files, in one sentence."""
    for entry in found:
        head = entry.head()
        if is_pickle(entry.name, head):
            return (
                f"{entry.place} is a pickle, which can run code when it is opened, so it is not read: take the binary "
                "version of CIFAR (cifar-10-binary.tar.gz), or save the arrays with numpy.savez"
            )
        for magic, (what, way_out) in _FOREIGN.items():
            if head.startswith(magic):
                return f"{entry.place} {what}, which is not read: {way_out}"
    if picture := _picture_in(path, found):
        if picture == path.name:
            return f"{called(path)} is one picture: choose the folder that it is in (images)"
        return f"{called(path)} holds pictures such as {printable(picture)}: choose it as a folder of pictures (images)"
    if not found:
        return f"{called(path)} holds no files: choose a file or folder of {FORMATS}"
    return f"{called(path)} holds no arrays of images: choose a file or folder of {FORMATS}"


def _picture_in(path: Path, found: Sequence[DataFile]) -> str:
    """A picture among the files or in a folder beside them, as classes are often stored; "" where there is none."""
    names = (entry.name for entry in found)
    try:
        inside = (str(each.relative_to(path)) for each in path.glob("*/*")) if path.is_dir() else iter(())
        return next((name for name in (*names, *itertools.islice(inside, 100)) if name.lower().endswith(ENDINGS)), "")
    except OSError:
        return ""


# --- roles ---------------------------------------------------------------------------------------------------------

_Group = tuple[list[Stored], list[Stored]]
"""Images and labels of a split; several in a row where a split is stored in pieces, as CIFAR-10 is."""


def _by_split(stored: Sequence[Stored], path: Path, left_out: list[str]) -> dict[Split, _Group]:
    """The arrays of images and labels of each split, train first. `DataError` where names do not tell."""
    groups: dict[Split, _Group] = {}
    splits: tuple[Split, ...] = ("train", "test", "validation", "")
    for split in splits:
        those = [each for each in stored if each.split == split]
        images = _images_among(those, path)
        if images:
            groups[split] = images, _labels_among(those, images, path)
    for each in stored:
        if groups and each.split and each.split not in groups and each.kind == "labels" and each.may_be_labels:
            raise DataError(f"{called(path)} holds {_called(each)} without its images: add them, or take it away")
    if not groups:
        names = ", ".join(f"{_called(each)} {each.shape}" for each in stored[:4])
        raise DataError(
            f"{called(path)} holds no images, only {names}: name an array images, (N, H, W) or (N, H, W, 3)"
        )
    if "validation" in groups and "test" not in groups and "train" in groups:
        groups["test"] = groups["validation"]
    return _kept(groups, path, left_out)


def _kept(groups: dict[Split, _Group], path: Path, left_out: list[str]) -> dict[Split, _Group]:
    """Train and test, or all there is where nothing is called so."""
    if "train" in groups:
        kept: dict[Split, _Group] = {split: group for split, group in groups.items() if split in ("train", "test")}
    elif len(groups) > 1:
        names = ", ".join(_called(group[0][0]) for group in groups.values())
        raise DataError(f"{called(path)} holds {names} and no training images: call one of them train")
    else:
        kept = {"": next(iter(groups.values()))}
    for split, (images, _) in groups.items():
        if all(images is not other for other, _ in kept.values()):
            left_out.append(f"{_called(images[0])} ({split or 'neither train nor test'})")
    return kept


def _called(stored: Stored) -> str:
    return printable(stored.key if stored.key not in ("", "images", "labels") else stored.file)


def _images_among(stored: Sequence[Stored], path: Path) -> list[Stored]:
    """The arrays of images of a split: by name, else the only one whose shape says so."""
    numeric = [each for each in stored if each.is_numeric]
    named = [each for each in numeric if each.kind == "images" and not each.may_be_labels]
    if not named:
        fitting = [e for e in numeric if not e.may_be_labels and find_layout(e.shape, e.columns_first)]
        named = [each for each in fitting if each.kind != "labels"] or fitting
    if len(named) > 1 and not _are_pieces(named):
        names = " and ".join(_called(each) for each in named[:3])
        raise DataError(
            f"{called(path)} holds {names}, and either may be the images: keep one, or call one of them images"
        )
    return named


def _are_pieces(stored: Sequence[Stored]) -> bool:
    """Whether arrays are pieces of one: files numbered as CIFAR-10's data_batch_1.bin to data_batch_5.bin."""
    stems = {re.sub(r"\d+\.bin$", "", each.file.lower()) for each in stored}
    return all(each.file.lower().endswith(".bin") for each in stored) and len(stems) == 1


def _labels_among(stored: Sequence[Stored], images: Sequence[Stored], path: Path) -> list[Stored]:
    """The labels of a split: by name, else the only array of one value per image."""
    named = [each for each in stored if each.kind == "labels" and each.may_be_labels]
    if not named:
        count = _count(images[0])
        others = [each for each in stored if each.kind == "" and each.may_be_labels and max(each.shape) == count]
        named = others if len(others) == 1 else []
    if len(named) > 1 and len(named) != len(images):
        names = " and ".join(_called(each) for each in named[:3])
        raise DataError(
            f"{called(path)} holds {names}, and either may be the labels: keep one, or call one of them labels"
        )
    return named


def _count(stored: Stored) -> int:
    layout = find_layout(stored.shape, stored.columns_first)
    return stored.shape[-1 if layout.endswith(", N") else 0] if stored.shape else 0


# --- reading -------------------------------------------------------------------------------------------------------


def _read(images: list[Stored], labels: list[Stored], report: Report) -> Part:
    """The images and labels of a split, read and laid out."""
    count = len(images)
    layouts: list[str] = []
    pieces: list[AnyArray] = []
    for index, each in enumerate(images):
        array, layout = channels_first(
            each.load(_share(report, 0.0, 0.9, index, count)), each.place, each.columns_first
        )
        pieces.append(array)
        layouts.append(layout)
    if len({piece.shape[1:] for piece in pieces}) > 1:
        raise DataError(f"{images[0].place} and {images[-1].place} hold images of different shapes: keep one set")
    whole = pieces[0] if count == 1 else np.concatenate(pieces)
    if not len(whole):
        raise DataError(f"{images[0].place} holds no images: choose another file")
    classes = [each.load(_share(report, 0.9, 1.0, index, count)).reshape(-1) for index, each in enumerate(labels)]
    if not classes:
        return Part(_called(images[0]), whole, None, layouts[0], "none")
    found = classes[0] if len(classes) == 1 else np.concatenate(classes)
    if len(found) != len(whole):
        raise DataError(
            f"{labels[0].place} holds {len(found):,} labels for {len(whole):,} images: take both from the same set"
        )
    return Part(_called(images[0]), whole, found, layouts[0], labels[0].told or _called(labels[0]))

"""Folders of IDX files: MNIST, Fashion-MNIST, KMNIST, EMNIST, or the user's own."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt

from core.datasets.base import DataError, Dataset, Images, Report, Source, SourceConfig, register
from core.datasets.idxfile import IMAGES, LABELS, read_idx
from core.foundation.arrays import Pixels
from core.foundation.params import Param
from core.foundation.pixels import LARGEST_SIDE, SMALLEST_SIDE
from core.foundation.quoted import brief, printable

SMALLEST = 8
"""Shortest side of an image that is read, pixels."""

_PUBLISHED = "such as train-images-idx3-ubyte and t10k-images-idx3-ubyte, with or without .gz"
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_CLOTHES = "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
_FASHION_LABELS = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"  # SHA-256, training labels file

_Files = dict[tuple[str, str], Path]
"""(split, kind) -> file; split is train, test or "" (not in the name), kind is images or labels."""


@dataclass(frozen=True)
class IdxFolderConfig(SourceConfig):
    """The knobs of `IdxFolder`."""

    data: Annotated[
        str,
        Param(
            "Folder",
            help="A folder of IDX files, gzipped or not: train-images-idx3-ubyte, train-labels-idx1-ubyte, "
            "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. With one images file only, its last 1/7 is the test.",
            option="data",
        ),
    ] = ""


@register("idx")
class IdxFolder(Source[IdxFolderConfig]):
    """Images from 8 to 128 pixels a side, grey (N, 1, S, S) or colour (N, 3, S, S), S at least 28; labels or none."""

    title = "IDX folder"
    summary = "Fashion-MNIST, KMNIST, EMNIST or your own, from a folder of IDX files"
    order = 40

    Config = IdxFolderConfig

    def portable_config(self, config: IdxFolderConfig) -> IdxFolderConfig:
        """The config with an absolute path."""
        return dataclasses.replace(config, data=str(Path(config.data).expanduser().absolute()))

    def load(self, config: IdxFolderConfig, report: Report) -> Dataset:
        """Read the folder. Raises `DataError`."""
        folder = _folder(config.data)
        files = _find_files(folder)
        splits = sorted({split for split, _ in files}, reverse=True)  # train before test
        images = [_read_split(files, split, _share_of(report, i, len(splits))) for i, split in enumerate(splits)]
        train, test = (images[0], images[1]) if len(images) == 2 else _split(images[0], folder)
        _check_pair(train, test, folder)
        origin = {
            "folder": str(folder),
            "files": {path.name: path.stat().st_size for path in files.values()},
            "split": "as given" if len(images) == 2 else "last 1/7 is the test",
        }
        names = _class_names(train, test, _is_fashion(images[0].labels, folder, files))
        return Dataset(self.name, self.title, train, test, names, origin=origin)


def _share_of(report: Report, index: int, count: int) -> Report:
    """The progress callback of one of ``count`` equal parts."""
    return lambda share: report((index + share) / count)


def _folder(text: str) -> Path:
    if not text.strip():
        raise DataError(f"no folder is chosen: choose one that holds IDX files, {_PUBLISHED}")
    try:
        folder = Path(text).expanduser()
        mode = folder.stat().st_mode
    except (OSError, ValueError, RuntimeError):  # also a name too long, with a null byte, or of an unknown ~user
        raise DataError(
            f"'{brief(text)}' does not exist or is closed to you: choose a folder that holds IDX files"
        ) from None
    if not stat.S_ISDIR(mode):
        raise DataError(f"{folder} is a file, not a folder: choose the folder that holds it")
    return folder


def _find_files(folder: Path) -> _Files:
    """The IDX files of a folder. `DataError` for two files of one role, or a split without images."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder} cannot be read ({error.strerror}): check its permissions") from None
    files: _Files = {}
    for path in paths:  # plain sorts before .gz, so a file that is there both ways is read plain
        role = _role(path.name)
        if role is None or path.is_dir():
            continue
        other = files.setdefault(role, path)
        if other is not path and path.name != f"{other.name}.gz":
            raise DataError(f"{folder} holds both {other.name} and {path.name}: keep one set of files in a folder")
    splits = {split for split, kind in files if kind == "images"}
    if not splits and (picture := _picture_in(folder, paths)):
        raise DataError(
            f"{folder} holds pictures such as {printable(picture)}, and pictures are not read: "
            "write their pixels into IDX files, one of images and one of labels"
        )
    if not splits:
        raise DataError(f"{folder} holds no images in IDX files: choose a folder with files {_PUBLISHED}")
    for split, kind in files:
        if split not in splits:
            raise DataError(f"{folder} holds {files[split, kind].name} without its images: add the images file")
    if len(splits) > 1 and "" in splits:
        raise DataError(f"{folder} holds {files['', 'images'].name} besides train or test: keep one set in a folder")
    return files


def _picture_in(folder: Path, paths: list[Path]) -> str:
    """A picture file in a folder or in one of its folders, as classes are often stored; "" where there is none."""
    pictures = (path for path in paths if path.suffix.lower() in _PICTURES)
    inside = (path for each in paths if each.is_dir() for path in _listed(each) if path.suffix.lower() in _PICTURES)
    found = next(itertools.chain(pictures, inside), None)
    return "" if found is None else str(found.relative_to(folder))


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _role(name: str) -> tuple[str, str] | None:
    """(split, kind) of a file by its name, or None for a file that is not of the dataset."""
    name = name.lower().removesuffix(".gz")
    if name.startswith(".") or not ("idx" in name or "ubyte" in name or "." not in name):
        return None
    images, labels = re.search(r"idx[34]|images?", name), re.search(r"idx1|labels?", name)
    if bool(images) == bool(labels):
        return None
    split = "train" if "train" in name else "test" if re.search(r"t10k|test", name) else ""
    return split, "images" if images else "labels"


def _read_split(files: _Files, split: str, report: Report) -> Images:
    """The images of one split, padded, and its labels if the folder has them."""
    path = files[split, "images"]
    raw = _channels_first(read_idx(path, IMAGES, lambda share: report(0.9 * share)), path)  # (N, C, H, W)
    count, _, height, width = raw.shape
    if count == 0:
        raise DataError(f"{path} holds no images: choose another file")
    if not (SMALLEST <= height <= LARGEST_SIDE and SMALLEST <= width <= LARGEST_SIDE):
        raise DataError(
            f"{path} holds images of {width} × {height} pixels: "
            f"{SMALLEST} to {LARGEST_SIDE} a side can be used, scale them"
        )
    if "emnist" in path.name.lower():
        raw = raw.transpose(0, 1, 3, 2)  # EMNIST is published transposed
    labels_path = files.get((split, "labels"))
    labels = None
    if labels_path is not None:
        labels = read_idx(labels_path, LABELS).astype(np.int64)
        if len(labels) != count:
            raise DataError(
                f"{labels_path} holds {len(labels):,} labels for the {count:,} images of {path.name}: "
                "take both files from the same set"
            )
    report(1.0)
    return Images(_padded(raw), labels)


def _channels_first(raw: Pixels, path: Path) -> Pixels:
    """Images as they may lie in a file, (N, H, W), (N, C, H, W) or (N, H, W, C) with C 1 or 3: (N, C, H, W)."""
    if raw.ndim == 3:
        return raw[:, np.newaxis]
    if raw.shape[1] in (1, 3):
        return raw
    if raw.shape[3] in (1, 3):
        return raw.transpose(0, 3, 1, 2)
    sides = " × ".join(map(str, raw.shape[1:]))
    raise DataError(f"{path} holds images of {sides}: one side must be the channels, 1 grey or 3 of colour")


def _padded(raw: Pixels) -> Pixels:
    """(N, C, H, W) -> (N, C, S, S), centred on black."""
    count, channels, height, width = raw.shape
    side = max(SMALLEST_SIDE, height, width)
    if (height, width) == (side, side):
        return np.ascontiguousarray(raw)
    pixels = np.zeros((count, channels, side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    pixels[:, :, top : top + height, left : left + width] = raw
    return pixels


def _split(images: Images, folder: Path) -> tuple[Images, Images]:
    """The first 6/7 to train on and the last 1/7 to test on."""
    count = len(images)
    if count < 2:
        raise DataError(f"{folder} holds one image: at least two are needed, one to train and one to test")
    at = count - max(1, count // 7)
    labels = images.labels
    if labels is None:
        return Images(images.pixels[:at]), Images(images.pixels[at:])
    return Images(images.pixels[:at], labels[:at]), Images(images.pixels[at:], labels[at:])


def _check_pair(train: Images, test: Images, folder: Path) -> None:
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        first, second = (
            f"{side} pixels a side{'' if channels == 1 else ' in colour'}"
            for _, channels, _, side in (train.pixels.shape, test.pixels.shape)
        )
        raise DataError(
            f"{folder} holds training images of {first} and test images of {second}: take both from the same set"
        )
    if (train.labels is None) != (test.labels is None):
        which = "training" if train.labels is None else "test"
        raise DataError(f"{folder} lacks the labels of the {which} images: add them or take the other labels away")


def _class_names(train: Images, test: Images, is_fashion: bool) -> tuple[str, ...]:
    """Names of the labels from 0 to the largest: clothes for Fashion-MNIST, else numbers."""
    if train.labels is None or test.labels is None:
        return ()
    largest = int(max(train.labels.max(), test.labels.max()))
    if is_fashion and largest < len(_CLOTHES):
        return _CLOTHES
    return tuple(str(label) for label in range(max(largest + 1, 10)))


def _is_fashion(labels: npt.NDArray[np.int64] | None, folder: Path, files: _Files) -> bool:
    """Whether a name says Fashion-MNIST, or the labels are exactly its training labels."""
    if any("fashion" in name.lower() for name in (folder.absolute().name, *(path.name for path in files.values()))):
        return True
    if labels is None:
        return False
    content = b"\0\0\x08\x01" + len(labels).to_bytes(4, "big") + labels.astype(np.uint8).tobytes()
    return hashlib.sha256(content).hexdigest() == _FASHION_LABELS

"""Any folder of IDX files: MNIST, Fashion-MNIST, KMNIST, EMNIST, or one's own."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from core.datasets.base import DataError, Dataset, Images, Report, Source, register
from core.datasets.idxfile import read_idx
from core.foundation.arrays import Pixels
from core.foundation.params import Param

SMALLEST, LARGEST, CANVAS = 8, 64, 28
"""Sides in pixels: what is accepted, and the least that is handed on (smaller images get a black border)."""

_PUBLISHED = "such as train-images-idx3-ubyte and t10k-images-idx3-ubyte, with or without .gz"
_CLOTHES = "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
_FASHION_LABELS = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"  # SHA-256, training labels file

_Parts = dict[tuple[str, str], Path]
"""(part, kind) -> file; part is train, test or "" (no part in the name), kind is images or labels."""


@register("idx")
class IdxFolder(Source):
    """Grey images from 8 to 64 pixels a side, as (N, 1, S, S) with S at least 28; with or without labels."""

    title = "IDX folder"
    summary = "Fashion-MNIST, KMNIST, EMNIST or your own, from a folder of IDX files"
    order = 40

    @dataclass(frozen=True)
    class Config:
        data: Annotated[
            str,
            Param(
                "Folder",
                help="A folder of IDX files, gzipped or not: train-images-idx3-ubyte, train-labels-idx1-ubyte, "
                "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte. With one images file only, its last 1/7 is the test.",
                option="data",
            ),
        ] = ""

    def remembered(self, config: Any) -> Any:
        """With the whole path."""
        return dataclasses.replace(config, data=str(Path(config.data).expanduser().absolute()))

    def load(self, config: Any, report: Report) -> Dataset:
        """Read the folder. `DataError` names the folder or the file, the reason and the way out."""
        folder = _folder(config.data)
        found = _found(folder)
        parts = sorted({part for part, _ in found}, reverse=True)  # train before test
        splits = [_read(found, part, _stage(report, i, len(parts))) for i, part in enumerate(parts)]
        train, test = (splits[0], splits[1]) if len(splits) == 2 else _cut(splits[0], folder)
        _check_pair(train, test, folder)
        origin = {
            "folder": str(folder),
            "files": {path.name: path.stat().st_size for path in found.values()},
            "split": "as given" if len(splits) == 2 else "last 1/7 is the test",
        }
        clothes = _looks_like_fashion(splits[0].labels, folder, found)
        names = _class_names(train, test, clothes)
        return Dataset(self.name, self.title, train, test, names, origin=origin)


def _stage(report: Report, which: int, stages: int) -> Report:
    return lambda share: report((which + share) / stages)


def _folder(text: str) -> Path:
    if not text.strip():
        raise DataError(f"no folder is chosen: choose one that holds IDX files, {_PUBLISHED}")
    try:
        folder = Path(text).expanduser()
        mode = folder.stat().st_mode
    except (OSError, ValueError, RuntimeError):  # also a name too long, with a null byte, or ~nobody
        raise DataError(f"{text!r} does not exist or is closed to you: choose a folder that holds IDX files") from None
    if not stat.S_ISDIR(mode):
        raise DataError(f"{folder} is a file, not a folder: choose the folder that holds it")
    return folder


def _found(folder: Path) -> _Parts:
    """The files that take part, by name; never two for one purpose, never a split without images."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise DataError(f"{folder} cannot be read ({error.strerror}): check its permissions") from None
    found: _Parts = {}
    for path in paths:  # plain sorts before .gz, so a file that lies there both ways is taken plain
        role = _role(path.name)
        if role is None or path.is_dir():
            continue
        other = found.setdefault(role, path)
        if other is not path and path.name != f"{other.name}.gz":
            raise DataError(f"{folder} holds both {other.name} and {path.name}: keep one set of files in a folder")
    images = {part for part, kind in found if kind == "images"}
    if not images:
        raise DataError(f"{folder} holds no images in IDX files: choose a folder with files {_PUBLISHED}")
    for part, kind in found:
        if part not in images:
            raise DataError(f"{folder} holds {found[part, kind].name} without its images: add the images file")
    if len(images) > 1 and "" in images:
        raise DataError(f"{folder} holds {found['', 'images'].name} besides train or test: keep one set in a folder")
    return found


def _role(name: str) -> tuple[str, str] | None:
    """(part, kind) of a file by its name, or None for a file that has nothing to do with us."""
    name = name.lower().removesuffix(".gz")
    if name.startswith(".") or not ("idx" in name or "ubyte" in name or "." not in name):
        return None
    images, labels = re.search(r"idx3|images?", name), re.search(r"idx1|labels?", name)
    if bool(images) == bool(labels):
        return None
    part = "train" if "train" in name else "test" if re.search(r"t10k|test", name) else ""
    return part, "images" if images else "labels"


def _read(found: _Parts, part: str, report: Report) -> Images:
    """One split: its images on their canvas, and its labels if the folder has them."""
    path = found[part, "images"]
    raw = read_idx(path, 3, lambda share: report(0.9 * share))
    count, height, width = raw.shape
    if count == 0:
        raise DataError(f"{path} holds no images: choose another file")
    if not (SMALLEST <= height <= LARGEST and SMALLEST <= width <= LARGEST):
        raise DataError(
            f"{path} holds images of {width} × {height} pixels: {SMALLEST} to {LARGEST} a side can be used, scale them"
        )
    if "emnist" in path.name.lower():
        raw = raw.transpose(0, 2, 1)  # EMNIST is published column by column; this sets it upright
    labels_path = found.get((part, "labels"))
    labels = None
    if labels_path is not None:
        labels = read_idx(labels_path, 1).astype(np.int64)
        if len(labels) != count:
            raise DataError(
                f"{labels_path} holds {len(labels):,} labels for the {count:,} images of {path.name}: "
                "take both files from the same set"
            )
    report(1.0)
    return Images(_on_canvas(raw), labels)


def _on_canvas(raw: Pixels) -> Pixels:
    """(N, H, W) -> (N, 1, S, S), centred on black."""
    count, height, width = raw.shape
    side = max(CANVAS, height, width)
    if (height, width) == (side, side):
        return np.ascontiguousarray(raw)[:, np.newaxis]
    pixels = np.zeros((count, 1, side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    pixels[:, 0, top : top + height, left : left + width] = raw
    return pixels


def _cut(every: Images, folder: Path) -> tuple[Images, Images]:
    """The first 6/7 and the last 1/7: always the same, never overlapping."""
    count = len(every)
    if count < 2:
        raise DataError(f"{folder} holds one image: at least two are needed, one to train and one to test")
    at = count - max(1, count // 7)
    labels = every.labels
    if labels is None:
        return Images(every.pixels[:at]), Images(every.pixels[at:])
    return Images(every.pixels[:at], labels[:at]), Images(every.pixels[at:], labels[at:])


def _check_pair(train: Images, test: Images, folder: Path) -> None:
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        sides = train.pixels.shape[-1], test.pixels.shape[-1]
        raise DataError(
            f"{folder} holds training images of {sides[0]} and test images of {sides[1]} pixels a side: "
            "take both from the same set"
        )
    if (train.labels is None) != (test.labels is None):
        which = "training" if train.labels is None else "test"
        raise DataError(f"{folder} lacks the labels of the {which} images: add them or take the other labels away")


def _class_names(train: Images, test: Images, clothes: bool) -> tuple[str, ...]:
    """Names for labels 0 to the largest: clothes for Fashion-MNIST, numbers else."""
    if train.labels is None or test.labels is None:
        return ()
    largest = int(max(train.labels.max(), test.labels.max()))
    if clothes and largest < len(_CLOTHES):
        return _CLOTHES
    return tuple(str(label) for label in range(max(largest + 1, 10)))


def _looks_like_fashion(labels: npt.NDArray[np.int64] | None, folder: Path, found: _Parts) -> bool:
    if any("fashion" in name.lower() for name in (folder.absolute().name, *(path.name for path in found.values()))):
        return True
    if labels is None:
        return False
    content = b"\0\0\x08\x01" + len(labels).to_bytes(4, "big") + labels.astype(np.uint8).tobytes()
    return hashlib.sha256(content).hexdigest() == _FASHION_LABELS

"""Arrays in files, known by their headers, and what their names say of them: images or labels, of which split."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.foundation.quoted import brief
from core.foundation.reading import DataError, Report

AnyArray = npt.NDArray[Any]
Kind = Literal["images", "labels", ""]
Split = Literal["train", "test", "validation", ""]

_IMAGES = {"image", "images", "img", "imgs", "x", "data", "pixel", "pixels", "faces", "input", "inputs", "pictures"}
_LABELS = {"label", "labels", "lbl", "y", "target", "targets", "class", "classes"}
_SPLITS: tuple[tuple[Split, str], ...] = (
    ("train", r"train(?:ing)?|trn"),
    ("test", r"t10k|test(?:ing)?|tst"),
    ("validation", r"val(?:id(?:ation)?)?(?![a-z]{2})|dev(?![a-z])"),
)


@dataclass(frozen=True)
class Stored:
    """An array in a file, not read yet.

    ``file`` is the name of the file without folders, ``key`` that of the array within it, "" where it holds one.
    ``shape`` and ``dtype`` are the header's. ``columns_first``: MATLAB's order, where images lie along the last axis.
    ``told`` says where it was found, if that was guessed.
    """

    file: str
    key: str
    place: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    load: Callable[[Report], AnyArray]
    columns_first: bool = False
    told: str = ""

    @property
    def split(self) -> Split:
        """The split that its key names, else that of its file; "" where neither does."""
        return _named_split(self.key)[0] or _named_split(self.file)[0]

    @property
    def kind(self) -> Kind:
        """What its key says it holds, else its file; "" where neither says so."""
        return named_kind(self.key) or ("" if self.key else named_kind(self.file))

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers or truth values."""
        return self.dtype.kind in "buif"

    @property
    def may_be_labels(self) -> bool:
        """Whether it has one value per item: (N,), (N, 1) or (1, N)."""
        return self.dtype.kind in "buifUS" and sum(side != 1 for side in self.shape) <= 1 and 0 < len(self.shape) <= 2


def _named_split(name: str) -> tuple[Split, str]:
    """The split that a name tells, and the rest of the name: "XTrain" is of train, "latest" is of none."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    for split, pattern in _SPLITS:
        rest, count = re.subn(rf"(?<![a-z])([xy]?)(?:{pattern})", r"\1 ", text, count=1)
        if count:
            return split, rest
    return "", text


def named_kind(name: str) -> Kind:
    """What the name of a key or file says it holds; "" where it does not."""
    split, rest = _named_split(name)
    if found := re.search(r"idx([134])", rest):
        return "labels" if found[1] == "1" else "images"
    words = set(re.split(r"[^a-z]+", rest.rpartition(".")[0] or rest)) - {""}
    images, labels = bool(words & _IMAGES), bool(words & _LABELS)
    if images != labels:
        return "images" if images else "labels"
    return "images" if split and not words else ""  # a key "train"


def check_shape(shape: tuple[int, ...], itemsize: int, most: int, place: str) -> int:
    """The bytes of an array of that shape. `DataError` where it is larger than ``most``, or no images have it."""
    size = itemsize
    for side in shape:  # Python's integers do not overflow
        size *= side
    if len(shape) > 8 or min(shape, default=1) < 0:
        raise DataError(f"{place} has the shape {brief(shape)}, which no images have: choose an array (N, H, W)")
    if size > most:
        raise DataError(f"{place} claims {size:,} bytes, more than the {most:,} that are read: choose fewer images")
    return size

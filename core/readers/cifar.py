"""The binary version of CIFAR-10 and CIFAR-100: records of one or two label bytes and 3 × 32 × 32 bytes of pixels.

Source of the format: https://www.cs.toronto.edu/~kriz/cifar.html, "binary version". The Python version is a pickle,
which is never opened.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.foundation.reading import DataError, Report, no_report
from core.readers.data_file import DataFile
from core.readers.stored import AnyArray, Stored

PIXELS = 3 * 32 * 32
_LONGEST_NAMES = 1 << 16


def stored_cifar(entry: DataFile) -> list[Stored]:
    """The images (N, 3, 32, 32) and the labels (N,) of a file of records, as two arrays. Raises `DataError`.

    The labels of CIFAR-100 are the fine ones, its second byte.
    """
    labels = _label_bytes(entry)
    count = entry.size // (labels + PIXELS)

    def records(report: Report) -> AnyArray:
        content = entry.read(report)
        if len(content) != count * (labels + PIXELS):
            raise DataError(f"{entry.place} changed while it was read: close what writes it and try again")
        found = np.frombuffer(content, np.uint8).reshape(count, labels + PIXELS)
        if count and found[:, labels - 1].max() >= (10 if labels == 1 else 100):
            raise DataError(
                f"{entry.place} holds labels that CIFAR-{10 if labels == 1 else 100} does not have: "
                "choose a file of its binary version, as it was published"
            )
        return found

    def images(report: Report) -> AnyArray:
        return records(report)[:, labels:].reshape(count, 3, 32, 32)

    def classes(report: Report) -> AnyArray:
        return records(no_report)[:, labels - 1].copy()

    uint8 = np.dtype(np.uint8)
    name = "test" if "test" in entry.name.lower() else "train"
    return [
        Stored(entry.name, f"{name} images", entry.place, (count, 3, 32, 32), uint8, images),
        Stored(entry.name, f"{name} labels", entry.place, (count,), uint8, classes),
    ]


def _label_bytes(entry: DataFile) -> int:
    """1 for CIFAR-10, 2 for CIFAR-100, by the size of the file."""
    fits = [labels for labels in (1, 2) if entry.size and entry.size % (labels + PIXELS) == 0]
    if not fits:
        raise DataError(
            f"{entry.place} is no file of CIFAR's binary version ({entry.size:,} bytes are no number of records of "
            f"{1 + PIXELS:,} or {2 + PIXELS:,}): download it again"
        )
    return fits[0]


def class_names(entries: Sequence[DataFile]) -> tuple[str, ...]:
    """The names of the classes that lie beside the records, one a line; () where no such file does."""
    for entry in entries:
        if entry.name.lower() in ("batches.meta.txt", "fine_label_names.txt") and entry.size <= _LONGEST_NAMES:
            lines = entry.read(no_report).decode("utf-8", "replace").splitlines()
            return tuple(line.strip() for line in lines if line.strip())
    return ()

"""Which images train and which are the test."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Pixels
from core.foundation.reading import Report

Flags = npt.NDArray[np.bool_]


def image_hashes(pixels: Pixels, report: Report) -> npt.NDArray[np.uint64]:
    """A number for each image (N, C, H, W), (N,): equal ones mean equal pixels."""
    hashes = np.empty(len(pixels), np.uint64)
    for index, image in enumerate(pixels):
        hashes[index] = int.from_bytes(hashlib.blake2b(image.tobytes(), digest_size=8).digest(), "little")
        if index % 1_000 == 0:
            report(index / len(pixels))
    report(1.0)
    return hashes


def stratified_split(
    hashes: npt.NDArray[np.uint64], labels: npt.NDArray[np.int64] | None, share: float, seed: int
) -> Flags:
    """Which of N images (N,) are the test: about ``share`` of each class, at least one where a class can spare it.

    ``hashes`` (N,) are equal where images are: those stay on one side, by the class of the first of them. The same
    arguments give the same split. All False where there are not two different images.
    """
    _, first, group_of, sizes = np.unique(hashes, return_index=True, return_inverse=True, return_counts=True)
    classes = np.zeros(len(first), np.int64) if labels is None else labels[first]
    random = np.random.default_rng(seed)
    is_test = np.zeros(len(first), np.bool_)  # by group
    order = np.argsort(first)  # by the place of images, so that the split does not hang on their pixels
    for label in np.unique(classes):
        groups = random.permutation(order[classes[order] == label])
        wanted = max(1, round(share * int(sizes[groups].sum())))
        before = np.cumsum(sizes[groups]) - sizes[groups]
        is_test[groups[:-1][before[:-1] < wanted]] = True
    if len(first) > 1 and not is_test.any():  # a class each
        is_test[order[-1]] = True
    return is_test[group_of]

"""Training and test images from images without a split: the same for every run, and no image on both sides."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from core.foundation.arrays import Counts, Pixels
from core.foundation.reading import Report


def stratified(pixels: Pixels, labels: Counts | None, share: float, seed: int, report: Report) -> tuple[Counts, Counts]:
    """Indices (N_train,) and (N_test,) of a split by chance, ascending, where ``share`` of each class is for the test.

    Images of equal pixels, whatever their labels, are all on the side of training. Each side gets at least one image
    where there are two different ones.
    """
    count = len(pixels)
    classes = np.zeros(count, np.int64) if labels is None else labels
    order = np.random.default_rng(seed).permutation(count)
    order = order[np.argsort(classes[order], kind="stable")]  # by class, by chance within each
    sizes = np.unique(classes, return_counts=True)[1]
    is_test = np.zeros(count, bool)
    start = 0
    for size, taken in zip(sizes, _shares(sizes, share), strict=True):
        is_test[order[start : start + taken]] = True
        start += size
    same = _same(pixels, report)
    trained = np.zeros(count, bool)
    trained[same[~is_test]] = True  # numbers of pictures, not of images
    is_test &= ~trained[same]
    if not is_test.any() or is_test.all():
        is_test = same == same[order[0]]  # all copies of one picture
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def _shares(sizes: npt.NDArray[np.intp], share: float) -> Counts:
    """How many of each class are for the test: all of it together to one image, the rests to the largest fractions."""
    exact = sizes * share
    taken = np.floor(exact).astype(np.int64)
    short = round(float(exact.sum())) - int(taken.sum())
    taken[np.argsort(taken - exact, kind="stable")[:short]] += 1
    fewest = np.minimum(taken, np.maximum(sizes - 1, 0))  # a class of one image is trained on
    found: Counts = fewest if fewest.any() or len(sizes) == 1 else taken
    return found


def _same(pixels: Pixels, report: Report) -> Counts:
    """For each image the index of the first with equal pixels, (N,)."""
    first: dict[bytes, int] = {}
    same = np.empty(len(pixels), np.int64)
    for index, image in enumerate(pixels):
        same[index] = first.setdefault(hashlib.blake2b(image.tobytes(), digest_size=16).digest(), index)
        if index % 1_000 == 0:
            report(index / len(pixels))
    report(1.0)
    return same

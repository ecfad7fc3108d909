"""Labels of any kind as classes: numbers from 0 on, and their names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.foundation.arrays import Counts
from core.foundation.quoted import brief
from core.readers.stored import AnyArray

MOST_CLASSES = 1_000
_LONGEST_NAME = 40


def as_classes(labels: Sequence[AnyArray]) -> tuple[list[Counts], tuple[str, ...]] | None:
    """Labels of several splits, whole numbers or texts, as int64 from 0 on, and the names of the classes.

    Numbers keep their names: 1 to 26 become 0 to 25, called "1" to "26". None where they are no classes: numbers that
    are not whole, or more than `MOST_CLASSES` different ones.
    """
    whole = np.concatenate([each.reshape(-1) for each in labels])
    if whole.dtype.kind == "f" and not (np.isfinite(whole).all() and np.array_equal(whole, np.rint(whole))):
        return None
    if whole.dtype.kind in "fbui" and len(whole):
        low, high = int(whole.min()), int(whole.max())
        if high - low < MOST_CLASSES:
            found = [each.reshape(-1).astype(np.int64) - low for each in labels]
            return found, tuple(str(value) for value in range(low, high + 1))
    values, indices = np.unique(whole, return_inverse=True)
    if not 0 < len(values) <= MOST_CLASSES:
        return None
    ends = np.cumsum([len(each.reshape(-1)) for each in labels])[:-1]
    return [each.astype(np.int64) for each in np.split(indices, ends)], tuple(_name(value) for value in values)


def _name(value: object) -> str:
    if isinstance(value, bytes):
        return brief(value.decode("utf-8", "replace"), _LONGEST_NAME)
    return brief(f"{int(value)}" if isinstance(value, np.number) else value, _LONGEST_NAME)

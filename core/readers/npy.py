"""NPY files and NPZ archives: numpy's own formats, without pickle.

Source of the format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io

import numpy as np

from core.foundation.quoted import brief
from core.foundation.reading import DataError, Report
from core.readers.entries import MOST_BYTES, Entry
from core.readers.stored import AnyArray, Stored, check_shape

MAGIC = b"\x93NUMPY"
_LONGEST = 10_000
"""Longest header that is parsed, bytes: numpy's own limit."""


def stored_npy(entry: Entry, archive: Entry | None = None) -> Stored:
    """The array of an NPY file, or of a member of an NPZ ``archive``, by its header. Raises `DataError`."""
    shape, dtype, fortran, start = _header(entry)
    size = check_shape(shape, dtype.itemsize, MOST_BYTES, entry.place)
    if start + size != entry.size:
        state = "truncated" if start + size > entry.size else "longer than its header says"
        raise DataError(f"{entry.place} is {state} ({entry.size:,} of {start + size:,} bytes): write it again")

    def load(report: Report) -> AnyArray:
        content = entry.read(report)
        if len(content) != start + size:
            raise DataError(f"{entry.place} is truncated ({len(content):,} of {start + size:,} bytes): write it again")
        flat = np.frombuffer(content, dtype, offset=start)
        return flat.reshape(shape, order="F" if fortran else "C")

    key = "" if archive is None else entry.name.removesuffix(".npy")
    return Stored((archive or entry).name, key, entry.place, shape, dtype, load)


def _header(entry: Entry) -> tuple[tuple[int, ...], np.dtype[np.generic], bool, int]:
    """Shape, type, whether columns come first, and where the numbers begin."""
    head = entry.head()
    if not head.startswith(MAGIC):
        raise DataError(f"{entry.place} is not an NPY file (it starts with {head[:6]!r}): write it with numpy.save")
    stream = io.BytesIO(head)
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream, max_header_size=_LONGEST)
        elif version in ((2, 0), (3, 0)):
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream, max_header_size=_LONGEST)
        else:
            raise ValueError(f"version {version}")
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, OverflowError) as error:
        raise DataError(f"{entry.place} has a damaged NPY header ({brief(error)}): write it again") from None
    if dtype.hasobject:
        raise DataError(
            f"{entry.place} holds Python objects, which are pickled and can run code when they are opened: "
            "save it as an array of numbers"
        )
    if dtype.kind not in "buifUS" or dtype.itemsize == 0:
        raise DataError(f"{entry.place} holds {brief(dtype)}, which are no plain numbers: save it as uint8 or float32")
    return shape, dtype, bool(fortran), stream.tell()

"""NPY files and NPZ archives: numpy's own formats, without pickle.

Source of the format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import ast
import re
import struct
from typing import Any

import numpy as np

from core.foundation.quoted import brief
from core.foundation.reading import DataError, Report
from core.readers.data_file import MOST_BYTES, DataFile
from core.readers.stored import AnyArray, Stored, check_shape

MAGIC = b"\x93NUMPY"


def stored_npy(entry: DataFile, archive: DataFile | None = None) -> Stored:
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


def _header(entry: DataFile) -> tuple[tuple[int, ...], np.dtype[Any], bool, int]:
    """Shape, type, whether columns come first, and where the numbers begin."""
    head = entry.head()
    if not head.startswith(MAGIC):
        raise DataError(f"{entry.place} is not an NPY file (it starts with {head[:6]!r}): write it with numpy.save")
    try:
        fields, start = _fields(head)
        shape, fortran, descr = fields["shape"], fields["fortran_order"], fields["descr"]
        if not (isinstance(shape, tuple) and all(type(side) is int for side in shape) and type(fortran) is bool):
            raise ValueError("its shape or order is none")
        dtype = np.dtype(descr) if isinstance(descr, str) else np.dtype("V1")  # a list describes records
    except (ValueError, TypeError, KeyError, SyntaxError, RecursionError, MemoryError, struct.error) as error:
        raise DataError(f"{entry.place} has a damaged NPY header ({brief(error)}): write it again") from None
    if dtype.hasobject:
        raise DataError(
            f"{entry.place} holds Python objects, which are pickled and can run code when they are opened: "
            "save it as an array of numbers"
        )
    if dtype.kind not in "buifUS" or dtype.itemsize == 0:
        raise DataError(f"{entry.place} holds {brief(descr)}, which are no plain numbers: save it as uint8 or float32")
    return shape, dtype, fortran, start


def _fields(head: bytes) -> tuple[dict[str, Any], int]:
    """The literal in a header, and where it ends. numpy's own parser would tokenise, and warn, where this refuses."""
    if head[6:7] not in (b"\1", b"\2", b"\3"):
        raise ValueError(f"version {head[6:7]!r}")
    form = "<H" if head[6] == 1 else "<I"
    begin = 8 + struct.calcsize(form)
    end = begin + int(struct.unpack_from(form, head, 8)[0])
    if end > len(head):
        raise ValueError(f"it is {end:,} bytes long")
    text = head[begin:end].decode("latin-1")
    fields = ast.literal_eval(re.sub(r"(\d)L\b", r"\1", text).strip())  # Python 2 wrote 28L
    if not isinstance(fields, dict):
        raise ValueError("it is no dictionary")
    return fields, end

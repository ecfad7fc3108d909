"""Arrays of numbers in MAT files, version 5 (MATLAB 5 to 7.2, and scipy.io.savemat): SVHN, Olivetti faces.

Source of the format: MathWorks, "MAT-File Format" (version 5). We read it ourselves, because every size within a packed
variable must be checked before memory of that size is taken. Nothing in such a file can run; cells, structures,
functions, texts and sparse arrays are passed over.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.foundation.quoted import printable
from core.foundation.reading import DataError, Report
from core.readers.data_file import MOST_BYTES, DataFile
from core.readers.stored import AnyArray, Stored, check_shape

TRY_AGAIN = "write it again, for instance by save -v7 or scipy.io.savemat"

_HEADER = 128
_MATRIX, _PACKED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""How numbers lie in the file."""
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
"""What MATLAB calls them: a double of small whole numbers lies there as bytes."""
_START = 1 << 10
"""Bytes of a variable in which its name and shape stand."""
_MOST_VARIABLES = 1_000
_CHUNK = 1 << 20


def is_mat(head: bytes) -> bool:
    """Whether a file begins as a MAT file of version 5 or 7.3 does."""
    return head[126:128] in (b"IM", b"MI")


def stored_mat(entry: DataFile, report: Report) -> list[Stored]:
    """The numeric variables of a MAT file. Raises `DataError` for another version, and for a damaged file."""
    head = entry.head()
    order = "<" if head[126:128] == b"IM" else ">"
    if len(head) < _HEADER:
        raise DataError(f"{entry.place} is truncated in its header: {TRY_AGAIN}")
    if struct.unpack(order + "H", head[124:126])[0] != 0x0100:
        raise DataError(f"{entry.place} is a MAT file of version 7.3, which is HDF5 and not read: {TRY_AGAIN}")
    content = entry.read(report)
    found = [_stored(entry, each) for each in _variables(content, order, entry.place)]
    return [each for each in found if each is not None]


@dataclass(frozen=True)
class _Variable:
    """A variable as it lies in the file: its bytes, still packed where ``packed``, and the size of what they hold."""

    data: memoryview
    packed: bool
    size: int
    order: str

    def start(self) -> bytes:
        """Its first bytes, unpacked."""
        if not self.packed:
            return bytes(self.data[:_START])
        return zlib.decompressobj().decompress(self.data[: 4 * _START], _START + 8)[8:]

    def content(self, report: Report) -> memoryview:
        """All of it, unpacked in portions up to the size that its tag names. ValueError where it has another size."""
        if not self.packed:
            return self.data
        most = self.size + 8  # with the tag
        content, unzip, rest = bytearray(), zlib.decompressobj(), self.data
        while rest and not unzip.eof and len(content) <= most:
            portion, rest = bytes(rest[:_CHUNK]), rest[_CHUNK:]
            while portion and len(content) <= most:
                content += unzip.decompress(portion, most + 1 - len(content))
                portion = unzip.unconsumed_tail
            report(min(1.0, len(content) / most))
        if len(content) != most:
            raise ValueError("a packed variable of another size than it says")
        return memoryview(content)[8:]


def _variables(content: bytearray, order: str, place: str) -> Iterator[_Variable]:
    """The variables of a file in their order."""
    at, count, view = _HEADER, 0, memoryview(content)
    while at < len(content):
        count += 1
        if at + 8 > len(content) or count > _MOST_VARIABLES:
            raise DataError(f"{place} is damaged behind its byte {at:,}: {TRY_AGAIN}")
        kind, size = struct.unpack_from(order + "II", content, at)
        if at + 8 + size > len(content):
            raise DataError(f"{place} is truncated ({len(content):,} of {at + 8 + size:,} bytes): {TRY_AGAIN}")
        data = view[at + 8 : at + 8 + size]
        if kind == _MATRIX:
            yield _Variable(data, False, size, order)
        elif kind == _PACKED:
            yield _Variable(data, True, _unpacked_size(data, order, place), order)
        at += 8 + size


def _unpacked_size(data: memoryview, order: str, place: str) -> int:
    """The size that the tag within a packed variable names."""
    try:
        tag = zlib.decompressobj().decompress(data[: 1 << 12], 8)
        kind, size = struct.unpack(order + "II", tag)
    except (zlib.error, struct.error):
        raise DataError(f"{place} holds a damaged variable: {TRY_AGAIN}") from None
    if kind != _MATRIX:
        raise DataError(f"{place} holds a packed variable that is no array: {TRY_AGAIN}")
    if size > MOST_BYTES:
        raise DataError(f"{place} holds a variable of {size:,} bytes, more than the {MOST_BYTES:,} that are read")
    return int(size)


def _stored(entry: DataFile, variable: _Variable) -> Stored | None:
    """A variable by its first bytes; None where it is no array of real numbers."""
    damaged = DataError(f"{entry.place} holds a damaged variable: {TRY_AGAIN}")
    try:
        elements = _elements(variable.start(), variable.order)
        flags, dims, label = (next(elements)[1] for _ in range(3))
        bits = struct.unpack_from(variable.order + "I", flags)[0]
        shape = tuple(struct.unpack(f"{variable.order}{len(dims) // 4}i", dims))
        name = bytes(label).decode("latin-1")
    except (StopIteration, zlib.error, struct.error, ValueError):
        raise damaged from None
    if bits & 0xFF not in _CLASSES or bits & 0x0800:  # complex numbers are no pixels
        return None
    dtype = np.dtype(_CLASSES[bits & 0xFF])
    place = f"{printable(name)[:80]} in {entry.place}"
    check_shape(shape, dtype.itemsize, MOST_BYTES, place)

    def load(report: Report) -> AnyArray:
        try:
            return _numbers(variable, shape, dtype, report)
        except (StopIteration, zlib.error, struct.error, ValueError, TypeError):
            raise DataError(f"{place} is damaged: {TRY_AGAIN}") from None

    return Stored(entry.name, name, place, shape, dtype, load, columns_first=True)


def _numbers(variable: _Variable, shape: tuple[int, ...], dtype: np.dtype[Any], report: Report) -> AnyArray:
    elements = _elements(variable.content(report), variable.order)
    for _ in range(3):
        next(elements)
    kind, data = next(elements)
    kept = np.dtype(_TYPES.get(kind, "V")).newbyteorder(variable.order)  # type: ignore[arg-type]
    if kept.kind == "V":
        raise ValueError(f"numbers of type {kind}")
    flat = np.frombuffer(data, kept)
    if dtype.kind in "iu" and kept.itemsize > dtype.itemsize:
        raise ValueError("numbers wider than their class")
    return flat.reshape(shape, order="F")


def _elements(content: bytes | memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Type and data of each element within a variable; small ones lie in their tag."""
    at, view = 0, memoryview(content)
    while at + 8 <= len(content):
        kind, size = struct.unpack_from(order + "II", content, at)
        if kind >> 16:  # two halves of one word: the size, and the type
            size, kind, start, after = kind >> 16, kind & 0xFFFF, at + 4, at + 8
            if size > 4:
                raise ValueError("a small element of more than four bytes")
        else:
            start, after = at + 8, at + 8 + size + (-size % 8)
        yield kind, view[start : start + size]
        at = after

"""Reading of IDX files, plain or gzipped: the format of MNIST and datasets like it.

Source of the format: http://yann.lecun.com/exdb/mnist/ (two zero bytes, a type code, the number of dimensions, each
dimension as a big-endian 32-bit count, then the numbers). The header is not trusted: it only limits how many bytes are
unpacked, and memory is allocated for bytes that are in the file.
"""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
import numpy.typing as npt

from core.foundation.reading import DataError, Report, no_report
from core.readers.data_file import MOST_BYTES, DataFile
from core.readers.gzipped import first_unpacked
from core.readers.stored import AnyArray, Stored, named_kind

Content = bytes | bytearray
TRY_AGAIN = "download it again"
_CHUNK = 1 << 18
_GZIP = b"\x1f\x8b"
_TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_SHAPES = {1: "labels (1 dimension)", 3: "grey images (3 dimensions)", 4: "colour images (4 dimensions)"}
LABELS = (1,)
IMAGES = (3, 4)
"""Numbers of dimensions that a file of labels and one of images may have."""


def is_idx(head: bytes) -> bool:
    """Whether a file, gzipped or not, begins as an IDX file does."""
    start = first_unpacked(head) if head.startswith(_GZIP) else head
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in _TYPES and 0 < start[3] <= 8


def stored_idx(entry: DataFile) -> Stored:
    """The labels or images of an IDX file, by its header. Raises `DataError`.

    EMNIST is published with rows and columns exchanged; its images are set upright.
    """
    head = entry.head()
    dimensions = {"images": IMAGES, "labels": LABELS, "": LABELS + IMAGES}[named_kind(entry.name)]
    shape = _shape(first_unpacked(head) if head.startswith(_GZIP) else head, entry.place, dimensions, TRY_AGAIN)

    def load(report: Report) -> AnyArray:
        content = entry.read(lambda share: report(0.5 * share))
        numbers = parse_idx(content, entry.place, dimensions, report=lambda share: report(0.5 + 0.5 * share))
        return numbers.swapaxes(1, 2) if is_turned else numbers

    is_turned = len(shape) == 3 and "emnist" in entry.name.lower()
    key = "labels" if len(shape) == 1 else "images"
    return Stored(entry.name, key, entry.place, shape, np.dtype(np.uint8), load)


def parse_idx(
    packed: Content,
    name: str,
    dimensions: tuple[int, ...],
    way_out: str = TRY_AGAIN,
    report: Report = no_report,
) -> npt.NDArray[np.uint8]:
    """The numbers in the content of an IDX file, gzipped or not. Errors begin with ``name`` and end with ``way_out``.

    Raises `DataError` if it is no IDX file, truncated, damaged or too large, or has another type or dimension.
    """
    is_gzip = packed.startswith(_GZIP)
    longest = 4 + 4 * max(dimensions)
    head = _unzip(packed, name, longest, way_out, no_report, to_end=False) if is_gzip else packed
    shape = _shape(bytes(head[:longest]), name, dimensions, way_out)
    start = 4 + 4 * len(shape)
    size = start + math.prod(shape)
    if _is_swapped(packed, shape):
        raise DataError(f"{name} counts its images in little-endian bytes: IDX counts are big-endian, write them so")
    if size > MOST_BYTES:
        raise DataError(f"{name} claims to hold {size:,} bytes, more than the {MOST_BYTES:,} that are read: {way_out}")
    content = _unzip(packed, name, size, way_out, report) if is_gzip else packed
    if len(content) < size:
        raise DataError(f"{name} is truncated ({len(content):,} of {size:,} bytes): {way_out}")
    if len(content) > size:
        raise DataError(f"{name} goes on after its {size:,} bytes, so its header is wrong: {way_out}")
    report(1.0)
    numbers = np.frombuffer(content, np.uint8, offset=start).reshape(shape)
    return numbers if numbers.flags.writeable else numbers.copy()


def _is_swapped(packed: Content, shape: tuple[int, ...]) -> bool:
    """Whether the counts of a header fit the content only when read in the other order of bytes."""
    swapped = struct.unpack(f"<{len(shape)}I", struct.pack(f">{len(shape)}I", *shape))
    start = 4 + 4 * len(shape)
    sizes = start + math.prod(shape), start + math.prod(swapped)
    if packed.startswith(_GZIP):  # its last four bytes say how much it unpacks to
        length = int.from_bytes(packed[-4:], "little")
    else:
        length = len(packed)
    return bool(sizes[1] == length != sizes[0])


def _shape(head: bytes, name: str, dimensions: tuple[int, ...], way_out: str) -> tuple[int, ...]:
    """The shape that the header claims."""
    if not head:
        raise DataError(f"{name} is empty: {way_out}")
    if len(head) >= 4 and head[2:4] == b"\0\0" and head[1] in _TYPES and head[0] in _SHAPES:
        raise DataError(f"{name} has a little-endian header: IDX headers are big-endian, write it so")
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or head[3] == 0:
        raise DataError(f"{name} is not an IDX file (it starts with {head[:4]!r}): choose one as it was published")
    if head[2] != 0x08:
        raise DataError(f"{name} holds {_TYPES[head[2]]} numbers, only uint8 is read: convert it to bytes, 0 to 255")
    if head[3] not in dimensions:
        actual = _SHAPES.get(head[3], f"{head[3]} dimensions")
        expected = " or ".join(_SHAPES.get(each, f"{each} dimensions") for each in dimensions)
        raise DataError(f"{name} holds {actual} where {expected} belong: check that the files are not swapped")
    if len(head) < 4 + 4 * head[3]:
        raise DataError(f"{name} is truncated in its header: {way_out}")
    return struct.unpack(f">{head[3]}I", head[4 : 4 + 4 * head[3]])


def _unzip(packed: Content, name: str, size: int, way_out: str, report: Report, to_end: bool = True) -> bytearray:
    """Up to ``size`` + 1 bytes of content, in small portions. ``to_end``: read all of it and verify the checksums."""
    content = bytearray()
    member = zlib.decompressobj(wbits=31)  # 31: gzip with its header and checksum
    done = 0
    try:
        while done < len(packed) and len(content) <= size:
            portion = packed[done : done + _CHUNK]
            if member.eof:  # another member, or zero padding after the last one
                if packed[done] == 0 and packed.count(0, done) == len(packed) - done:
                    break
                member = zlib.decompressobj(wbits=31)
            content += member.decompress(portion, size + 1 - len(content))
            done += len(portion) - len(member.unused_data) - len(member.unconsumed_tail)
            if not to_end and len(content) >= size:
                return content
            report(min(1.0, done / len(packed)))
    except zlib.error:
        raise DataError(f"{name} is a damaged gzip file: {way_out}") from None
    if to_end and not member.eof and len(content) <= size:
        raise DataError(f"{name} is a truncated gzip file: {way_out}")
    return content

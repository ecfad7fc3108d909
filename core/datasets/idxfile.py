"""Reading of IDX files, plain or gzipped: the format of MNIST and datasets like it.

Source of the format: http://yann.lecun.com/exdb/mnist/ (two zero bytes, a type code, the number of dimensions, each
dimension as a big-endian 32-bit count, then the numbers). The header is not trusted: it only limits how many bytes are
unpacked, and memory is allocated for bytes that are in the file.
"""

from __future__ import annotations

import math
import os
import stat
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.datasets.base import DataError, Report, no_report

MOST_BYTES = 1 << 30
"""Largest file that is read, packed or unpacked, bytes. EMNIST, the largest known, has 0.55e9."""

TRY_AGAIN = "download it again"
_CHUNK = 1 << 18
_GZIP = b"\x1f\x8b"
_TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_SHAPES = {1: "labels (1 dimension)", 3: "grey images (3 dimensions)"}


def read_idx(path: Path, dimensions: int, report: Report = no_report) -> npt.NDArray[np.uint8]:
    """The numbers of an IDX file, uint8, writable: (N, H, W) for ``dimensions`` 3, (N,) for 1.

    Raises `DataError` if it is missing, not a regular file, too large, or refused by `parse_idx`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is not a regular file: choose a folder of IDX files")
        if status.st_size > MOST_BYTES:
            raise DataError(f"{path} is too large ({status.st_size:,} bytes): at most {MOST_BYTES:,} are read")
        with open(path, "rb", opener=_open_without_waiting) as file:
            packed = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: choose another file") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the disk and the permissions") from None
    return parse_idx(packed, str(path), dimensions, report=report)


def parse_idx(
    packed: bytes, name: str, dimensions: int, way_out: str = TRY_AGAIN, report: Report = no_report
) -> npt.NDArray[np.uint8]:
    """The numbers in the content of an IDX file, gzipped or not. Errors begin with ``name`` and end with ``way_out``.

    Raises `DataError` if it is no IDX file, truncated, damaged or too large, or has another type or dimension.
    """
    is_gzip = packed.startswith(_GZIP)
    start = 4 + 4 * dimensions
    head = _unzip(packed, name, start, way_out, no_report, to_end=False) if is_gzip else packed
    shape = _shape(bytes(head[:start]), name, dimensions, way_out)
    size = start + math.prod(shape)
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


def _open_without_waiting(path: str, flags: int) -> int:
    """A file opener that does not block on a pipe in the place of the file."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _shape(head: bytes, name: str, dimensions: int, way_out: str) -> tuple[int, ...]:
    """The shape that the header claims."""
    if not head:
        raise DataError(f"{name} is empty: {way_out}")
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or head[3] == 0:
        raise DataError(f"{name} is not an IDX file (it starts with {head[:4]!r}): choose one as it was published")
    if head[2] != 0x08:
        raise DataError(f"{name} holds {_TYPES[head[2]]} numbers, only uint8 is read: convert it to bytes, 0 to 255")
    if head[3] != dimensions:
        actual = _SHAPES.get(head[3], f"{head[3]} dimensions")
        expected = _SHAPES.get(dimensions, f"{dimensions} dimensions")
        raise DataError(f"{name} holds {actual} where {expected} belong: check that the files are not swapped")
    if len(head) < 4 + 4 * dimensions:
        raise DataError(f"{name} is truncated in its header: {way_out}")
    return struct.unpack(f">{dimensions}I", head[4:])


def _unzip(packed: bytes, name: str, size: int, way_out: str, report: Report, to_end: bool = True) -> bytearray:
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

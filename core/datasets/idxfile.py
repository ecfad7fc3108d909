"""One IDX file, plain or gzipped, as an array: the format of MNIST and its cousins.

Source of the format: http://yann.lecun.com/exdb/mnist/ (two zero bytes, a type code, the number of dimensions,
each dimension as a big-endian 32-bit count, then the numbers). The header is never trusted: it says at most how many
bytes are unpacked, and memory is taken only for bytes that were really there.
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

from core.datasets.base import DataError, Report, silent

MOST_BYTES = 1 << 30
"""The most a file may hold, packed or unpacked. EMNIST, the largest we know of, holds 0.55e9."""

TRY_AGAIN = "download it again"
_CHUNK = 1 << 18
_GZIP = b"\x1f\x8b"
_TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_SHAPES = {1: "labels (1 dimension)", 3: "grey images (3 dimensions)"}


def read_idx(path: Path, dimensions: int, report: Report = silent) -> npt.NDArray[np.uint8]:
    """The numbers of one IDX file, uint8, writable; (N, H, W) for ``dimensions`` 3, (N,) for 1.

    Raises `DataError`: missing, not a regular file, too large, or anything that `parse_idx` refuses.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is not a regular file: choose a folder of IDX files")
        if status.st_size > MOST_BYTES:
            raise DataError(f"{path} is too large ({status.st_size:,} bytes): at most {MOST_BYTES:,} are read")
        with open(path, "rb", opener=_patient) as file:
            packed = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: choose another file") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the disk and the permissions") from None
    return parse_idx(packed, str(path), dimensions, report=report)


def parse_idx(
    packed: bytes, name: str, dimensions: int, way_out: str = TRY_AGAIN, report: Report = silent
) -> npt.NDArray[np.uint8]:
    """The numbers in the content of one IDX file, gzipped or not; ``name`` and ``way_out`` are for the error.

    Raises `DataError` for what is no IDX file, truncated, damaged, too large, or holds other numbers than asked for.
    """
    zipped = packed.startswith(_GZIP)
    head = _unzip(packed, name, 4 + 4 * dimensions, way_out, silent, whole=False) if zipped else packed
    shape = _shape(bytes(head[: 4 + 4 * dimensions]), name, dimensions, way_out)
    start = 4 + 4 * dimensions
    size = start + math.prod(shape)
    if size > MOST_BYTES:
        raise DataError(f"{name} claims to hold {size:,} bytes, more than the {MOST_BYTES:,} that are read: {way_out}")
    content = _unzip(packed, name, size, way_out, report) if zipped else packed
    if len(content) < size:
        raise DataError(f"{name} is truncated ({len(content):,} of {size:,} bytes): {way_out}")
    if len(content) > size:
        raise DataError(f"{name} goes on after its {size:,} bytes, so its header is wrong: {way_out}")
    report(1.0)
    numbers = np.frombuffer(content, np.uint8, offset=start).reshape(shape)
    return numbers if numbers.flags.writeable else numbers.copy()


def _patient(path: str, flags: int) -> int:
    """Open without waiting: a pipe put in the place of the file must not hang us."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _shape(head: bytes, name: str, dimensions: int, way_out: str) -> tuple[int, ...]:
    """The dimensions that the header claims."""
    if not head:
        raise DataError(f"{name} is empty: {way_out}")
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or head[3] == 0:
        raise DataError(f"{name} is not an IDX file (it starts with {head[:4]!r}): choose one as it was published")
    if head[2] != 0x08:
        raise DataError(f"{name} holds {_TYPES[head[2]]} numbers, only uint8 is read: convert it to bytes, 0 to 255")
    if head[3] != dimensions:
        found = _SHAPES.get(head[3], f"{head[3]} dimensions")
        wanted = _SHAPES.get(dimensions, f"{dimensions} dimensions")
        raise DataError(f"{name} holds {found} where {wanted} belong: check that the files are not swapped")
    if len(head) < 4 + 4 * dimensions:
        raise DataError(f"{name} is truncated in its header: {way_out}")
    return struct.unpack(f">{dimensions}I", head[4:])


def _unzip(packed: bytes, name: str, size: int, way_out: str, report: Report, whole: bool = True) -> bytearray:
    """Up to ``size`` + 1 bytes of content, in small portions; ``whole``: to the end, with the checksums verified."""
    content = bytearray()
    member = zlib.decompressobj(wbits=31)  # 31: gzip with its header and checksum
    done = 0
    try:
        while done < len(packed) and len(content) <= size:
            portion = packed[done : done + _CHUNK]
            if member.eof:  # another member, or the zeros that tapes put behind the last one
                if packed[done] == 0 and packed.count(0, done) == len(packed) - done:
                    break
                member = zlib.decompressobj(wbits=31)
            content += member.decompress(portion, size + 1 - len(content))
            done += len(portion) - len(member.unused_data) - len(member.unconsumed_tail)
            if not whole and len(content) >= size:
                return content
            report(min(1.0, done / len(packed)))
    except zlib.error:
        raise DataError(f"{name} is a damaged gzip file: {way_out}") from None
    if whole and not member.eof and len(content) <= size:
        raise DataError(f"{name} is a truncated gzip file: {way_out}")
    return content

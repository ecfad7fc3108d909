"""Memory that processes share, without a name: nothing of it stays when they end, however they do.

On Linux it is a memfd, elsewhere a temporary file that is unlinked at once. Another process gets its descriptor, when
it is started or over a Unix socket.
"""

from __future__ import annotations

import mmap
import os
import socket
import sys
import tempfile
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

if sys.platform != "win32":
    import fcntl

NAME = "latent-playground"
"""What the memory is called in lists of mappings; a temporary file has it for the moment that it has a name."""
ALIGNMENT = 64
"""Arrays begin at multiples of it, bytes."""
IS_POSSIBLE = hasattr(os, "pwrite") and hasattr(socket, "send_fds")
"""Whether this system has what is needed; Windows has not."""
HAS_SEALS = hasattr(os, "memfd_create")
"""Whether memory can be sealed, so that nobody changes it or makes it shorter."""
WRITTEN_AT_ONCE = 1 << 30
"""Linux writes at most 2 GB at once."""


def anonymous_file() -> int:
    """The descriptor of an empty file without a name, which lies in memory where the system has that. OSError."""
    if not IS_POSSIBLE:
        raise OSError("no memory can be shared on this system")
    if HAS_SEALS:
        return os.memfd_create(NAME, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    descriptor, path = tempfile.mkstemp(prefix=NAME)
    os.unlink(path)
    return descriptor


def aligned(size: int) -> int:
    """The next multiple of `ALIGNMENT`."""
    return -(-size // ALIGNMENT) * ALIGNMENT


class SharedMemory(mmap.mmap):
    """Content that never changes, mapped here and wherever else its ``descriptor`` is mapped.

    Whoever writes to it changes a copy of the page, for itself alone. Arrays over it keep it.
    """

    descriptor: int
    address: int

    def __new__(cls, descriptor: int) -> SharedMemory:
        """Map a file, which is ours from now on. ValueError where it may still change or is empty; OSError."""
        try:
            if HAS_SEALS and not _is_sealed(descriptor):
                raise ValueError("shared memory could still change")
            made = super().__new__(cls, descriptor, 0, access=mmap.ACCESS_COPY)
        except BaseException:
            os.close(descriptor)
            raise
        weakref.finalize(made, os.close, descriptor)
        made.descriptor = descriptor
        made.address = np.frombuffer(made, np.uint8).ctypes.data
        _LIVING.add(made)
        return made

    def place_of(self, content: memoryview) -> int | None:
        """Where some contiguous bytes begin in this memory; None where they do not lie in it."""
        at = np.frombuffer(content, np.uint8).ctypes.data - self.address
        return at if 0 <= at <= len(self) - content.nbytes else None


_LIVING: weakref.WeakSet[SharedMemory] = weakref.WeakSet()


def memory_of(content: memoryview) -> tuple[SharedMemory, int] | None:
    """The shared memory of this process in which some contiguous bytes lie, and where; None where they do not."""
    for memory in tuple(_LIVING):
        if (at := memory.place_of(content)) is not None:
            return memory, at
    return None


def shared(arrays: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """The same arrays, contiguous, in one shared memory. OSError where there is none of their size."""
    descriptor = anonymous_file()
    try:
        places: list[int] = []
        end = 0
        for array in arrays:
            places.append(aligned(end))
            end = _write(descriptor, array, places[-1])
        os.ftruncate(descriptor, max(1, end))  # an empty array at the end was not written
        if HAS_SEALS:
            seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
            fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(descriptor)
        raise
    memory = SharedMemory(descriptor)
    return [
        np.frombuffer(memory, array.dtype, array.size, place).reshape(array.shape)
        for array, place in zip(arrays, places, strict=True)
    ]


def _write(descriptor: int, array: npt.NDArray[Any], place: int) -> int:
    """Write an array to a place; the place after it."""
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    while len(content):
        count = os.pwrite(descriptor, content[:WRITTEN_AT_ONCE], place)
        content, place = content[count:], place + count
    return place


def fixed_file(size: int) -> int:
    """The descriptor of a file in memory, zeros, whose size cannot change. OSError, also where there are no seals."""
    if not HAS_SEALS:
        raise OSError("no file keeps its size on this system")
    descriptor = anonymous_file()
    try:
        os.ftruncate(descriptor, size)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def fixed_content(descriptor: int, writable: bool) -> npt.NDArray[np.uint8]:
    """The bytes of a `fixed_file`, mapped; others may change them. ValueError where its size can change; OSError."""
    if not _keeps_size(descriptor):
        raise ValueError("the size of shared memory can change")
    return np.frombuffer(mmap.mmap(descriptor, 0, access=mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ), np.uint8)


def _keeps_size(descriptor: int) -> bool:
    """Whether no page can go from under a mapping, which would end this process."""
    return HAS_SEALS and _seals(descriptor) & fcntl.F_SEAL_SHRINK != 0


def _is_sealed(descriptor: int) -> bool:
    """Whether nothing about it can change."""
    return _keeps_size(descriptor) and _seals(descriptor) & fcntl.F_SEAL_WRITE != 0


def _seals(descriptor: int) -> int:
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
    except OSError:  # a file of a kind that has none
        return 0

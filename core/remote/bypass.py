"""Large arrays of a link within one machine go through shared memory, beside the stream.

Each side has one end of a Unix socket, over which descriptors and receipts travel. An array takes one of two ways, and
goes inline where neither is open:

* One that lies in `SharedMemory` already (a data set) is not copied at all: the other side maps the same memory.
* Any other is copied to the ring of its side, where there are files in memory. The other side copies it out and says
  so; then its place is free again.

The memory belongs to the processes that have it open, and goes with the last of them.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.foundation.shared_memory import ALIGNMENT, SharedMemory, aligned, fixed_content, fixed_file, memory_of

AT_LEAST = 1 << 16
"""Smallest array that goes this way, bytes: smaller ones gain nothing."""
RING = 32 << 20
"""Size of a ring, bytes. Only as much of it takes memory as was full at once."""
MOST_WAITING = 64
"""Most memories that are handed over and wait for the message that names them."""
_RECORD = struct.Struct(">BQ")
_RECEIPT = 0
"""Kind of a record: so many arrays have been copied out of your ring since the start."""
_RING = 1
"""Here is my ring."""
_MEMORY = 2
"""Here is a memory, under this number."""

Place = int | tuple[int, int] | None
"""Where an array begins: in the ring, in a memory of a number, or None where it goes inline."""


class Bypass:
    """One side. ``end`` is its end of the socket. `put` is called by one thread at a time, and `take` by one."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._lock = threading.Lock()  # of what records change: both `put` and `take` read them
        self._ring: _Ring | None = None
        self._their_ring: npt.NDArray[np.uint8] | None = None
        self._copied = 0  # arrays out of their ring
        self._handed = 0  # memories of ours
        self._memories: dict[int, int] = {}  # descriptors of theirs by number
        self._trouble = ""

    def close(self) -> None:
        """Let go of everything but the memory of arrays that are in use."""
        with self._lock:
            self._end.close()
            self._trouble = "The link was closed."
            self._ring, self._their_ring = None, None
            while self._memories:
                os.close(self._memories.popitem()[1])

    # --- arrays that go ---------------------------------------------------------------------------------------------

    def put(self, arrays: Sequence[memoryview]) -> tuple[Place, ...]:
        """Where the arrays of the next message are; those at None must go inline. Empty where all must."""
        if all(array.nbytes < AT_LEAST for array in arrays):
            return ()
        with self._lock:
            self._listen()
            handed: dict[SharedMemory, int] = {}
            places = tuple(self._put(array, handed) if array.nbytes >= AT_LEAST else None for array in arrays)
        return () if all(place is None for place in places) else places

    def _put(self, array: memoryview, handed: dict[SharedMemory, int]) -> Place:
        """Where an array is; ``handed`` are the numbers of the memories of this message."""
        if self._trouble:  # `take` says it
            return None
        try:
            memory, place = memory_of(array) or (None, 0)
            if memory is not None and place % ALIGNMENT == 0:
                if memory not in handed:
                    self._tell(_MEMORY, self._handed + 1, memory.descriptor)
                    self._handed = handed[memory] = self._handed + 1
                return handed[memory], place
            if self._ring is None:
                self._ring = self._new_ring()
            return self._ring.write(array)
        except OSError:  # memory or descriptors are used up, or the socket is full or closed
            return None

    def _new_ring(self) -> _Ring:
        descriptor = fixed_file(RING)
        try:
            ring = _Ring(fixed_content(descriptor, writable=True))
            self._tell(_RING, 0, descriptor)
            return ring
        finally:
            os.close(descriptor)

    def _tell(self, kind: int, number: int, *descriptors: int) -> None:
        socket.send_fds(self._end, [_RECORD.pack(kind, number)], descriptors)

    # --- arrays that come -------------------------------------------------------------------------------------------

    def take(self, places: Sequence[Place], sizes: Sequence[int]) -> list[memoryview | None]:
        """The arrays of a message that are not inline, in memory of their own, writable, or mapped.

        ValueError, with a sentence, where they cannot be there; nothing can be taken after it.
        """
        with self._lock:
            self._listen()
            if self._trouble:
                raise ValueError(self._trouble)
            from_ring = [size for place, size in zip(places, sizes, strict=True) if isinstance(place, int)]
            if sum(from_ring) > RING:
                raise ValueError("A message names more of a ring than it holds.")
            mapped: dict[int, SharedMemory] = {}
            taken = [self._taken(place, size, mapped) for place, size in zip(places, sizes, strict=True)]
            if from_ring:
                self._receipt()
            return taken

    def _taken(self, place: Place, size: int, mapped: dict[int, SharedMemory]) -> memoryview | None:
        match place:
            case None:
                return None
            case int():
                return self._copy(place, size)
            case (number, at):
                if number not in mapped:
                    mapped[number] = self._map(number)
                if at % ALIGNMENT or at + size > len(mapped[number]):
                    raise ValueError("A message names a place outside of shared memory.")
                return memoryview(mapped[number])[at : at + size]

    def _copy(self, place: int, size: int) -> memoryview:
        """Bytes of their ring, which may change there as soon as we say that they are copied."""
        if self._their_ring is None or place + size > len(self._their_ring):
            raise ValueError("A message names a place outside of shared memory.")
        self._copied += 1
        return self._their_ring[place : place + size].copy().data

    def _map(self, number: int) -> SharedMemory:
        descriptor = self._memories.pop(number, None)
        if descriptor is None:
            raise ValueError(f"A message names shared memory {number}, which was not handed over.")
        try:
            return SharedMemory(descriptor)
        except (OSError, ValueError) as error:
            raise ValueError(f"Memory that was handed over cannot be mapped: {error}.") from error

    def _receipt(self) -> None:
        try:
            self._tell(_RECEIPT, self._copied)
        except OSError:  # the next receipt says it too; or nobody is there
            return

    # --- records ----------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Take in all records that have come."""
        while not self._trouble:
            try:
                record, descriptors, _, _ = socket.recv_fds(self._end, _RECORD.size, 1)
            except OSError:  # none is there, or nobody
                return
            if not record:
                return
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)
            try:
                self._obey(record, descriptors)
            except (OSError, ValueError) as error:
                self._trouble = f"A record about shared memory cannot be: {error}."

    def _obey(self, record: bytes, descriptors: list[int]) -> None:
        """Take in a record; its descriptors are ours from now on. ValueError or OSError where it cannot be."""
        with contextlib.ExitStack() as unused:
            for descriptor in descriptors:
                unused.callback(os.close, descriptor)
            if len(record) != _RECORD.size:
                raise ValueError("it is cut")
            kind, number = _RECORD.unpack(record)
            if len(descriptors) != (0 if kind == _RECEIPT else 1):
                raise ValueError("it comes with other descriptors than it says")
            if kind == _RECEIPT and self._ring is not None:
                self._ring.release(number)
            elif kind == _RING and self._their_ring is None:
                self._their_ring = fixed_content(descriptors[0], writable=False)
            elif kind == _MEMORY and number not in self._memories and len(self._memories) < MOST_WAITING:
                self._memories[number] = descriptors[0]
                unused.pop_all()
            else:
                raise ValueError("there is no place for it")


class _Ring:
    """Places for arrays in shared ``content``, taken and given back in the same order."""

    def __init__(self, content: npt.NDArray[np.uint8]) -> None:
        self._content = content
        self._taken: deque[tuple[int, int]] = deque()  # begin and end
        self._released = 0

    def write(self, array: memoryview) -> int | None:
        """Write an array, and take its place; None where there is no room for it."""
        place = self._free(array.nbytes)
        if place is None:
            return None
        self._content[place : place + array.nbytes] = np.frombuffer(array, np.uint8)
        self._taken.append((place, place + aligned(array.nbytes)))
        return place

    def _free(self, size: int) -> int | None:
        length = len(self._content)
        if not self._taken:
            return 0 if size <= length else None  # always the same pages while one array is on its way at a time
        begin, end = self._taken[0][0], self._taken[-1][1]
        if begin < end:
            return end if end + size <= length else 0 if size < begin else None
        return end if end + size < begin else None

    def release(self, count: int) -> None:
        """Give back the oldest places, so that ``count`` were given back in all. ValueError where that cannot be."""
        if not self._released <= count <= self._released + len(self._taken):
            raise ValueError(f"it gives back {count} places")
        while self._released < count:
            self._taken.popleft()
            self._released += 1

"""Large arrays of a link within one machine go through shared memory, beside the stream.

Each side has one end of a Unix socket, over which descriptors and receipts travel. An array takes one of two ways, and
goes inline where neither is open:

* One that lies in `SharedMemory` already (a data set) is not copied at all: the other side maps the same memory.
* Any other is written to the ring of its side, a file without a name. The other side copies it out and says so; then
  its place is free again.

The memory belongs to the processes that have it open, and goes with the last of them.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence

import numpy as np

from core.foundation.shared_memory import ALIGNMENT, SharedMemory, aligned, anonymous_file, memory_of

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
"""Here is my ring, of so many bytes."""
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
        self._their_ring: int | None = None  # a descriptor
        self._copied = 0  # arrays out of their ring
        self._handed = 0  # memories of ours
        self._memories: dict[int, int] = {}  # descriptors of theirs by number
        self._trouble = ""

    def close(self) -> None:
        """Let go of everything but the memory of arrays that are in use."""
        with self._lock:
            self._end.close()
            self._trouble = "The link was closed."
            ours = [] if self._ring is None else [self._ring.descriptor]
            theirs = [] if self._their_ring is None else [self._their_ring]
            for descriptor in (*ours, *theirs, *self._memories.values()):
                os.close(descriptor)
            self._ring, self._their_ring = None, None
            self._memories.clear()

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
            if (found := memory_of(array)) is not None:
                memory, place = found
                if memory not in handed:
                    self._tell(_MEMORY, self._handed + 1, memory.descriptor)
                    self._handed = handed[memory] = self._handed + 1
                return handed[memory], place
            if self._ring is None:
                ring = _Ring()
                self._tell(_RING, RING, ring.descriptor)
                self._ring = ring
            return self._ring.write(array)
        except OSError:  # memory or descriptors are used up, or the socket is full or closed
            return None

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
            mapped: dict[int, SharedMemory] = {}
            taken = [self._taken(place, size, mapped) for place, size in zip(places, sizes, strict=True)]
            if any(isinstance(place, int) for place in places):
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
        """Bytes of their ring. Read as a file is, so that a ring that shrinks is an error and not the end of us."""
        if self._their_ring is None or place + size > RING:
            raise ValueError("A message names a place outside of shared memory.")
        content = np.empty(size, np.uint8).data
        count = os.preadv(self._their_ring, [content], place) if size else 0
        if count != size:
            raise ValueError("Shared memory is shorter than a message says.")
        self._copied += 1
        return content

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
            self._trouble = self._trouble_with(record, descriptors)
            if self._trouble:
                for descriptor in descriptors:
                    os.close(descriptor)

    def _trouble_with(self, record: bytes, descriptors: list[int]) -> str:
        """Take in a record; why that cannot be, or ""."""
        kind, number = _RECORD.unpack(record) if len(record) == _RECORD.size else (-1, 0)
        if len(descriptors) != (1 if kind in (_RING, _MEMORY) else 0):
            return "A record about shared memory cannot be read."
        if kind == _RECEIPT and self._ring is not None and self._ring.release(number):
            return ""
        if kind == _RING and number == RING and self._their_ring is None:
            self._their_ring = descriptors[0]
            return ""
        if kind == _MEMORY and number not in self._memories and len(self._memories) < MOST_WAITING:
            self._memories[number] = descriptors[0]
            return ""
        return "A record about shared memory says what cannot be."


class _Ring:
    """Places for arrays in a file, taken and given back in the same order."""

    def __init__(self) -> None:
        self.descriptor = anonymous_file()
        os.ftruncate(self.descriptor, RING)
        self._taken: deque[tuple[int, int]] = deque()  # begin and end
        self._released = 0

    def write(self, array: memoryview) -> int | None:
        """Write an array, and take its place; None where there is no room for it. OSError."""
        place = self._free(array.nbytes)
        if place is None or os.pwrite(self.descriptor, array, place) != array.nbytes:
            return None
        self._taken.append((place, place + aligned(array.nbytes)))
        return place

    def _free(self, size: int) -> int | None:
        if not self._taken:
            return 0 if size <= RING else None  # always the same pages while one array is on its way at a time
        begin, end = self._taken[0][0], self._taken[-1][1]
        if begin < end:
            return end if end + size <= RING else 0 if size < begin else None
        return end if end + size < begin else None

    def release(self, count: int) -> bool:
        """Give back the oldest places, so that ``count`` were given back in all; whether that can be."""
        if not self._released <= count <= self._released + len(self._taken):
            return False
        while self._released < count:
            self._taken.popleft()
            self._released += 1
        return True

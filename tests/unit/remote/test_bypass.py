"""Large arrays beside the stream: equal, never more than there is room for, and never from outside of the memory."""

from __future__ import annotations

import io
import os
import socket
import struct
from collections.abc import Iterator
from typing import Any

import msgpack
import numpy as np
import pytest

from core.foundation import shared_memory
from core.foundation.shared_memory import fixed_file, memory_of, shared
from core.remote import bypass
from core.remote.bypass import AT_LEAST, MOST_WAITING, Bypass
from core.remote.wire import Frame, Wire, WireError

pytestmark = pytest.mark.skipif(not shared_memory.HAS_SEALS, reason="no memory can be shared on this system")
LARGE = np.arange(AT_LEAST, dtype=np.uint8)


class Side:
    """A wire with a bypass, and what it wrote to its stream."""

    def __init__(self, end: socket.socket) -> None:
        self.bypass = Bypass(end)
        self.stream = io.BytesIO()
        self._wire = Wire(io.BytesIO(), self.stream, None, self.bypass)

    def write(self, *arrays: np.ndarray) -> int:
        """Write a message; the bytes that it took of the stream."""
        before = self.stream.tell()
        self._wire.write(Frame(None, tuple(array.reshape(-1).view(np.uint8).data for array in arrays)))
        return self.stream.tell() - before

    def read(self, other: Side) -> list[np.ndarray]:
        """The arrays of all that the other side has written, as bytes."""
        wire = Wire(io.BytesIO(other.stream.getvalue()), io.BytesIO(), None, self.bypass)
        arrays: list[np.ndarray] = []
        while frame := wire.read():
            arrays += (np.frombuffer(array, np.uint8) for array in frame.arrays)
        return arrays


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    ends = socket.socketpair()
    both = Side(ends[0]), Side(ends[1])
    yield both
    for side in both:
        side.bypass.close()


def test_arrays_come_over_whatever_their_way(sides: tuple[Side, Side]) -> None:
    one, other = sides
    small, mapped = np.arange(9, dtype=np.uint8), shared([np.zeros(40, np.uint8), LARGE + 1, LARGE.repeat(2)])
    mapped[2] = mapped[2][1:]  # begins where no array does
    for writer, reader in ((one, other), (other, one)):
        assert writer.write(small, LARGE, *mapped, LARGE[::-1].copy()) < 1_000
        came = reader.read(writer)
        for expected, array in zip((small, LARGE, *mapped, LARGE[::-1]), came, strict=True):
            assert np.array_equal(expected, array)
            assert array.flags.writeable  # in memory of its own, or of which it has its own copy when it writes
        came[3][:] = 0
        assert np.array_equal(mapped[1], LARGE + 1)


def test_what_is_shared_already_is_not_copied(sides: tuple[Side, Side]) -> None:
    moved = shared([LARGE, LARGE])
    sides[0].write(*moved)
    came = sides[1].read(sides[0])
    found = [memory_of(array.data) for array in (*moved, *came)]
    ours, _, theirs, also_theirs = (each[0] for each in found if each is not None)
    assert theirs is also_theirs
    assert theirs is not ours
    assert os.path.sameopenfile(theirs.descriptor, ours.descriptor)


def test_a_ring_that_is_full_is_passed_by_until_there_is_room(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = sides
    monkeypatch.setattr(bypass, "RING", 3 * AT_LEAST + 100)
    arrays = [LARGE + number for number in range(7)]
    ways = [one.write(array) > AT_LEAST for array in arrays[:4]]
    assert ways == [False, False, False, True]  # True: inline
    assert all(map(np.array_equal, other.read(one), arrays[:4]))
    one.stream = io.BytesIO()
    one._wire = Wire(io.BytesIO(), one.stream, None, one.bypass)
    ways = [one.write(array) > AT_LEAST for array in (arrays[4], LARGE.repeat(4), arrays[5], arrays[6])]
    assert ways == [False, True, False, False]
    came = other.read(one)
    for expected, array in zip((arrays[4], LARGE.repeat(4), *arrays[5:]), came, strict=True):
        assert np.array_equal(expected, array)


def test_places_are_given_back_in_turn() -> None:
    content = np.zeros(4 * AT_LEAST, np.uint8)
    ring = bypass._Ring(content)
    sizes = [1, 2, 1, 1, 1, 2, 1, 1, 2, 1, 1]
    written: list[tuple[int, int]] = []  # number and place of each that is there
    released = 0
    for number, size in enumerate(sizes):
        while (place := ring.write(np.full(size * AT_LEAST, number, np.uint8).data)) is None:
            released += 1
            then, at = written.pop(0)
            assert (content[at : at + sizes[then] * AT_LEAST] == then).all()
            ring.release(released)
        written.append((number, place))
    assert released > 5
    for count in (released - 1, released + len(written) + 1):
        with pytest.raises(ValueError, match=f"gives back {count} places"):
            ring.release(count)


def open_files() -> int:
    """Number of open files of this process."""
    return len(os.listdir("/dev/fd"))


def record(kind: int, number: int) -> bytes:
    return struct.pack(">BQ", kind, number)


def ring() -> int:
    return fixed_file(AT_LEAST)


def sealed() -> int:
    found = memory_of(shared([LARGE])[0].data)
    assert found is not None
    return os.dup(found[0].descriptor)


def sent(places: Any, arrays: int | None = None) -> bytes:
    """A message with one array for each place, or so many."""
    header = msgpack.packb(("", (AT_LEAST,) * (len(places) if arrays is None else arrays), None, places))
    return b"LATENTPG\0\1" + struct.pack(">I", len(header)) + header


@pytest.mark.parametrize(
    ("records", "message", "sentence"),
    [
        ([(b"abc", ring)], (0,), "it is cut"),
        ([(record(7, 1), ring)], (0,), "there is no place for it"),
        ([(record(1, 0), None)], (0,), "other descriptors"),
        ([(record(0, 0), ring)], (0,), "other descriptors"),
        ([(record(0, 0), None)], (0,), "there is no place for it"),
        ([(record(1, 0), ring)] * 2, (0,), "there is no place for it"),
        ([(record(1, 0), shared_memory.anonymous_file)], (0,), "size of shared memory can change"),
        ([(record(1, 0), lambda: os.open(__file__, os.O_RDONLY))], (0,), "size of shared memory can change"),
        ([(record(2, 1), sealed)] * 2, ((1, 0),), "there is no place for it"),
        ([(record(2, number), sealed) for number in range(MOST_WAITING + 1)], ((1, 0),), "there is no place for it"),
        ([], (0,), "outside of shared memory"),
        ([], ((1, 0),), "was not handed over"),
        ([(record(1, 0), ring)], (1,), "outside of shared memory"),
        ([(record(1, 0), ring)], ((1 << 64) - 1,), "outside of shared memory"),
        ([(record(1, 0), ring)], (0,) * (1 + bypass.RING // AT_LEAST), "more of a ring than it holds"),
        ([(record(2, 1), sealed)], ((1, 64),), "outside of shared memory"),
        ([(record(2, 1), sealed)], ((1, (1 << 64) - 64),), "outside of shared memory"),
        ([(record(2, 1), sealed)], ((1, 3),), "outside of shared memory"),
        ([(record(2, 1), sealed)], ((2, 0),), "was not handed over"),
        ([(record(2, 1), ring)], ((1, 0),), "cannot be mapped: shared memory could still change"),
        ([], ("0",), "without kind, sizes and body"),
        ([], (-1,), "without kind, sizes and body"),
        ([], (True,), "without kind, sizes and body"),
        ([], ((1, 2, 3),), "without kind, sizes and body"),
        ([], ((1, -64),), "without kind, sizes and body"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    sides: tuple[Side, Side], records: list[tuple[bytes, Any]], message: Any, sentence: str
) -> None:
    before = open_files()
    end = sides[0].bypass._end
    for content, file in records:
        descriptors = [] if file is None else [file()]
        socket.send_fds(end, [content], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
    reader = Wire(io.BytesIO(sent(message)), io.BytesIO(), None, sides[1].bypass)
    with pytest.raises(WireError, match=sentence):
        reader.read()
    sides[1].bypass.close()
    sides[0].bypass.close()
    assert open_files() == before - 2


def test_a_message_names_no_memory_where_there_is_none() -> None:
    with pytest.raises(WireError, match="where there is none"):
        Wire(io.BytesIO(sent((0,))), io.BytesIO()).read()


def test_places_and_sizes_are_as_many(sides: tuple[Side, Side]) -> None:
    with pytest.raises(WireError, match="where there is none"):
        Wire(io.BytesIO(sent((0, 0), 1)), io.BytesIO(), None, sides[1].bypass).read()


def test_arrays_go_inline_where_nobody_takes_memory(sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = sides

    def refuse(*_: Any) -> Any:
        raise OSError("no memory")

    monkeypatch.setattr(bypass, "fixed_file", refuse)
    assert one.write(LARGE) > AT_LEAST
    monkeypatch.undo()
    other.bypass.close()
    assert one.write(LARGE, *shared([LARGE])) > 2 * AT_LEAST  # the socket is closed
    stream = Wire(io.BytesIO(one.stream.getvalue()), io.BytesIO())
    while frame := stream.read():
        assert all(np.array_equal(np.frombuffer(array, np.uint8), LARGE) for array in frame.arrays)

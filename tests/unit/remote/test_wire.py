"""Messages over byte streams: whole, bounded, and ended by the first thing that is wrong."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import pytest

from core.remote import wire
from core.remote.wire import MAGIC, MAX_ARRAYS, MAX_HEADER, MAX_ITEMS, VERSION, Frame, LinkEnded, Wire, WireError

GREETING = struct.pack(">8sH", MAGIC, VERSION)
FRAME = Frame(("step", 3, 0.5, None, b"\0", ("ä", "\udc80")), (memoryview(b"12345678"), memoryview(b"")), "look")


class Drop(io.RawIOBase):
    """A file that gives one byte at a time, and takes three."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)
        self.reads = 0

    def readinto(self, buffer: Any) -> int:
        self.reads += 1
        taken = self.content[:1]
        buffer[: len(taken)] = taken
        del self.content[:1]
        return len(taken)

    def write(self, content: Any) -> int:
        self.content += content[:3]
        return min(3, len(content))


def written(*frames: Frame, larger: dict[str, int] | None = None) -> bytes:
    sink = io.BytesIO()
    one = Wire(io.BytesIO(), sink, larger)
    for frame in frames:
        one.write(frame)
    return sink.getvalue()


def reading(content: bytes, **larger: int) -> Wire:
    return Wire(io.BytesIO(content), io.BytesIO(), larger)


def drain(link: Wire) -> None:
    while link.read():
        pass


def framed(header: Any) -> bytes:
    """A message with any header."""
    packed = header if isinstance(header, bytes) else msgpack.packb(header)
    return GREETING + struct.pack(">I", len(packed)) + packed


def content(frame: Frame | None) -> tuple[Any, ...]:
    assert frame is not None
    return frame.kind, frame.body, tuple(map(bytes, frame.arrays))


def test_messages_come_whole_and_in_order_however_the_bytes_come() -> None:
    drop = Drop()
    one = Wire(Drop(), drop)
    one.write(FRAME)
    one.write(Frame(None))
    other = Wire(drop, Drop())
    assert content(other.read()) == content(FRAME)
    assert content(other.read()) == ("", None, ())
    assert other.read() is None
    assert other.read() is None


def test_a_cut_message_is_an_error_and_an_end_between_two_is_none() -> None:
    whole = written(FRAME)
    for length in range(len(whole)):
        link = reading(whole[:length])
        if length in (0, len(GREETING)):
            assert link.read() is None
        else:
            with pytest.raises(WireError, match="in the middle of a message"):
                link.read()


@pytest.fixture
def pipes() -> Iterator[Callable[[], tuple[Any, Any]]]:
    """Makes pipes, as files for reading and for writing."""

    def make() -> tuple[Any, Any]:
        reads, writes = os.pipe()
        return (
            opened.enter_context(open(reads, "rb", 0)),
            opened.enter_context(open(writes, "wb", 0)),
        )

    with contextlib.ExitStack() as opened:
        yield make


def test_threads_write_over_a_pipe_without_mixing_their_messages(pipes: Callable[[], tuple[Any, Any]]) -> None:
    source, sink = pipes()
    one = Wire(io.BytesIO(), sink)

    def write(letter: int) -> None:
        for _ in range(5):
            one.write(Frame(letter, (memoryview(bytes([letter]) * 300_000),)))  # more than a pipe holds

    threads = [threading.Thread(target=write, args=(letter,)) for letter in range(4)]
    for thread in threads:
        thread.start()
    link = Wire(source, io.BytesIO())
    seen = []
    for _ in range(20):
        frame = link.read()
        assert frame is not None
        assert bytes(frame.arrays[0]) == bytes([frame.body]) * 300_000
        seen.append(frame.body)
    for thread in threads:
        thread.join()
    sink.close()
    assert sorted(seen) == sorted([*range(4)] * 5)
    assert link.read() is None


def test_who_writes_hears_that_nobody_reads(pipes: Callable[[], tuple[Any, Any]]) -> None:
    source, sink = pipes()
    link = Wire(io.BytesIO(), sink)
    link.write(FRAME)
    source.close()
    for _ in range(2):
        with pytest.raises(LinkEnded, match="has ended"):
            link.write(FRAME)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"Last login: Mon", "no engine of Latent Playground; it begins with 'Last login'"),
        (struct.pack(">8sH", MAGIC, VERSION + 1), f"version {VERSION + 1} of the wire, this one {VERSION}"),
        (GREETING + struct.pack(">I", MAX_HEADER + 1), "too large"),
        (framed(b""), "cannot be read"),
        (framed(b"\xc1"), "cannot be read"),
        (framed(b"\x91" * 2_000 + b"\xc0"), "cannot be read"),
        (framed(("", (), {"a": 1})), "cannot be read"),
        (framed(("", (), msgpack.ExtType(1, b"1"))), "cannot be read"),
        (framed(("", (), b"")) + b"\0", "in the middle"),
        (framed(msgpack.packb(("", (), 1)) + b"\0"), "cannot be read"),
        (framed(("", (), [None] * (MAX_ITEMS + 1))), "cannot be read"),
        (framed(("", ())), "without kind, sizes and body"),
        (framed((b"", (), None)), "without kind, sizes and body"),
        (framed(("", (-1,), None)), "without kind, sizes and body"),
        (framed(("", (True,), None)), "without kind, sizes and body"),
        (framed(("", (0,) * (MAX_ARRAYS + 1), None)), "too many"),
        (framed(("", (1 << 63, 1 << 63), None)), "too large"),
    ],
)
def test_what_is_wrong_is_said_once_and_nothing_is_read_after_it(said: bytes, sentence: str) -> None:
    source = Drop(said + bytes(100) if "middle" not in sentence else said)
    link = Wire(source, Drop())
    with pytest.raises(WireError, match=sentence) as first:
        drain(link)
    reads = source.reads
    with pytest.raises(WireError) as second:
        link.read()
    assert str(second.value) == str(first.value)
    assert source.reads == reads


def test_only_an_agreed_kind_may_be_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_MESSAGE", 1_000)
    large = Frame(None, (memoryview(bytes(2_000)),), "weights")
    said = written(large, larger={"weights": 3_000})
    assert content(reading(said, weights=3_000).read()) == content(large)
    for link in (reading(said), reading(said, weights=2_000), reading(said, clouds=3_000)):
        with pytest.raises(WireError, match=r"of 2,01\d bytes is too large"):
            link.read()
    with pytest.raises(WireError, match="too large"):
        written(large)


def test_nothing_follows_a_message_that_was_cut() -> None:
    class Interrupted(io.BytesIO):
        def write(self, content: Any) -> int:
            super().write(content[:20])
            raise KeyboardInterrupt

    sink = Interrupted()
    link = Wire(io.BytesIO(), sink)
    with pytest.raises(KeyboardInterrupt):
        link.write(FRAME)
    cut = sink.getvalue()
    with pytest.raises(LinkEnded, match="was cut"):
        link.write(FRAME)
    assert sink.getvalue() == cut


def test_what_cannot_be_sent_leaves_the_link_as_it_was() -> None:
    sink = io.BytesIO()
    link = Wire(io.BytesIO(), sink)
    with pytest.raises(WireError, match="cannot be sent"):
        link.write(Frame("a" * MAX_HEADER))
    with pytest.raises(WireError, match="too many"):
        link.write(Frame(None, (memoryview(b""),) * (MAX_ARRAYS + 1)))
    link.write(FRAME)
    assert content(reading(sink.getvalue()).read()) == content(FRAME)


def claimed(arrays: int, size: int) -> bytes:
    """A message that claims arrays which do not come."""
    return framed(("", (size,) * arrays, None))


def nested(levels: int) -> bytes:
    """A header in which every level claims as many entries as it may."""
    return framed((b"\xdc" + struct.pack(">H", MAX_ITEMS)) * levels)


@pytest.mark.parametrize(
    "said",
    [
        claimed(1, (64 << 20) - 100),
        claimed(MAX_ARRAYS, 60_000),
        nested(500),
        nested(MAX_HEADER // 3),
        framed(b"\x91\xc0" * (MAX_HEADER // 2)),
        framed(msgpack.packb(("", (), [[[None] for _ in range(2_000)] for _ in range(250)]))),
        framed(msgpack.packb(("", (), [[0.5] * MAX_ITEMS] * 28))),
    ],
    ids=["one array", "many arrays", "deep", "deeper", "trailing", "tuples", "floats"],
)
def test_neither_claims_nor_headers_take_much_memory(said: bytes) -> None:
    link = reading(said)
    tracemalloc.start()
    try:
        with contextlib.suppress(WireError):
            drain(link)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()

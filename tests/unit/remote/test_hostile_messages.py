"""Ten thousand messages with changed, missing and added bytes: each is a message, or one sentence."""

from __future__ import annotations

import collections
import io
import math
import random
import struct
import tracemalloc
from typing import Any

from core.remote import vocabulary
from core.remote.codec import Codec
from core.remote.wire import Frame, Node, Wire, WireError

COUNT = 10_000
SEED = 16
HEAD = 10 + 4
"""Bytes of the greeting and of the header's length."""


def spoiled(whole: bytes, chance: random.Random) -> bytes:
    """A damaged copy: of four bytes in five in the header, which decides what is made of the rest."""
    content = bytearray(whole)
    (header,) = struct.unpack_from(">I", whole, HEAD - 4)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(HEAD, HEAD + header) if chance.random() < 0.8 else chance.randrange(len(content) or 1)
        at = min(at, max(0, len(content) - 1))
        match chance.randrange(6):
            case 0:
                del content[at:]
            case 1:
                content[at : at + 1] = bytes([content[at] ^ 1 << chance.randrange(8)]) if content else b"\0"
            case 2:
                content[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                content[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 4:
                del content[at : at + chance.randrange(1, 9)]
            case _:
                content[at:at] = content[at : at + chance.randrange(1, 65)]
    return bytes(content)


STRANGE = (None, True, -1, 0, 3, 1 << 31, (1 << 64) - 1, 0.5, math.nan, "", "Pause", "<f8", b"", (), (None,), ("Stop",))


def altered(node: Node, chance: random.Random, names: tuple[str, ...]) -> Node:
    """A body with something else at one place, or an entry more or less."""
    if isinstance(node, tuple) and node and chance.random() < 0.85:
        at = chance.randrange(len(node))
        match chance.randrange(12):
            case 0:
                return node[:at] + node[at + 1 :]
            case 1:
                return node[:at] + node[at : at + 1] + node[at:]
            case _:
                return (*node[:at], altered(node[at], chance, names), *node[at + 1 :])
    return chance.choice(names) if isinstance(node, str) and chance.random() < 0.5 else chance.choice(STRANGE)


def strange(frame: Frame, chance: random.Random, names: tuple[str, ...]) -> bytes:
    """A well-formed message with a body that is none, or with other arrays."""
    body, arrays = frame.body, list(frame.arrays)
    match chance.randrange(8):
        case 0 if arrays:
            del arrays[chance.randrange(len(arrays))]
        case 1 if arrays:
            chance.shuffle(arrays)
        case 2 if arrays:
            arrays[0] = memoryview(chance.randbytes(arrays[0].nbytes))
        case _:
            body = altered(body, chance, names)
    return sent(Frame(body, tuple(arrays)))


def sent(frame: Frame) -> bytes:
    sink = io.BytesIO()
    Wire(io.BytesIO(), sink).write(frame)
    return sink.getvalue()


def outcome(content: bytes, codec: Codec) -> str:
    """What reading a stream to its end comes to: how many messages, or the sentence."""
    link, count = Wire(io.BytesIO(content), io.BytesIO()), 0
    try:
        while (frame := link.read()) is not None:
            codec.decode(frame)
            count += 1
    except WireError as error:
        return str(error)
    return f"{count} messages"


def test_damaged_messages_are_messages_or_sentences(messages: list[Any]) -> None:
    codec, chance = vocabulary.codec(), random.Random(SEED)
    frames = [codec.encode(message) for message in messages]
    small = [frame for frame in frames if sum(each.nbytes for each in frame.arrays) < 100_000]
    whole, names, seen = [sent(frame) for frame in small], tuple(codec.classes), collections.Counter[str]()
    tracemalloc.start()
    try:
        for _ in range(COUNT // 2):
            seen[outcome(spoiled(chance.choice(whole), chance), codec)] += 1
            seen[outcome(strange(chance.choice(small), chance, names), codec)] += 1
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert seen["1 messages"] > COUNT // 50
    assert len(seen) > 200

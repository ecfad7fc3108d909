"""Messages over two byte streams: pipes, the input and output of ssh, or a socket.

A side begins with a greeting: eight letters and the version. Then come messages: four bytes with the length of the
header, the header (msgpack), the raw bytes of its arrays. The header is (kind, bytes of each array, body); what a body
means is the codec's business (`core.remote.codec`). Numbers are little-endian in arrays, big-endian outside of them.
A fourth entry says where arrays are that go through shared memory (`core.remote.bypass`).

Every size is checked before memory is taken, and memory grows as bytes arrive: a message that claims 64 MB and ends
takes what came. Its header takes 28 bytes of memory per byte at worst, so 1 MB of it stays under 30 MB.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgpack

from core.foundation.mailbox import sentence_of
from core.foundation.quoted import brief
from core.foundation.user_error import UserError, as_sentence

if TYPE_CHECKING:
    from core.remote.bypass import Bypass, Place

MAGIC = b"LATENTPG"
VERSION = 1
"""Version of the greeting, of the frames and of how values are written."""
MAX_HEADER = 1 << 20
"""Largest header, bytes."""
MAX_MESSAGE = 64 << 20
"""Largest message with its arrays, bytes, unless its kind is agreed to be larger."""
MAX_ARRAYS = 1_024
"""Most arrays of one message."""
MAX_ITEMS = 4_096
"""Most entries of one sequence in a header. msgpack takes memory for them when it reads their number, once a level."""
_BLANK = bytes(1 << 20)
"""By so many bytes the memory for a large array grows, each time it is full."""
_ONE_WRITE = 1 << 16
"""Largest message that is copied into one piece: it saves a system call for every array."""
_LONGEST_PLACE = 19
"""Most bytes that the place of an array takes in a header."""
_GREETING = struct.Struct(">8sH")
_LENGTH = struct.Struct(">I")

Node = Any
"""What a header's body is made of: None, bool, int, float, str, bytes, and tuples of these."""


class WireError(UserError):
    """What came, or was to be sent, is no message. ``str(error)`` is one sentence."""

    is_misuse = False


class LinkEnded(WireError):
    """The other side no longer reads, or ended in the middle of a message."""


class Source(Protocol):
    """Where bytes come from: a file opened for reading without a buffer (`io.FileIO`), or one of a socket."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Wait for bytes, and write some into the buffer; 0 at the end."""


class Sink(Protocol):
    """Where bytes go: a file opened for writing."""

    def write(self, content: bytes | memoryview, /) -> int | None:
        """Take the first bytes of the content, at least one, and return their number."""

    def flush(self) -> None:
        """Let go of what was taken."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One message as it travels: its ``kind``, which alone decides how large it may be, a ``body``, and raw arrays."""

    body: Node
    arrays: tuple[memoryview, ...] = ()
    kind: str = ""


class Wire:
    """Both directions of a link. One thread reads; any number may write.

    ``larger`` names kinds of messages above `MAX_MESSAGE`, with their largest size in bytes; both sides must know them.
    Both have a ``bypass`` or neither. Whoever opened the files closes them.
    """

    def __init__(
        self, source: Source, sink: Sink, larger: Mapping[str, int] | None = None, bypass: Bypass | None = None
    ) -> None:
        self._source = source
        self._sink = sink
        self._bypass = bypass
        self._larger = dict(larger or {})
        self._writing = threading.Lock()
        self._was_greeted = False
        self._has_greeted = False
        self._read_trouble = ""
        self._write_trouble = ""

    def read(self) -> Frame | None:
        """Wait for the next message; None where the other side ended after a whole one.

        Raises `WireError` for anything else, and again at every later call: nothing is read after it.
        """
        if self._read_trouble:
            raise WireError(self._read_trouble)
        try:
            return self._read()
        except WireError as error:
            self.read_no_more(str(error))
            raise

    def read_no_more(self, trouble: str) -> None:
        """From now on `read` raises `WireError` with this sentence."""
        self._read_trouble = trouble

    def _read(self) -> Frame | None:
        if not self._was_greeted:
            greeting = self._take(_GREETING.size, may_end=True)
            if greeting is None:
                return None
            _check_greeting(bytes(greeting))
            self._was_greeted = True
        prefix = self._take(_LENGTH.size, may_end=True)
        if prefix is None:
            return None
        (size,) = _LENGTH.unpack(prefix)
        if size > MAX_HEADER:
            raise WireError(f"A message with a header of {size:,} bytes is too large; {MAX_HEADER:,} are allowed.")
        kind, sizes, body, places = _unpacked(self._whole(size).toreadonly())
        self._check_sizes(kind, size, sizes)
        return Frame(body, self._arrays(sizes, places), kind)

    def _arrays(self, sizes: tuple[int, ...], places: tuple[Place, ...]) -> tuple[memoryview, ...]:
        if not places:
            return tuple(self._whole(size) for size in sizes)
        if self._bypass is None or len(places) != len(sizes):
            raise WireError("A message names shared memory where there is none.")
        try:
            beside = self._bypass.take(places, sizes)
        except ValueError as error:
            raise WireError(str(error)) from error
        return tuple(self._whole(size) if each is None else each for each, size in zip(beside, sizes, strict=True))

    def _whole(self, size: int) -> memoryview:
        taken = self._take(size)
        assert taken is not None
        return taken

    def _take(self, size: int, may_end: bool = False) -> memoryview | None:
        """So many bytes, in memory of their own; None where the stream has ended before the first and may.

        A bytearray begins at a multiple of 16, so that arrays of any type lie well in it.
        """
        buffer, have = bytearray(min(size, len(_BLANK))), 0
        while have < size:
            if have == len(buffer):
                buffer.extend(_BLANK[: size - have])
            with memoryview(buffer)[have:] as rest:
                count = self._read_into(rest)
            if not count:
                if may_end and not have:
                    return None
                raise LinkEnded("The other side ended in the middle of a message.")
            have += count
        return memoryview(buffer)

    def _read_into(self, rest: memoryview) -> int:
        try:
            count = self._source.readinto(rest)
        except ConnectionResetError:  # a socket whose other side was killed
            return 0
        except (OSError, ValueError) as error:
            raise WireError(as_sentence(f"The link cannot be read: {sentence_of(error)}")) from error
        if count is None:
            raise WireError("The link cannot be read: its file does not wait for bytes.")
        return count

    def write(self, frame: Frame) -> None:
        """Send a message, whole: other threads wait meanwhile.

        Raises `WireError`, before anything is sent, for a message that is too large, and `LinkEnded` where the other
        side has gone.
        """
        sizes = tuple(part.nbytes for part in frame.arrays)
        header = _packed((frame.kind, sizes, frame.body))
        if len(header) + _LONGEST_PLACE * len(sizes) > MAX_HEADER:
            raise WireError(f"A message with a header of {len(header):,} bytes cannot be sent.")
        self._check_sizes(frame.kind, len(header), sizes)
        with self._writing:
            if self._write_trouble:
                raise LinkEnded(self._write_trouble)
            arrays = frame.arrays
            if self._bypass is not None and (places := self._bypass.put(arrays)):
                header = _packed((frame.kind, sizes, frame.body, places))
                arrays = tuple(array for array, place in zip(arrays, places, strict=True) if place is None)
            parts: list[bytes | memoryview] = [_LENGTH.pack(len(header)) + header, *arrays]
            if len(header) + sum(array.nbytes for array in arrays) <= _ONE_WRITE:
                parts = [b"".join(parts)]
            if not self._has_greeted:
                parts.insert(0, _GREETING.pack(MAGIC, VERSION))
            self._write_trouble = "A message to the other side was cut."  # stays where Ctrl-C ends this method
            try:
                for part in parts:
                    self._write(memoryview(part))
                self._sink.flush()
            except (OSError, ValueError) as error:  # ValueError: the file was closed meanwhile
                self._write_trouble = f"The other side of the link has ended ({sentence_of(error)})."
                raise LinkEnded(self._write_trouble) from error
            self._has_greeted, self._write_trouble = True, ""

    def _write(self, content: memoryview) -> None:
        while len(content):
            count = self._sink.write(content)
            if not count:
                raise OSError("its file takes no bytes")
            content = content[count:]

    def _check_sizes(self, kind: str, header: int, sizes: tuple[int, ...]) -> None:
        """Whether a message may have arrays of these sizes, bytes."""
        if len(sizes) > MAX_ARRAYS:
            raise WireError(f"A message with {len(sizes):,} arrays has too many; {MAX_ARRAYS:,} are allowed.")
        size, most = header + sum(sizes), max(MAX_MESSAGE, self._larger.get(kind, 0))
        if size > most:
            raise WireError(f"A message of {size:,} bytes is too large; {most:,} are allowed.")


def _check_greeting(greeting: bytes) -> None:
    magic, version = _GREETING.unpack(greeting)
    if magic != MAGIC:  # often the words with which a shell or a server greets whoever logs in
        said = greeting.decode("ascii", "replace")
        raise WireError(f"The other side is no engine of Latent Playground; it begins with {brief(said)!r}.")
    if version != VERSION:
        raise WireError(f"The other side speaks version {version} of the wire, this one {VERSION}; install the same.")


def _packed(header: tuple[Node, ...]) -> bytes:
    packed: bytes = msgpack.packb(header, unicode_errors="surrogatepass")  # names of files may not be UTF-8
    return packed


def _unpacked(header: memoryview) -> tuple[str, tuple[int, ...], Node, tuple[Place, ...]]:
    """The parts of a header, of which only the body is not checked; no places where all arrays are inline."""
    try:
        content = msgpack.unpackb(
            header,
            use_list=False,
            strict_map_key=True,
            unicode_errors="surrogatepass",
            max_str_len=MAX_HEADER,
            max_bin_len=MAX_HEADER,
            max_array_len=MAX_ITEMS,
            max_map_len=0,
            max_ext_len=0,
        )
    except Exception as error:  # it documents five, and says that there may be others
        raise WireError(as_sentence(f"A message has a header that cannot be read: {sentence_of(error)}")) from error
    match content:
        case (str(kind), tuple(sizes), body) if all(map(_is_count, sizes)):
            return kind, sizes, body, ()
        case (str(kind), tuple(sizes), body, tuple(places)) if all(map(_is_count, sizes)) and all(
            map(_is_place, places)
        ):
            return kind, sizes, body, places
    raise WireError("A message has a header without kind, sizes and body.")


def _is_count(value: Node) -> bool:
    return type(value) is int and value >= 0


def _is_place(value: Node) -> bool:
    return (
        value is None
        or _is_count(value)
        or (isinstance(value, tuple) and len(value) == 2 and all(map(_is_count, value)))
    )

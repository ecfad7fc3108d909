"""What a gzip file unpacks to, as a stream: no more is unpacked than is asked for."""

from __future__ import annotations

import io
import zlib
from typing import IO

from core.foundation.reading import DataError

MAGIC = b"\x1f\x8b"
_PORTION = 1 << 16


def first_unpacked(head: bytes, size: int = 512) -> bytes:
    """What the first bytes of a gzip file unpack to, ``size`` bytes at most; b"" where they do not."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, size)
    except zlib.error:
        return b""


class GzipStream(io.RawIOBase):
    """The content of a gzip file, member after member. Raises `DataError` where it is damaged or truncated."""

    def __init__(self, packed: IO[bytes], place: str) -> None:
        self._packed, self._place = packed, place
        self._zip = zlib.decompressobj(wbits=31)  # 31: with its header and checksum

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes; 0 at the end."""
        try:
            content = self._next(len(buffer))
        except zlib.error:
            raise DataError(f"{self._place} is a damaged gzip file: download or write it again") from None
        buffer[: len(content)] = content
        return len(content)

    def _next(self, size: int) -> bytes:
        while True:
            if self._zip.eof:
                packed = self._zip.unused_data or self._packed.read(_PORTION)
                if not packed.strip(b"\0"):  # nothing, or padding
                    return b""
                self._zip = zlib.decompressobj(wbits=31)
            else:
                packed = self._zip.unconsumed_tail or self._packed.read(_PORTION)
                if not packed:
                    raise DataError(f"{self._place} is a truncated gzip file: download or write it again")
            content = self._zip.decompress(packed, size)
            if content:
                return content

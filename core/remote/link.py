"""Messages to and from the other side: a codec over a wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.remote.bypass import Bypass
from core.remote.codec import Codec
from core.remote.wire import Frame, Sink, Source, Wire, WireError


class Link:
    """Both directions. One thread receives; any number may send.

    ``codec`` may be replaced by one of more classes; the others are those of a `Wire`.
    """

    def __init__(
        self,
        codec: Codec,
        source: Source,
        sink: Sink,
        larger: Mapping[str, int] | None = None,
        bypass: Bypass | None = None,
    ) -> None:
        self.codec = codec
        self._wire = Wire(source, sink, larger, bypass)

    def send(self, message: object, kind: str = "") -> None:
        """Send a message, whole. Raises `WireError` where it cannot be sent, `LinkEnded` where nobody reads."""
        self.write(self.codec.encode(message, kind))

    def write(self, frame: Frame) -> None:
        """Send a message that is encoded already. Raises as `send`."""
        self._wire.write(frame)

    def receive(self) -> Any:
        """Wait for the next message; None where the other side has ended.

        Raises `WireError` for whatever is no message, and again at every later call.
        """
        frame = self._wire.read()
        if frame is None:
            return None
        try:
            return self.codec.decode(frame)
        except WireError as error:
            self._wire.read_no_more(str(error))
            raise

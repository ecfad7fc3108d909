"""Files of moving pictures, written frame by frame: GIF, APNG, WebP, and MP4 and WebM with the extra ``video``.

Pillow compresses each frame and this file puts the frames together, because Pillow keeps all frames of a GIF or an APNG
until the last and drops those that repeat the frame before.
"""

from __future__ import annotations

import io
import struct
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.exports.base import ExportError
from core.foundation.arrays import Pixels
from core.foundation.quoted import brief
from core.foundation.user_error import UserError

MOST_FPS = 60
"""Most frames a second."""
GIF_MOST_FPS = 50
"""Most frames a second of a GIF: browsers show a delay below 2/100 s as 1/10 s."""

MOST_COLOURS = 1 << 16
"""Most colours of a frame from which the best palette of a GIF is sought; for more, a quick one."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, pixels."""


@dataclass(frozen=True)
class Form:
    """What a file's head says: the size of all frames, their number, their rate, whether it begins again at the end."""

    width: int
    height: int
    count: int
    fps: int
    loop: bool

    def duration(self, frame: int, unit_s: float) -> int:
        """How long a frame stays, in whole units; the sum over frames is right to half a unit."""
        return round((frame + 1) / self.fps / unit_s) - round(frame / self.fps / unit_s)


class MotionFile(ABC):
    """A file of ``form.count`` frames (H, W) or (H, W, 3) that is written one frame after another."""

    title: ClassVar[str]
    exact: ClassVar[bool] = False
    """Whether every pixel is kept."""
    repeats: ClassVar[bool] = True
    """Whether a file says how often it plays. Of a video the player decides."""

    def __init__(self, file: BinaryIO, form: Form) -> None:
        self._file = file
        self._form = form
        self._before: Pixels | None = None
        self._written = 0

    def add(self, frame: Pixels) -> None:
        """Write the next frame."""
        self._add(frame, self._changed(frame), self._written)
        self._before = frame
        self._written += 1

    @abstractmethod
    def _add(self, frame: Pixels, box: Box, number: int) -> None:
        """Write a frame, which differs from the one before within ``box`` only."""

    @abstractmethod
    def close(self) -> None:
        """Write the end."""

    def _changed(self, frame: Pixels) -> Box:
        """The part of a frame that differs from the frame before. Left and top are even, as WebP wants them."""
        height, width = frame.shape[:2]
        if self._before is None:
            return 0, 0, width, height
        differs = (frame != self._before).reshape(height, width, -1).any(2)
        rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
        if not len(rows):
            return 0, 0, 1, 1
        return int(columns[0]) & ~1, int(rows[0]) & ~1, int(columns[-1]) + 1, int(rows[-1]) + 1


def _cut(frame: Pixels, box: Box) -> Image.Image:
    left, top, right, bottom = box
    return Image.fromarray(np.ascontiguousarray(frame[top:bottom, left:right]))


def _compressed(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


class Gif(MotionFile):
    """GIF89a. Grey is exact; colours are the 256 that suit each frame, without dithering."""

    title = "GIF"
    UNIT_S = 0.01

    def _add(self, frame: Pixels, box: Box, number: int) -> None:
        image = _cut(frame, box)
        if image.mode == "RGB":
            image = _indexed(image)
        data = _compressed(image, "GIF", optimize=False, interlace=0)
        size = data[10] & 7  # of the colour table: 2 to the power of size + 1
        end = 13 + (6 << size)
        table, coded = data[13:end], data[end + 10 : -1]  # behind the frame's head, before the file's last byte
        if number == 0:
            self._begin(size, table)
        left, top, right, bottom = box
        delay = self._form.duration(number, self.UNIT_S)
        self._file.write(b"\x21\xf9\x04" + struct.pack("<BHBB", 1 << 2, delay, 0, 0))  # the frame stays below the next
        own = b"" if table == self._table else table
        flags = 0x80 | size if own else 0
        self._file.write(b"," + struct.pack("<4HB", left, top, right - left, bottom - top, flags) + own + coded)

    def _begin(self, size: int, table: bytes) -> None:
        self._table = table
        self._file.write(b"GIF89a" + struct.pack("<HHBBB", self._form.width, self._form.height, 0xF0 | size, 0, 0))
        self._file.write(table)
        if self._form.loop:
            self._file.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")

    def close(self) -> None:
        """Write the end."""
        self._file.write(b";")


def _indexed(image: Image.Image) -> Image.Image:
    """A colour image with a palette: exact where it has at most 256 colours, never dithered."""
    found = image.getcolors(MOST_COLOURS)
    if found is None:
        return image.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    colours = np.array([colour for _, colour in found], np.uint8)  # (K, 3), each once, so that rare ones count too
    if len(colours) <= 256:
        index, palette = np.arange(len(colours)), colours.tobytes()
    else:
        row = Image.fromarray(colours[None]).quantize(256, Image.Quantize.MEDIANCUT, 1, dither=Image.Dither.NONE)
        index, palette = np.asarray(row)[0], bytes(row.getpalette() or b"")
    table = np.zeros(1 << 24, np.uint8)  # faster than Pillow's own search, which is inexact besides
    table[_packed(colours)] = index
    indexed = Image.fromarray(table[_packed(np.asarray(image))])
    indexed.putpalette(palette)  # an image of mode L becomes one of mode P
    return indexed


def _packed(colours: Pixels) -> npt.NDArray[np.int32]:
    red, green, blue = np.moveaxis(colours.astype(np.int32), -1, 0)
    packed: npt.NDArray[np.int32] = red << 16 | green << 8 | blue
    return packed


class Apng(MotionFile):
    """Animated PNG (W3C PNG, third edition)."""

    title, exact = "APNG", True
    SIGNATURE = b"\x89PNG\r\n\x1a\n"

    def __init__(self, file: BinaryIO, form: Form) -> None:
        super().__init__(file, form)
        self._sequence = 0

    def _add(self, frame: Pixels, box: Box, number: int) -> None:
        chunks = list(_png_chunks(_compressed(_cut(frame, box), "PNG")))
        if number == 0:
            self._file.write(self.SIGNATURE)
            self._chunk(b"IHDR", chunks[0][1])
            self._chunk(b"acTL", struct.pack(">II", self._form.count, 0 if self._form.loop else 1))
        left, top, right, bottom = box
        place = struct.pack(">4I", right - left, bottom - top, left, top)
        self._chunk(b"fcTL", self._next() + place + struct.pack(">HHBB", 1, self._form.fps, 0, 0))
        for data in (content for name, content in chunks if name == b"IDAT"):
            if number == 0:
                self._chunk(b"IDAT", data)
            else:
                self._chunk(b"fdAT", self._next() + data)

    def _next(self) -> bytes:
        self._sequence += 1
        return struct.pack(">I", self._sequence - 1)

    def _chunk(self, name: bytes, content: bytes) -> None:
        checksum = zlib.crc32(name + content)
        self._file.write(struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum))

    def close(self) -> None:
        """Write the end."""
        self._chunk(b"IEND", b"")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(Apng.SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


class Webp(MotionFile):
    """Animated WebP, lossless (the WebP container specification)."""

    title, exact = "WebP", True
    UNIT_S = 0.001

    def _add(self, frame: Pixels, box: Box, number: int) -> None:
        if number == 0:
            self._begin()
        left, top, right, bottom = box
        head = b"".join(map(_three, (left // 2, top // 2, right - left - 1, bottom - top - 1)))
        duration = _three(self._form.duration(number, self.UNIT_S))
        coded = _compressed(_cut(frame, box), "WEBP", lossless=True, quality=50, method=4)[12:]  # behind RIFF's head
        self._chunk(b"ANMF", head + duration + bytes([1 << 1]) + coded)  # replaces what is below, does not blend

    def _begin(self) -> None:
        self._file.write(b"RIFF\0\0\0\0WEBP")
        size = _three(self._form.width - 1) + _three(self._form.height - 1)
        self._chunk(b"VP8X", bytes([1 << 1, 0, 0, 0]) + size)  # animated
        self._chunk(b"ANIM", struct.pack("<IH", 0, 0 if self._form.loop else 1))

    def _chunk(self, name: bytes, content: bytes) -> None:
        self._file.write(name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2))

    def close(self) -> None:
        """Write the size of the file into its head."""
        end = self._file.tell()
        self._file.seek(4)
        self._file.write(struct.pack("<I", end - 8))
        self._file.seek(end)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


class _Video(MotionFile):
    """A video of one stream by PyAV; sides are even, because a colour is shared by 2 × 2 pixels."""

    repeats: ClassVar[bool] = False
    container: ClassVar[str]
    encoder: ClassVar[str]
    options: ClassVar[dict[str, str]]

    def __init__(self, file: BinaryIO, form: Form) -> None:
        super().__init__(file, form)
        self._av = _pyav()
        self._out = self._av.open(file, "w", format=self.container, container_options={"fflags": "+bitexact"})
        try:
            self._stream = self._out.add_stream(self.encoder, rate=form.fps, options=self.options)
        except ValueError:  # UnknownCodecError
            raise UserError(f"this PyAV has no encoder {self.encoder}; choose another format") from None
        self._stream.width, self._stream.height = form.width, form.height
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.thread_count = 1  # the same bytes on every machine
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        context.color_range = 1  # 16 to 235

    def _add(self, frame: Pixels, box: Box, number: int) -> None:
        colours = frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, 2)
        picture = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(colours), format="rgb24")
        coded = picture.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        coded.pts = number
        self._out.mux(self._stream.encode(coded))

    def close(self) -> None:
        """Write the frames that the encoder still holds, and the index."""
        self._out.mux(self._stream.encode(None))
        self._out.close()


class Mp4(_Video):
    """H.264 in MP4."""

    title, container, encoder = "MP4", "mp4", "libx264"
    options: ClassVar[dict[str, str]] = {"crf": "14", "preset": "medium"}


class Webm(_Video):
    """VP9 in WebM."""

    title, container, encoder = "WebM", "webm", "libvpx-vp9"
    options: ClassVar[dict[str, str]] = {"crf": "18", "b": "0", "deadline": "good", "cpu-used": "4"}


KINDS: dict[str, type[MotionFile]] = {
    ".gif": Gif,
    ".png": Apng,
    ".apng": Apng,
    ".webp": Webp,
    ".mp4": Mp4,
    ".webm": Webm,
}
"""The kind of file by its ending."""


def kind_of(place: Path, fps: int) -> type[MotionFile]:
    """The kind of file that a path's ending names, if it can be written here at this rate. Raises `UserError`."""
    kind = KINDS.get(place.suffix.lower())
    if kind is None:
        raise UserError(f"{brief(place)} ends in none of {', '.join(KINDS)}; name such a file")
    if kind is Gif and fps > GIF_MOST_FPS:
        raise UserError(f"a GIF shows at most {GIF_MOST_FPS} frames a second; take fewer, or another format")
    if issubclass(kind, _Video):
        _pyav()
    return kind


def even(kind: type[MotionFile], side: int) -> int:
    """A side as a kind of file takes it: that of a video is even."""
    return side + side % 2 if issubclass(kind, _Video) else side


def _pyav() -> ModuleType:
    try:
        import av
    except ImportError as error:
        missing = error.name or "PyAV"
        raise UserError(
            f"a video needs the package {missing}, which is missing; pip install 'latent-playground[video]',"
            " or write a .gif, .png or .webp"
        ) from None
    return av


# --- reading again ---------------------------------------------------------------------------------------------------


def ends_of(file: BinaryIO, kind: type[MotionFile], form: Form) -> tuple[Pixels, Pixels]:
    """The first and last frame (H, W, 3) of a written file, read by Pillow or PyAV.

    Raises `ExportError` where the number of frames or their size is not that of the form.
    """
    file.seek(0)
    if issubclass(kind, _Video):
        count, first, last = _ends_of_video(file)
    else:
        with Image.open(file) as image:
            count = int(getattr(image, "n_frames", 1))
            first = np.asarray(image.convert("RGB"))
            image.seek(count - 1)
            last = np.asarray(image.convert("RGB"))
    if (count, *last.shape[:2]) != (form.count, form.height, form.width):
        raise ExportError(
            f"the {kind.title} read again has {count:,} frames of {last.shape[1]} × {last.shape[0]} pixels, not"
            f" {form.count:,} of {form.width} × {form.height}; nothing was written"
        )
    return first, last


def _ends_of_video(file: BinaryIO) -> tuple[int, Pixels, Pixels]:
    count, first, last = 0, None, None
    with _pyav().open(file) as container:
        for frame in container.decode(video=0):
            first = first or frame
            last = frame
            count += 1
    if first is None or last is None:
        raise ExportError("the video read again has no frames; nothing was written")
    return count, first.to_ndarray(format="rgb24"), last.to_ndarray(format="rgb24")

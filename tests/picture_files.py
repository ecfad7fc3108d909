"""Picture files made by hand: good ones with the pixels that must come out, bad ones with what must be said."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[Any]

RANDOM = np.random.default_rng(0)
GREY: Array = RANDOM.integers(0, 256, (10, 14), np.uint8)
COLOUR: Array = RANDOM.integers(0, 256, (10, 14, 3), np.uint8)
ALPHA: Array = RANDOM.integers(0, 256, (10, 14), np.uint8)
LOSSLESS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "BMP": {},
    "TIFF": {},
    "WEBP": {"lossless": True, "exact": True},  # exact: hidden colours are kept
}
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}
"""By EXIF orientation: what turns the stored pixels upright, as the EXIF standard draws it."""


def encoded(pixels: Array | Image.Image, form: str = "PNG", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def exif(orientation: int) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *chunks: bytes, bits: int = 8) -> bytes:
    """A grey PNG file with this header and these chunks."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def tiff(pixels: Array, sample_format: int, compression: int = 1) -> bytes:
    """A TIFF file of one channel of 32 bits: 1 unsigned, 2 signed, 3 float."""
    height, width = pixels.shape
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 32),
        (259, 3, compression),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, pixels.nbytes),
        (339, 3, sample_format),
    ]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    place = 8 + pixels.nbytes
    return (
        struct.pack("<2sHI", b"II", 42, place) + pixels.tobytes() + struct.pack("<H", len(tags)) + entries + b"\0" * 4
    )


def header_tiff(width: int, height: int) -> bytes:
    """A grey TIFF file without any pixels."""
    tags = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 9))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + b"\0" * 4


def swapped_profile() -> bytes:
    """An ICC profile whose red is the blue of sRGB, and the other way round."""

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65_536 * each) for each in (x, y, z)))

    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"swapped\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78
    tags = {
        b"desc": description + b"\0" * (-len(description) % 4),
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.14307, 0.06061, 0.71410),
        b"gXYZ": xyz(0.38515, 0.71687, 0.09708),
        b"bXYZ": xyz(0.43607, 0.22249, 0.01392),
        b"rTRC": gamma,
        b"gTRC": gamma,
        b"bTRC": gamma,
    }
    table, content = b"", b""
    for name, each in tags.items():
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(content), len(each))
        content += each
    size = 128 + 4 + len(table) + len(content)
    head = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    head += struct.pack(">3i", 63_190, 65_536, 54_061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + content


def resized_jpeg(width: int, height: int) -> bytes:
    """A small JPEG whose header claims other sides."""
    content = bytearray(encoded(COLOUR, "JPEG"))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def resized_gif(width: int, height: int) -> bytes:
    content = bytearray(encoded(GREY, "GIF"))
    content[6:10] = struct.pack("<HH", width, height)
    return bytes(content)


def resized_bmp(width: int, height: int, bits: int = 24) -> bytes:
    content = bytearray(encoded(COLOUR, "BMP"))
    content[18:26] = struct.pack("<ii", width, height)
    content[28:30] = struct.pack("<H", bits)
    return bytes(content)


def broken_png() -> bytes:
    """Its compressed pixels are not what they were."""
    content = bytearray(encoded(COLOUR))
    at = content.index(b"IDAT") + 4
    content[at + 10 : at + 40] = b"\xaa" * 30
    return bytes(content)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


PIXELS_16 = chunk(b"IDAT", zlib.compress(b"\0" * 9 * 8))
BAD: dict[str, tuple[bytes, str]] = {
    "empty.png": (b"", "is empty"),
    "text.png": (b"these are words, not pixels", "is no PNG"),
    "page.jpg": (b"<!DOCTYPE html><html></html>", "is no PNG"),
    "noise.webp": (RANDOM.bytes(3000), "is no PNG"),
    "script.png": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is no PNG"),
    "document.png": (b"%PDF-1.7\n", "is a PDF"),
    "layers.png": (b"8BPS\0\1" + b"\0" * 40, "is a Photoshop file"),
    "archive.png": (b"PK\x03\x04" + b"\0" * 40, "is a ZIP archive"),
    "drawing.png": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is an SVG drawing"),
    "phone.jpg": (b"\0\0\0\x18ftypheic" + b"\0" * 40, "is a HEIC"),
    "magic.png": (b"\x89PNG\r\n\x1a\n", "is damaged in its header"),
    "magic.jpg": (b"\xff\xd8\xff\xe0", "is damaged"),
    "magic.gif": (b"GIF89a", "is damaged in its header"),
    "magic.tif": (b"II*\0", "is damaged in its header"),
    "magic.bmp": (b"BM", "is damaged in its header"),
    "magic.webp": (b"RIFF\x10\0\0\0WEBPVP8 ", "is damaged"),
    "cut.png": (half(encoded(COLOUR)), "is damaged"),
    "cut.jpg": (half(encoded(COLOUR.repeat(9, 0).repeat(9, 1), "JPEG")), "is damaged (image file is truncated"),
    "cut.webp": (half(encoded(COLOUR, "WEBP")), "is damaged"),
    "cut.gif": (half(encoded(GREY.repeat(9, 0), "GIF")), "is damaged"),
    "cut.bmp": (half(encoded(COLOUR, "BMP")), "is damaged (image file is truncated"),
    "cut.tif": (half(encoded(COLOUR, "TIFF")), "is damaged"),
    "bomb.png": (png(20_000, 20_000, PIXELS_16), "has 400,000,000 pixels, more than the 64 million"),
    "giant.png": (png(2_000_000, 2_000_000, PIXELS_16), "pixels, more than the 64 million"),
    "bomb.jpg": (resized_jpeg(65_000, 65_000), "pixels, more than the 64 million"),
    "bomb.gif": (resized_gif(65_535, 65_535), "pixels, more than the 64 million"),
    "bomb.bmp": (resized_bmp(10_000, 7_000), "has 10,000 × 7,000 pixels, more than the 64 million"),
    "bomb.tif": (header_tiff(30_000, 30_000), "has 900,000,000 pixels, more than the 64 million"),
    "bomb between.bmp": (resized_bmp(10_000, 9_000), "has 90,000,000 pixels, more than the 64 million"),
    "nothing.png": (png(0, 0), "is damaged"),
    "one.png": (png(1, 1, chunk(b"IDAT", zlib.compress(b"\0\0"))), "has 1 × 1 pixels, and 8 a side are needed"),
    "thin.png": (encoded(np.zeros((7, 100), np.uint8)), "has 100 × 7 pixels, and 8 a side are needed"),
    "hollow.png": (png(8, 8), "is damaged"),
    "broken.png": (broken_png(), "is damaged (broken"),
    "checksum.png": (encoded(COLOUR).replace(b"IHDR", b"IHDS"), "is damaged"),
    "bits.bmp": (resized_bmp(14, 10, bits=7), "is damaged"),
    "backwards.bmp": (resized_bmp(-14, 10), "pixels, more than the 64 million"),
    "method.tif": (tiff(np.zeros((9, 9), np.float32), 3, compression=999), "is damaged"),
    "loop.tif": (struct.pack("<2sHIHI", b"II", 42, 8, 0, 8), "is damaged"),
    "nan.tif": (tiff(np.full((9, 9), np.nan, np.float32), 3), "holds numbers that are not finite"),
    "heights.tif": (
        tiff(np.full((9, 9), -3.5, np.float32), 3),
        "holds numbers from -3.5 to -3.5: save it",
    ),
    "counts.tif": (tiff(np.full((9, 9), -7, np.int32), 2), "holds numbers from -7 to -7"),
}
"""Name -> (content, what its sentence holds) of files that are skipped by what is in them."""


def spoil(folder: Path) -> dict[str, str]:
    """Fill a folder with every bad file, and what else lies in folders; name -> what must be said of it."""
    said = {}
    for name, (content, words) in BAD.items():
        (folder / name).write_bytes(content)
        said[name] = words
    for name, words in {
        "notes.txt": "is no picture by its ending, .txt",
        "photo.heic": "is no picture by its ending, .heic",
        "README": "has no ending",
        ".hidden.png": "is hidden",
        "Thumbs.db": "is a file of the system",
        "desktop.ini": "is a file of the system",
    }.items():
        (folder / name).write_bytes(b"x")
        said[name] = words
    for name in ("__MACOSX", ".git"):
        (folder / name).mkdir()
        (folder / name / "a.png").write_bytes(encoded(COLOUR))
        said[name] = "is a folder of the system" if name == "__MACOSX" else "is hidden"
    with open(folder / "huge.bmp", "wb") as file:
        file.truncate((256 << 20) + 1)  # sparse: it takes no room
    said["huge.bmp"] = "is too large (268,435,457 bytes"
    (folder / "line\nend.png").write_bytes(b"")
    said["line\\nend.png"] = "is empty"
    if os.name == "posix":
        (folder / "again").symlink_to(folder, target_is_directory=True)
        said["again"] = "is a link to a folder that is read already"
        (folder / "gone.png").symlink_to("nowhere.png")
        said["gone.png"] = "is gone"
        os.mkfifo(folder / "pipe.png")
        said["pipe.png"] = "is not a regular file"
        (folder / os.fsdecode(b"\xff.png")).write_bytes(b"")
        said["\\udcff.png"] = "is empty"
    return said

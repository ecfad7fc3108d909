"""One picture file, from bytes to pixels: upright, in sRGB, over a ground, framed as a square.

Pillow decodes. What it would do in silence is done here in the open: EXIF orientation, colour profiles, 16 and 32 bits
a pixel, transparency. Of an animation the first frame is taken. A picture is refused by its header before memory of
its size is taken. Of a damaged TIFF with compression libtiff prints a line on the standard error of the process, which
nothing in Pillow can turn off.
"""

from __future__ import annotations

import functools
import io
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageFile, UnidentifiedImageError

from core.foundation.arrays import Pixels
from core.foundation.quoted import brief
from core.readers.container import EntryError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
"""What is decoded, by Pillow's names. Others are left out on purpose: EPS, for one, starts Ghostscript."""
ENDINGS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif")
MOST_PIXELS = 64_000_000
"""Pixels of the largest picture that is decoded: today's phones take 48 to 50 million."""
LARGE_PIXELS = 8_000_000
"""Pixels from which a picture takes so much memory that it is decoded alone."""
SMALLEST = 8
"""Shortest side of a picture that is taken, pixels."""
COLOURED = 16
"""Difference between the largest and the smallest channel from which a pixel counts as coloured, of 255."""
COLOURED_SHARE = 0.005
"""Share of coloured pixels from which a picture is in colour: grey scans have specks and a tint."""
GAP = 2
"""A JPEG is decoded at a half, a quarter or an eighth of its size as long as that is ``GAP`` times the side wanted."""
GROUNDS = {"black": 0, "white": 255, "grey": 128}
"""What shows through transparent pixels and beside a picture that is fitted, by name."""
FRAMINGS = ("crop", "fit", "stretch")
"""How a picture becomes a square: its middle; all of it on a ground; all of it, distorted."""

_READ = "PNG, JPEG, WebP, BMP, TIFF or GIF"
_ORIENTATION = 0x0112  # the EXIF tag
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF orientation: what turns a picture upright."""
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"GIF8")
_OTHERS = {b"%PDF": "a PDF", b"8BPS": "a Photoshop file", b"PK\x03\x04": "a ZIP archive", b"<svg": "an SVG drawing"}
_GREY = ("1", "L", "LA", "La")

warnings.filterwarnings("error", category=Image.DecompressionBombWarning)  # it is printed, and the bomb decoded
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # of a damaged EXIF block; we go on without


class PictureError(EntryError):
    """A picture that cannot be taken."""


@dataclass(frozen=True)
class Framing:
    """How a picture becomes a tensor: ``side`` in pixels, one of `FRAMINGS`, one of `GROUNDS`, grey or colour."""

    side: int
    framing: str = "crop"
    ground: str = "black"
    colour: bool = True

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, S, S)."""
        return 3 if self.colour else 1, self.side, self.side


def tensor(content: bytes, framing: Framing) -> Pixels:
    """The picture in a file's content as a tensor, uint8 (C, S, S). Raises `PictureError`."""
    return framed(decode(content, framing.ground, framing.side), framing)


@dataclass(frozen=True)
class Header:
    """What a file claims before it is decoded: its sides in pixels, as they are stored.

    ``is_large``: decoding takes `LARGE_PIXELS` or more at once; a JPEG can be decoded at a fraction of its size.
    """

    width: int
    height: int
    is_large: bool


def header(content: bytes) -> Header:
    """The header of a picture file. Raises `PictureError`."""
    try:
        with _opened(content) as image:
            width, height = image.size
            return Header(width, height, width * height >= LARGE_PIXELS and image.format not in ("JPEG", "MPO"))
    except PictureError:
        raise
    except Exception as error:
        raise _refusal(error, content) from None


def decode(content: bytes, ground: str = "black", enough: int = 0) -> Image.Image:
    """The picture in a file's content, upright, in sRGB, opaque: mode "L" or "RGB". Raises `PictureError`.

    ``enough``: a JPEG may be decoded at a fraction of its size as long as both sides have `GAP` times as many pixels.
    """
    try:
        with _opened(content) as image:
            if enough:
                image.draft(None, (GAP * enough, GAP * enough))
            image.load()
            return _upright(image, _opaque(image, GROUNDS[ground]))
    except PictureError:
        raise
    except MemoryError:
        raise PictureError("does not fit into memory") from None
    except Exception as error:  # a damaged file makes Pillow's readers fail in many ways
        raise _refusal(error, content) from None


def framed(image: Image.Image, framing: Framing) -> Pixels:
    """A picture of mode "L" or "RGB" as a tensor, uint8 (C, S, S)."""
    side = framing.side
    image = _as(image, "RGB" if framing.colour else "L")
    width, height = image.size
    if framing.framing == "crop":
        short = min(width, height)
        left, top = (width - short) // 2, (height - short) // 2
        image = _resized(image.crop((left, top, left + short, top + short)), side, side)
    elif framing.framing == "fit":
        scale = side / max(width, height)
        inside = _resized(image, max(1, round(width * scale)), max(1, round(height * scale)))
        grey = GROUNDS[framing.ground]
        image = Image.new(image.mode, (side, side), (grey, grey, grey) if framing.colour else grey)
        image.paste(inside, ((side - inside.width) // 2, (side - inside.height) // 2))
    else:
        image = _resized(image, side, side)
    pixels = np.asarray(image)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1) if framing.colour else pixels[np.newaxis])


def is_coloured(image: Image.Image) -> bool:
    """Whether a picture shows colour: `COLOURED_SHARE` of its pixels or more."""
    if image.mode != "RGB":
        return False
    channels = np.asarray(image)
    return bool((np.ptp(channels, axis=2) > COLOURED).mean() > COLOURED_SHARE)


# --- decoding --------------------------------------------------------------------------------------------------------


def _opened(content: bytes) -> ImageFile.ImageFile:
    """The file with its header read and checked; no pixel is decoded yet."""
    if not content:
        raise PictureError("is empty")
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise PictureError(_too_large(f"has {width:,} × {height:,} pixels"))
    if min(width, height) < SMALLEST:
        raise PictureError(f"has {width:,} × {height:,} pixels, and {SMALLEST} a side are needed")
    return image


def _too_large(what: str) -> str:
    return f"{what}, more than the {MOST_PIXELS // 1_000_000} million that are decoded: scale it down"


def _refusal(error: Exception, content: bytes) -> PictureError:
    """The sentence for what Pillow raised."""
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        count = re.search(r"\d+", str(error))  # Pillow looks at the header before we do, and has its own limit
        return PictureError(_too_large(f"has {int(count[0]):,} pixels" if count else "has too many pixels"))
    if not isinstance(error, UnidentifiedImageError):
        return PictureError(f"is damaged ({brief(error or type(error).__name__)})")
    if content.startswith(_MAGIC):
        return PictureError("is damaged in its header")
    if content[4:8] == b"ftyp":
        return PictureError(f"is a HEIC, AVIF or film file: save it as {_READ}")
    for magic, kind in _OTHERS.items():
        if content.startswith(magic):
            return PictureError(f"is {kind}: save it as {_READ}")
    return PictureError(f"is no {_READ} file (it begins with {content[:8]!r})")


def _upright(image: Image.Image, picture: Image.Image) -> Image.Image:
    """``picture`` turned as the EXIF block of ``image`` says; Pillow has turned TIFF files already."""
    try:
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged block: the picture is taken as it is stored
        return picture
    return picture if turn is None else picture.transpose(turn)


def _opaque(image: Image.Image, ground: int) -> Image.Image:
    """A decoded file as mode "L" or "RGB", over a grey ground where it is transparent."""
    if image.mode == "F" or image.mode.startswith("I"):
        return _grey_of_numbers(image, ground)
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        is_grey = image.mode in _GREY
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        colours = _in_srgb(image.convert("RGB"), b"" if is_grey else profile)
        colours.paste((ground, ground, ground), mask=alpha.point([255 - value for value in range(256)]))
        return colours.convert("L") if is_grey else colours
    if image.mode == "P":
        image = image.convert("RGB")
    return _in_srgb(image, profile)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An opaque picture of any mode as "L" or "RGB", its colours moved from its profile, if it has one, to sRGB."""
    change = _to_srgb(profile or b"", image.mode) if profile or image.mode == "LAB" else None
    if change is not None:
        moved = ImageCms.applyTransform(image, change)
        if moved is not None:
            return moved.convert("L") if image.mode in _GREY else moved
    return _as(image, "L" if image.mode in _GREY else "RGB")


@functools.lru_cache(maxsize=16)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The change from a profile to sRGB; None where none is needed, or where the profile is unfit for the mode."""
    try:
        if mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if mode == "RGB" and "sRGB" in ImageCms.getProfileDescription(source):
                return None
        return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ImportError, ValueError):  # as browsers do: a damaged profile is none
        return None


def _grey_of_numbers(image: Image.Image, ground: int) -> Image.Image:
    """A picture of 16 or 32 bits a pixel as mode "L".

    16 bits span 0 to 65,535. 32 bits say nothing of what white is, so their largest value decides: whole numbers span
    255, 65,535 or 2³² − 1, floats span 1, 255 or 65,535.
    """
    values = np.asarray(image)
    if image.mode == "I" and _is_unsigned(image):
        values = values.view(np.uint32)
    bytes_ = _spread(values, 16 if image.mode.startswith("I;16") else 0)
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        bytes_[values == transparent] = ground
    return Image.fromarray(bytes_)


def _is_unsigned(image: Image.Image) -> bool:
    """Whether a TIFF file of whole numbers stores them without a sign, as its tag SampleFormat says."""
    tags = getattr(image, "tag_v2", {})
    return bool(tags.get(339, (1,))[0] == 1)


def _spread(values: npt.NDArray[Any], bits: int) -> Pixels:
    """Numbers from 0 to white as bytes, rounded; of 0 ``bits`` the largest number tells what white is."""
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise PictureError("holds numbers that are not finite")
    is_whole = np.issubdtype(values.dtype, np.integer)
    whites = (65_535.0,) if bits == 16 else (255.0, 65_535.0, 4_294_967_295.0) if is_whole else (1.0, 255.0, 65_535.0)
    white = next((each for each in whites if high <= each), None)
    if low < 0 or white is None:
        raise PictureError(f"holds numbers from {low:g} to {high:g}: save it with 8 or 16 bits a pixel")
    bytes_: Pixels = np.floor(values * (255.0 / white) + 0.5).astype(np.uint8)
    return bytes_


def _as(image: Image.Image, mode: str) -> Image.Image:
    """The picture in another mode; itself where it has that mode, of which Pillow would make a copy."""
    return image if image.mode == mode else image.convert(mode)


# --- framing ---------------------------------------------------------------------------------------------------------


def _resized(image: Image.Image, width: int, height: int) -> Image.Image:
    """Made smaller by Lanczos over all pixels that fall into one, made larger by cubics."""
    if image.size == (width, height):
        return image
    shrinks = width < image.width or height < image.height
    return image.resize((width, height), Image.Resampling.LANCZOS if shrinks else Image.Resampling.BICUBIC)

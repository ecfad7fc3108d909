"""Pictures of one's own as what a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.datasets.base import DataError
from core.foundation.arrays import Floats
from core.foundation.quoted import brief
from core.nets.networks import Shape

MOST_PIXELS = 50_000_000
"""Largest picture that is decoded, pixels: read from its header, before memory is taken."""


@dataclass(frozen=True)
class OwnPictures:
    """Pictures ``x`` (N, C, H, W) in [0, 1], as a model sees them, and the names of their files without the ending."""

    x: Floats
    names: tuple[str, ...]


def read(paths: Sequence[Path], shape: Shape, inverted: bool = False) -> OwnPictures:
    """Read pictures for a model whose images have this shape: cropped to a square, scaled, grey or RGB.

    ``inverted`` swaps dark and light: MNIST is white on black. Raises `DataError` for the first that cannot be used.
    """
    if shape.points:
        raise DataError("this run was trained on points, so pictures mean nothing to it")
    x = np.stack([_read(path, shape) for path in paths])
    return OwnPictures(1 - x if inverted else x, tuple(path.stem for path in paths))


def _read(path: Path, shape: Shape) -> Floats:
    """One picture (C, H, W) in [0, 1]."""
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                size = f"{picture.width:,} × {picture.height:,}"
                raise DataError(f"{brief(path)} has {size} pixels, which is too many; make it smaller")
            turned = ImageOps.exif_transpose(picture)
            opaque = Image.new("RGBA", turned.size, "black")
            opaque.alpha_composite(turned.convert("RGBA"))
            side = (shape.width, shape.height)
            fitted = ImageOps.fit(opaque.convert("L" if shape.channels == 1 else "RGB"), side, Image.Resampling.LANCZOS)
    except FileNotFoundError:
        raise DataError(f"{brief(path)} does not exist; name a picture") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, DataError):
            raise
        why = brief(getattr(error, "strerror", None) or error)
        raise DataError(f"{brief(path)} cannot be read as a picture ({why}); name a PNG or a JPEG") from None
    pixels = np.asarray(fitted, np.float32).reshape(shape.height, shape.width, shape.channels) / np.float32(255)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))

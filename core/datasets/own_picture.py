"""A picture of the user's own as the model is to see it: cropped and toned like the images of a dataset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from core.datasets.base import Dataset, at_random
from core.foundation.arrays import Floats, Pixels
from core.foundation.pixels import as_floats
from core.readers import picture
from core.readers.picture import Framing

SAMPLE = 500
"""Images by which the tone of a dataset is told."""
FLAT = 0.15
"""Standard deviation of the pixels at the edges of images up to which they lie on one ground; all are within [0, 1]."""
INK = 0.35
"""Distance from the ground from which a pixel is ink."""
SHOWN_PX = 96
"""Largest side of the picture as it is shown beside what the model sees, pixels."""
_WORKING = 4  # times the side at which ink is looked for


@dataclass(frozen=True)
class Tone:
    """How the images of a dataset look.

    ``framing``: how its source makes a picture a square. ``ground``: the grey that images lie on, 0 to 1, None where
    they fill their square; ``ink``: the grey that is farthest from it; ``extent``: the share of a side that what is
    drawn takes, its median.
    """

    framing: Framing
    ground: float | None = None
    ink: float = 1.0
    extent: float = 1.0


@dataclass(frozen=True)
class OwnPicture:
    """``seen`` (C, S, S) in [0, 1] is what a model gets, ``original`` (H, W, 3) the picture itself, small.

    ``is_inverted``: dark and light have changed places.
    """

    original: Pixels
    seen: Floats
    is_inverted: bool


def tone_of(dataset: Dataset) -> Tone:
    """The tone of a dataset of images. In colour, and where edges differ, only the framing counts."""
    pixels = dataset.train.pixels
    framing = dataset.framing or plain_framing(dataset.shape)
    if framing.colour:
        return Tone(framing)
    images = as_floats(pixels[at_random(len(pixels), SAMPLE)])[:, 0]  # (N, S, S)
    edges = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], 1)
    if edges.std() > FLAT:
        return Tone(framing)
    ground = float(np.median(edges))
    low, high = np.percentile(images, (1, 99))
    ink = float(high) if high - ground >= ground - low else float(low)
    extents = [_extent(image, ground) for image in images]
    return Tone(framing, ground, ink, float(np.median(extents)) or 1.0)


def plain_framing(shape: tuple[int, int, int]) -> Framing:
    """The middle of a picture, as images (C, S, S)."""
    return Framing(shape[1], colour=shape[0] == 3)


def _extent(image: Floats, ground: float) -> float:
    """The larger side of the box around the ink of an image (S, S), as a share of its side."""
    box = _ink_box(np.abs(image - ground) > INK)
    return 0.0 if box is None else max(box[1] - box[0], box[3] - box[2]) / len(image)


def _ink_box(is_ink: npt.NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """Top, bottom, left and right of the True pixels; None where there are none."""
    rows, columns = np.flatnonzero(is_ink.any(1)), np.flatnonzero(is_ink.any(0))
    if not len(rows):
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def like_the_data(content: bytes, tone: Tone, inverted: bool | None = None) -> OwnPicture:
    """The picture in a file's content, like the data. ``inverted`` swaps dark and light; None: where the data need it.

    Data on one ground, as MNIST, are drawings: the ground of the picture becomes theirs, its ink as dark or light as
    theirs, and as large. For other data it is framed as their source frames pictures. Raises `PictureError`.
    """
    framing = tone.framing
    enough = framing.side if tone.ground is None else _WORKING * framing.side
    whole = picture.decode(content, framing.ground, enough)
    original = whole.convert("RGB")
    original.thumbnail((SHOWN_PX, SHOWN_PX))
    shown = np.array(original)
    if tone.ground is None:
        seen = as_floats(picture.framed(whole, framing))
        is_inverted = bool(inverted)
        return OwnPicture(shown, np.float32(1) - seen if is_inverted else seen, is_inverted)
    grey = whole.convert("L")
    grey.thumbnail((_WORKING * framing.side, _WORKING * framing.side))
    values = as_floats(np.array(grey))
    edge = np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
    paper = float(np.median(edge))
    is_inverted = abs(1 - paper - tone.ground) < abs(paper - tone.ground) if inverted is None else inverted
    if is_inverted:
        values, paper = 1 - values, 1 - paper
    return OwnPicture(shown, _drawn(values, paper, tone), is_inverted)


def _drawn(values: Floats, paper: float, tone: Tone) -> Floats:
    """Grey values (H, W) on ``paper`` as a drawing on the ground of the data, (1, S, S)."""
    assert tone.ground is not None
    side = tone.framing.side
    away = (values - paper) * np.sign(tone.ink - tone.ground)
    strongest = float(np.percentile(away, 99.5))
    strength = np.clip(away / strongest, 0, 1) if strongest > 0.05 else np.zeros_like(away)  # (H, W), 1 is ink
    out = np.zeros((side, side), np.float32)
    box = _ink_box(strength > INK)
    if box is not None:
        top, bottom, left, right = box
        ink = strength[top:bottom, left:right]
        scale = tone.extent * side / max(ink.shape)
        tall, wide = (min(side, max(1, round(length * scale))) for length in ink.shape)
        small = Image.fromarray(np.rint(255 * ink).astype(np.uint8)).resize((wide, tall), Image.Resampling.LANCZOS)
        top, left = (side - tall) // 2, (side - wide) // 2
        out[top : top + tall, left : left + wide] = as_floats(np.array(small))
    seen: Floats = (tone.ground + (tone.ink - tone.ground) * out)[None].astype(np.float32)
    return seen

"""Pictures of one's own as what a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets.base import DataError
from core.foundation.arrays import Floats
from core.foundation.pixels import as_floats
from core.nets.networks import Shape
from core.readers.picture import Framing
from core.readers.pictures import one


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
        raise DataError("this run was trained on points of a plane, so pictures mean nothing to it")
    framing = Framing(shape.height, colour=shape.channels == 3)
    x = as_floats(np.stack([one(path, framing) for path in paths]))
    return OwnPictures(1 - x if inverted else x, tuple(path.stem for path in paths))

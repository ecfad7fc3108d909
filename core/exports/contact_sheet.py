"""A grid of images as one PNG file."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

from core.foundation.arrays import Pixels

GAP = 2
"""Gap between images, pixels."""


def png_grid(images: Pixels, columns: int = 0) -> bytes:
    """A PNG of images (N, H, W) or (N, H, W, 3), row by row; with 0 columns the grid is about square."""
    count, height, width = images.shape[:3]
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    size = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, *images.shape[3:])
    grid = np.zeros(size, np.uint8)
    for i, image in enumerate(images):
        top, left = (i // columns) * (height + GAP), (i % columns) * (width + GAP)
        grid[top : top + height, left : left + width] = image
    file = io.BytesIO()
    Image.fromarray(grid).save(file, "PNG")
    return file.getvalue()

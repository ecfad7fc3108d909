"""Pixels as they are stored, as what networks take."""

from __future__ import annotations

import torch
from torch import Tensor


def as_unit(pixels: Tensor) -> Tensor:
    """Bytes as floats in [0, 1]; points, which are floats, unchanged."""
    return pixels.to(torch.float32).div_(255.0) if pixels.dtype == torch.uint8 else pixels

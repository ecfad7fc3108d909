"""The unit of a latent space without a prior: mean and spread of a model's codes over the training images."""

from __future__ import annotations

import numpy as np
import torch

from core.models.base import Model
from core.training import devices
from core.training.calibrated_sample import Array, CalibratedSample

ERROR = 0.006
"""Largest standard error of a unit, as a share of it: 2 % are nearly three of them. Origins may be twice as uncertain.

Where few images have large codes, errors are up to 1.3 times as large as samples say.
"""
SMALLEST = 1e-6
"""The smallest unit: a dimension with less spread is silent, and its spread rounding."""


@torch.no_grad()
@np.errstate(all="ignore")  # codes of a run that diverges: they give a unit that is not finite
def measure_unit(model: Model, sample: CalibratedSample) -> float:
    """Set ``model.scale``, which must be there, to the mean and spread of the codes of all training images.

    By the model's weights now, from so many images of the ``sample`` that the largest standard error of a unit is at
    most `ERROR`, a share of it. Returns what it cost, s, see `devices.spent_s`.
    """
    assert model.scale is not None
    device = next(model.parameters()).device
    began = devices.spent_s(device)
    is_training = model.training
    model.eval()
    try:
        codes = _encoded(model, sample, 0, sample.size_for(0))
        mean, std, error = _spread(codes, sample)
        while error > ERROR and (size := sample.size_for(int(len(codes) * min(error / ERROR, 10.0) ** 2))) > len(codes):
            codes = np.concatenate([codes, _encoded(model, sample, len(codes), size)])
            mean, std, error = _spread(codes, sample)
    finally:
        model.train(is_training)
    model.scale.set(mean, np.maximum(std, SMALLEST))
    return devices.spent_s(device) - began


def _encoded(model: Model, sample: CalibratedSample, start: int, stop: int) -> Array:
    parts = []
    step = model.shape.at_once
    for at in range(start, stop, step):
        posterior = model.encode(sample.images(at, min(at + step, stop)))
        assert posterior is not None
        parts.append(posterior.mu.cpu().double().numpy())
    return np.concatenate(parts)


def _spread(codes: Array, sample: CalibratedSample) -> tuple[Array, Array, float]:
    """Mean and spread (D,) of the codes of all images from codes (N, D) of a sample, and the largest error."""
    centre, spread = codes.mean(0), np.maximum(codes.std(0), SMALLEST)
    scaled = (codes - centre) / spread
    (mean, square), (mean_error, square_error) = (
        each.reshape(2, -1) for each in sample.mean(np.concatenate([scaled, scaled**2], 1))
    )
    square = square - mean**2  # the mean is near 0, so nothing cancels
    square = np.where(square > 0, square, 1.0)  # weights may be below 0
    error = np.maximum(0.5 * square_error / square, 0.5 * mean_error)
    loud = codes.std(0) > SMALLEST
    return centre + spread * mean, spread * np.sqrt(square), float(np.max(error, where=loud, initial=0.0))

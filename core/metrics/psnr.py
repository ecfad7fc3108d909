"""PSNR of the reconstructions of test images from their mean codes."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import NO_ENCODER, NO_IMAGES, Measured, Metric, mean_of, register
from core.models.base import Model
from core.theory import fidelity


@register("psnr")
class Psnr(Metric):
    """The mean over images of each one's PSNR (`core.theory.fidelity`)."""

    title = "PSNR"
    unit = "dB"
    formula = r"10 \log_{10} (1 / \mathrm{MSE})"
    help = (
        "How near the reconstruction of a test image is, pixel by pixel, on a logarithmic scale; higher is better. Blur"
        " costs little here."
    )
    source = "the usual definition, for pixels in [0, 1]; the mean of the images' values"
    order = 70
    better = 1
    decimals = 1

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only an encoder can reconstruct, and only images have pixels."""
        if not model.has_encoder:
            return NO_ENCODER
        return NO_IMAGES if dataset.points else ""

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over test images."""
        reconstructions = yield from model_side.reconstructions()
        values = yield from fidelity.psnr(model_side.real_side.subsets.compared, reconstructions)
        return mean_of(values)

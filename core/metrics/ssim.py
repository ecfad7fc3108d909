"""SSIM of the reconstructions of test images from their mean codes."""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import NO_ENCODER, NO_IMAGES, Measured, Metric, mean_of, register
from core.models.base import Model
from core.theory import fidelity


@register("ssim")
class Ssim(Metric):
    """The mean over images of each one's SSIM (`core.theory.fidelity`)."""

    title = "SSIM"
    formula = (
        r"\frac{(2\mu\hat\mu + c_1)(2\sigma_{x\hat x} + c_2)}{(\mu^2 + \hat\mu^2 + c_1)(\sigma^2 + \hat\sigma^2 + c_2)}"
    )
    help = (
        "How alike a test image and its reconstruction are in local brightness, contrast and structure; 1 is the same"
        " image. Blur costs more here than in PSNR."
    )
    source = "Wang et al. 2004"
    order = 80
    better = 1
    decimals = 3

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Only an encoder can reconstruct, and an image must be as large as the window of the comparison."""
        if not model.has_encoder:
            return NO_ENCODER
        if dataset.points:
            return NO_IMAGES
        return "" if min(dataset.shape[1:]) >= fidelity.WINDOW else "The images are smaller than its window."

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """The mean over test images."""
        reconstructions = yield from model_side.reconstructions()
        values = yield from fidelity.ssim(model_side.real_side.subsets.compared, reconstructions)
        return mean_of(values)

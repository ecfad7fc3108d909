"""Proxy-FD: the Fréchet distance between features of samples and of test images, by a small classifier of this data.

It is not the FID, whose features are Inception's: values compare models on one dataset at one sample size only. The
estimate is `core.theory.frechet`.
"""

from __future__ import annotations

from core.datasets.base import Dataset
from core.evaluation.model_side import ModelSide
from core.foundation.slices import Work
from core.metrics.base import Measured, Metric, distance_of, register, too_few
from core.models.base import Model
from core.theory import frechet


@register("proxy_fd")
class ProxyFd(Metric):
    """The features of points are their coordinates. The interval is a jackknife's, over both sets."""

    title = "Proxy-FD"
    formula = r"\|\mu - \mu^\prime\|^2 + \mathrm{Tr}(\Sigma + \Sigma^\prime - 2 (\Sigma \Sigma^\prime)^{1/2})"
    help = (
        "How far the samples, as a crowd, are from real images in the eyes of a small classifier of this data;"
        " lower is better. Compare it only within one data set: it is not the FID."
    )
    source = "Heusel et al. 2017, with features of our own"
    order = 110
    better = -1
    of_samples = True

    @classmethod
    def why_not(cls, model: type[Model], dataset: Dataset) -> str:
        """Every model draws samples. A covariance takes two test images."""
        return too_few(dataset, tests=2)

    def measure(self, model_side: ModelSide) -> Work[Measured]:
        """Samples against test images."""
        real, _ = yield from model_side.real_side.test_features()
        fake, _ = yield from model_side.sample_features()
        floor = yield from model_side.real_side.perfect_distance()
        value = frechet.distance(frechet.moments(real), frechet.moments(fake))
        yield
        spread = yield from frechet.deviation(real, fake)
        return distance_of(
            value,
            spread,
            degrees=frechet.degrees(real, fake),
            n=len(fake),
            against=len(real),
            floor=floor,
            not_finite=model_side.draws - len(fake),
        )

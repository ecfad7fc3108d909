"""Holes, cycles and the mutual information gap, on codes whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from core.datasets.base import Dataset, Images
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.arrays import Floats
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured
from core.metrics.mig import by_chance, counted, gaps, levels, ranked
from core.nets.networks import Shape
from core.training.snapshot import Codes, Snapshot


class Fake:
    """A snapshot whose encoder and decoder are functions of points (N, 2)."""

    def __init__(self, encode: Callable[[Floats], Floats] | None, decode: Callable[[Floats], Floats]) -> None:
        self.shape = Shape(2, 1, 1, 2)
        self.has_encoder = encode is not None
        self.step = 0
        self._encode, self._decode = encode, decode

    def encode(self, x: Floats) -> Codes | None:
        return None if self._encode is None else Codes(self._encode(x[:, :, 0, 0]).astype(np.float32), None)

    def decode(self, z: Floats) -> Floats:
        return self._decode(z).astype(np.float32)[:, :, None, None]


def normal(count: int, seed: int) -> Images:
    points = np.random.default_rng(seed).standard_normal((count, 2)).astype(np.float32)
    return Images(points[:, :, None, None])


DATA = Dataset("plane", "Plane", normal(5_000, 0), normal(2_500, 1))


def read(name: str, encode: Any, decode: Any = lambda z: z, dataset: Dataset = DATA) -> Measured:
    return finish(METRICS.get(name)().measure(ModelSide(cast(Snapshot, Fake(encode, decode)), RealSide(dataset))))


def squeezed(x: Floats) -> Floats:
    """All points folded to the right: half of the prior is empty."""
    return np.stack([np.abs(x[:, 0]), x[:, 1]], 1)


def test_a_code_that_fills_the_prior_has_no_holes_and_one_that_does_not_has() -> None:
    full = read("hole_share", lambda x: x)
    assert full.floor == pytest.approx(5)
    assert full.low - 1.5 < 5 < full.high + 1.5  # the reach is measured too
    assert full.n == 2_500
    assert full.against == 4_096
    assert full.parts[0][0] == "reach, by code"
    half = read("hole_share", squeezed)
    assert 38 < half.value < 55
    assert half.low <= half.value <= half.high


def test_without_an_encoder_holes_are_counted_by_image() -> None:
    good = read("hole_share", None)
    assert good.parts[0][0] == "reach, by image"
    assert good.low - 1.5 < 5 < good.high + 1.5
    assert read("hole_share", None, lambda z: z + 50).value == 100
    assert read("hole_share", None, lambda z: 0 * z).value == 0  # where images are dense: collapse is no hole


def test_distances_over_pixels_are_those_of_a_plain_search() -> None:
    random = np.random.default_rng(0)
    images = [Images(random.integers(0, 256, (count, 1, 6, 6), np.uint8)) for count in (700, 40)]
    real_side = RealSide(Dataset("noise", "Noise", *images))
    x = random.random((30, 1, 6, 6), np.float32)
    train = images[0].pixels.reshape(700, -1) / 255
    expected = np.linalg.norm(x.reshape(30, 1, -1) - train[None], axis=2).min(1)
    np.testing.assert_allclose(finish(real_side.distances(x)), expected, rtol=1e-4)
    np.testing.assert_allclose(
        finish(real_side.distances(train[:5].reshape(5, 1, 6, 6).astype(np.float32))), 0, atol=3e-3
    )


def test_cycle_error() -> None:
    assert read("cycle_error", lambda x: x).value == pytest.approx(0, abs=1e-6)
    assert read("cycle_error", lambda x: x + np.array([3, 4])).value == pytest.approx(5, abs=1e-5)
    lost = read("cycle_error", lambda x: 0 * x)
    assert lost.value == pytest.approx(lost.parts[0][1], rel=1e-6)
    assert lost.value == pytest.approx(np.sqrt(np.pi / 2), abs=0.06)  # E|z| in two dimensions
    assert lost.low < lost.value < lost.high


def factor_values(count: int = 2_500) -> npt.NDArray[np.float64]:
    """Three factors (N, 3): one with three levels, two continuous."""
    random = np.random.default_rng(5)
    return np.stack([random.integers(0, 3, count), random.uniform(0, 1, count), random.normal(0, 1, count)], 1)


def mig(codes: npt.NDArray[Any], factors: npt.NDArray[Any]) -> float:
    by_factor = [(counted(codes, factor).sum(0), finish(by_chance(codes, factor))) for factor in factors.T]
    return float(np.mean([gaps(joint, chance)[0] for joint, chance in by_factor]))


def test_mig_is_near_one_for_factors_and_near_zero_for_a_rotation_of_them() -> None:
    factors = factor_values()
    codes = (factors - factors.mean(0)) / factors.std(0)
    assert 0.95 < mig(codes, factors) <= 1
    assert mig(codes, factors) == pytest.approx(mig(-np.exp(codes), factors), abs=1e-12)  # only the ranks count
    both = codes[:, [1, 2]]
    rotation = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    assert mig(both @ rotation, factors[:, [1, 2]]) < 0.05
    twice = codes[:, [0, 0, 1, 1, 2, 2]]
    assert mig(twice, factors) == pytest.approx(0, abs=1e-12)  # two dimensions know the same
    noise = np.random.default_rng(9).standard_normal((2_500, 4))
    assert mig(noise, factors) < 0.02


@pytest.mark.parametrize("count", [60, 200, 2_500])
@pytest.mark.parametrize("dims", [1, 2, 10])
def test_counting_reads_nothing_into_noise_and_takes_nothing_from_what_is_known(dims: int, count: int) -> None:
    random = np.random.default_rng(count + dims)
    noise, known = [], []
    for _ in range(8):
        factor, codes = random.uniform(0, 1, (count, 1)), random.standard_normal((count, dims))
        noise.append(mig(codes, factor))
        codes[:, 0] = factor[:, 0]
        known.append(mig(codes, factor))
    assert np.mean(noise) < 0.05  # of 200 images in one dimension plain counts read 0.22
    assert np.mean(known) > 0.9


def test_levels_and_bins() -> None:
    assert levels(np.array([5.0, 2.0, 5.0, 9.0])).tolist() == [1, 0, 1, 2]
    assert np.bincount(levels(np.random.default_rng(0).uniform(0, 1, 1_000))).tolist() == [100] * 10
    assert np.bincount(ranked(np.arange(40.0), 20)).tolist() == [2] * 20
    assert len(set(ranked(np.zeros(50), 20).tolist())) == 1
    gap, entropy = gaps(counted(factor_values()[:, :1], factor_values()[:, 0]).sum(0), np.zeros(1))
    assert entropy == pytest.approx(np.log(3), abs=0.01)
    assert gap == pytest.approx(1, abs=1e-9)


def test_mig_names_its_factors_and_has_an_interval() -> None:
    factors = factor_values().astype(np.float32)
    pixels = factors[:, 1:, None, None]
    test = Images(pixels, factors=factors)
    data = Dataset("plane", "Plane", Images(pixels), test, factor_names=("shape", "x", "y"))
    found = read("mig", lambda x: x, dataset=data)
    parts = dict(found.parts)
    assert set(parts) == {"shape", "x", "y"}
    assert parts["shape"] < 0.02  # no dimension knows it
    assert parts["x"] > 0.95
    assert found.value == pytest.approx(np.mean(list(parts.values())))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert 0 < found.high - found.low < 0.1
    turned = read("mig", lambda x: x + np.stack([x[:, 1], -x[:, 0]], 1), dataset=data)
    assert turned.high < found.low

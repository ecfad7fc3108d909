"""Measures of samples and reconstructions: as their sources define them, and right about known models."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.datasets.base import Dataset, load
from core.evaluation.model_side import DRAWS, ModelSide
from core.evaluation.real_side import DISTINCT, RealSide
from core.foundation.pixels import as_floats
from core.foundation.slices import finish
from core.metrics.base import METRICS, Measured, Metric, left_out, measured, why_nothing
from core.metrics.classes_caught import ClassesCaught
from core.metrics.duplicates import support
from core.metrics.label_kl import LabelKl, terms
from core.metrics.memorisation import nearer
from core.models.base import MODELS
from core.theory import fidelity, frechet, prdc

OF_SAMPLES = (
    "proxy_fd",
    "precision",
    "recall",
    "density",
    "coverage",
    "classes_caught",
    "label_kl",
    "off_manifold",
    "memorisation",
    "duplicates",
)


# Fréchet distance


def by_matrix_root(x: np.ndarray, y: np.ndarray) -> float:
    from scipy.linalg import sqrtm

    a, b = np.cov(x.T), np.cov(y.T)
    return float(np.square(x.mean(0) - y.mean(0)).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real))


def fd(x: np.ndarray, y: np.ndarray) -> float:
    return frechet.distance(frechet.moments(x), frechet.moments(y))


@pytest.mark.parametrize(("dims", "count"), [(2, 50), (64, 2_500)])
def test_frechet_distance_is_the_one_with_the_general_root(dims: int, count: int) -> None:
    random = np.random.default_rng(dims)
    mix = random.standard_normal((dims, dims))
    x = np.maximum(random.standard_normal((count, dims)) @ mix + 3, 0)
    y = random.standard_normal((count - 9, dims)) * np.linspace(0.1, 4, dims)
    assert fd(x, y) == pytest.approx(by_matrix_root(x, y), rel=1e-6)


def test_frechet_distance_orders_self_and_noise() -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal((500, 8))
    x[:, 7] = 0  # a unit that never fires
    assert fd(x, x) == pytest.approx(0, abs=1e-6)
    assert fd(x, x) < fd(x, x + 0.3 * random.standard_normal(x.shape)) < fd(x, 9 * random.standard_normal(x.shape))
    assert fd(x, x + 2.0) == pytest.approx(8 * 4.0, abs=1e-6)
    assert math.isnan(fd(x, np.full_like(x, np.nan)))


@pytest.mark.parametrize("shift", [0.4, 2.0])
def test_the_interval_of_frechet_distance_is_its_spread_over_fresh_draws(shift: float) -> None:
    random = np.random.default_rng(1)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        return random.standard_normal((400, 6)), random.standard_normal((400, 6)) + shift

    true = np.std([fd(*draw()) for _ in range(300)])
    estimated = np.mean([finish(frechet.deviation(*draw())) for _ in range(10)])
    assert estimated == pytest.approx(true, rel=0.25)


# Reconstructions


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 40), (1, 11, 64)])
def test_ssim_and_psnr_are_those_of_scikit_image(shape: tuple[int, int, int]) -> None:
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    random = np.random.default_rng(0)
    x = random.uniform(0, 1, (6, *shape)).astype(np.float32)
    y = np.clip(x + np.linspace(0.02, 0.5, 6)[:, None, None, None] * random.standard_normal(x.shape), 0, 1)
    y = y.astype(np.float32)
    alike, noise = finish(fidelity.ssim(x, y)), finish(fidelity.psnr(x, y))
    settings: dict[str, Any] = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    for i in range(6):
        expected = structural_similarity(x[i], y[i], channel_axis=0, data_range=1.0, **settings)
        assert alike[i] == pytest.approx(expected, abs=1e-4)
        assert noise[i] == pytest.approx(peak_signal_noise_ratio(x[i], y[i], data_range=1.0), abs=1e-4)


def test_a_perfect_copy_has_a_finite_psnr() -> None:
    x = np.random.default_rng(0).uniform(0, 1, (3, 1, 16, 16)).astype(np.float32)
    assert list(finish(fidelity.psnr(x, x))) == pytest.approx([100.0] * 3)
    assert list(finish(fidelity.ssim(x, x))) == pytest.approx([1.0] * 3)


# Shares, labels and pairs


def test_nearer_is_mann_whitney() -> None:
    from scipy.stats import mannwhitneyu

    random = np.random.default_rng(0)
    one, other = (random.integers(0, 30, n).astype(np.float32) for n in (70, 50))  # with ties
    share, error = nearer(one, other)
    assert share == pytest.approx(mannwhitneyu(other, one).statistic / (70 * 50))
    inside = 0
    for _ in range(300):
        found, error = nearer(random.normal(0.0, 1.0, 80), random.normal(0.5, 1.0, 60))
        inside += abs(found - 0.6381632) < 1.96 * error  # Φ(0.5/√2)
    assert 0.90 < inside / 300 < 0.99


def test_label_kl_is_zero_for_the_same_shares_and_finite_for_a_lost_class() -> None:
    expected = np.array([0.5, 0.3, 0.2])
    assert terms(np.array([5_000, 3_000, 2_000]), expected).sum() == pytest.approx(0, abs=1e-4)
    lost = terms(np.array([6_000, 4_000, 0]), expected).sum()
    by_hand = 0.5 * np.log(0.5 / 0.6) + 0.3 * np.log(0.3 / 0.4) + 0.2 * np.log(0.2 * 10_001.5 / 0.5)
    assert lost == pytest.approx(by_hand, abs=1e-3)


def drawn_partners(random: np.random.Generator, kinds: int, count: int) -> np.ndarray:
    """Among ``count`` draws of so many equally frequent kinds, how many others are of the same kind: (count,)."""
    kind = random.integers(0, kinds, count)
    return np.bincount(kind, minlength=kinds)[kind] - 1


def test_the_birthday_paradox_finds_the_number_of_days() -> None:
    random = np.random.default_rng(0)
    found = [support(drawn_partners(random, 5_000, 1_000), 0, 0.0) for _ in range(300)]
    inside = np.mean([each.low < 5_000 < each.high for each in found])
    assert 0.90 < inside <= 0.99
    assert np.median([each.value for each in found]) == pytest.approx(5_000, rel=0.05)
    few = support(drawn_partners(random, 20, 1_000), 0, 0.0)
    assert few.low < 20 < few.high
    assert few.high / few.low < 1.1


def test_no_pair_at_all_is_a_lower_bound_that_says_so() -> None:
    found = support(np.zeros(2_500, np.int64), 0, 0.0)
    assert found.value == pytest.approx(2_500 * 2_499 / 2 / 3)
    assert found.low == found.value
    assert math.isnan(found.high)
    assert dict(found.parts) == {"near-duplicate pairs": 0.0, "at least": 1.0}


# Known models, on MNIST


class Projector:
    """Stands in for a snapshot: its samples are these pictures (M, C, H, W), one after the other."""

    step = 3
    has_encoder = False

    def __init__(self, pictures: np.ndarray) -> None:
        self._pictures = pictures
        self._at = 0
        self.shape = SimpleNamespace(latent=2)

    def decode(self, z: np.ndarray) -> np.ndarray:
        chosen = np.arange(self._at, self._at + len(z)) % len(self._pictures)
        self._at += len(z)
        return np.asarray(self._pictures[chosen], np.float32)


def one_lost(pictures: np.ndarray) -> np.ndarray:
    """The pictures, one pixel of one of them NaN."""
    pictures = pictures.copy()
    pictures[77, 0, 3, 5] = np.nan
    return pictures


@pytest.fixture(scope="module")
def real_side(mnist: Dataset) -> RealSide:
    return RealSide(mnist)


@pytest.fixture(scope="module")
def read(real_side: RealSide) -> Callable[..., Measured]:
    """``read(name, kind)``: a measure of a model that draws pictures of that kind; one `ModelSide` per kind."""
    test, train = real_side.dataset.test, real_side.dataset.train
    others = np.random.default_rng(0).permutation(np.setdiff1d(np.arange(10_000), real_side.subsets.compared_index))
    assert test.labels is not None
    some = as_floats(test.pixels[others])
    label = test.labels[others]
    kinds = {
        "real": lambda: some[:DRAWS],
        "copies": lambda: as_floats(train.pixels[np.random.default_rng(1).permutation(60_000)[:DRAWS]]),
        "collapsed": lambda: some[label == 4][:20],
        "even digits": lambda: some[label % 2 == 0],
        "grey": lambda: np.full((DRAWS, 1, 28, 28), 0.5),
        "noise": lambda: np.random.default_rng(2).uniform(0, 1, (DRAWS, 1, 28, 28)),
        "one not finite": lambda: one_lost(kinds["real"]()),
        "not numbers": lambda: np.full((DRAWS, 1, 28, 28), np.nan),
    }
    subjects: dict[str, ModelSide] = {}

    def measure(name: str, kind: str) -> Measured:
        if kind not in subjects:
            subjects[kind] = ModelSide(Projector(kinds[kind]()), real_side)  # type: ignore[arg-type]
        return finish(measured(METRICS.get(name)(), subjects[kind]))

    return measure


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_real_images_read_about_the_floor(name: str, read: Callable[..., Measured]) -> None:
    found = read(name, "real")
    assert found.low <= found.value <= found.high
    assert found.n == DRAWS
    assert found.floor is not None
    slack = {"duplicates": 0.7, "label_kl": 2.0, "proxy_fd": 0.5, "off_manifold": 0.3}.get(name, 0.06)
    assert found.value == pytest.approx(found.floor, rel=slack)
    assert found.step == 3
    assert found.sampler == "prior"


def test_copies_are_found(read: Callable[..., Measured]) -> None:
    found = read("memorisation", "copies")
    assert found.value > 99
    assert read("memorisation", "real").value < 53
    assert read("proxy_fd", "copies").value < 4


def test_a_model_that_repeats_twenty_fours(read: Callable[..., Measured]) -> None:
    assert read("classes_caught", "collapsed").value == 1
    assert dict(read("classes_caught", "collapsed").parts)["4"] > 90
    assert read("label_kl", "collapsed").value > 2
    found = read("duplicates", "collapsed")
    assert found.value == pytest.approx(20, abs=1)
    assert found.high < DISTINCT / 1_000
    assert read("recall", "collapsed").value < 5
    assert read("coverage", "collapsed").value < 5
    assert read("precision", "collapsed").value > 70
    assert read("proxy_fd", "collapsed").value > 100


def test_half_the_digits_are_half_the_classes(read: Callable[..., Measured]) -> None:
    assert read("classes_caught", "even digits").value == 5
    assert read("precision", "even digits").value > 90
    assert read("coverage", "even digits").value == pytest.approx(48, abs=6)


@pytest.mark.parametrize("kind", ["noise", "grey"])
def test_noise_and_grey_are_neither_near_nor_real(kind: str, read: Callable[..., Measured]) -> None:
    assert read("precision", kind).value < 5
    assert read("coverage", kind).value < 5
    assert read("off_manifold", kind).value > 95
    assert read("memorisation", kind).value < 5
    assert read("proxy_fd", kind).value > 200


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_where_no_picture_is_finite_a_measure_says_so(name: str, read: Callable[..., Measured]) -> None:
    found = read(name, "not numbers")
    assert math.isnan(found.value)
    assert math.isnan(found.low)
    assert found.not_finite == DRAWS
    reason = why_nothing(found, METRICS.get(name), load("moons"))
    assert reason == "None of its 2,500 samples is finite: they hold NaN or infinity."


def test_test_points_that_are_not_finite_are_called_points() -> None:
    found = Measured(math.nan, n=0, not_finite=7)
    reason = why_nothing(found, METRICS.get("distortion"), load("moons"))
    assert reason == "None of its 7 test points is finite: they hold NaN or infinity."


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_one_picture_that_is_not_finite_leaves_the_reading_as_it_is(name: str, read: Callable[..., Measured]) -> None:
    found, whole = read(name, "one not finite"), read(name, "real")
    assert (found.not_finite, found.n) == (1, DRAWS - 1)
    assert found.value == pytest.approx(whole.value, rel=0.03, abs=0.001 if name == "label_kl" else 0)
    assert left_out(found, METRICS.get(name)) == "1 of 2,500 samples left out: NaN or infinity."
    assert whole.not_finite == 0
    assert left_out(whole, METRICS.get(name)) == ""


def test_the_four_share_one_comparison(read: Callable[..., Measured], monkeypatch: pytest.MonkeyPatch) -> None:
    read("precision", "real")

    def again(*_: Any) -> None:
        raise AssertionError("compared again")

    monkeypatch.setattr(prdc, "compare", again)
    for name in ("recall", "density", "coverage"):
        assert read(name, "real").value > 0


# Where a measure exists


@pytest.mark.parametrize("name", OF_SAMPLES)
def test_points_have_distances_but_no_pictures(name: str) -> None:
    points = load("mixture")
    cls = METRICS.get(name)
    exists = name in ("proxy_fd", "precision", "recall", "density", "coverage")
    assert (cls.why_not(MODELS.get("gan"), points) == "") == exists
    if exists:
        fresh = np.random.default_rng(5).permutation(points.train.pixels)[:DRAWS]
        found = finish(measured(cls(), ModelSide(Projector(fresh), RealSide(points))))  # type: ignore[arg-type]
        assert found.floor is not None
        assert found.value == pytest.approx(found.floor, rel=0.06, abs=0.002)


def test_without_labels_there_are_no_classes(tiny: Callable[..., Dataset]) -> None:
    import dataclasses

    from core.datasets.base import Images

    data = tiny()
    assert not ClassesCaught.why_not(MODELS.get("vae"), data)
    bare = dataclasses.replace(data, train=Images(data.train.pixels))
    kinds: list[type[Metric]] = [ClassesCaught, LabelKl]
    for cls in kinds:
        assert "labels" in cls.why_not(MODELS.get("vae"), bare)


@pytest.mark.parametrize("name", ["psnr", "ssim"])
def test_reconstructions_need_an_encoder_and_pixels(name: str, tiny: Callable[..., Dataset]) -> None:
    cls = METRICS.get(name)
    assert not cls.why_not(MODELS.get("ae"), tiny())
    assert "encoder" in cls.why_not(MODELS.get("gan"), tiny())
    assert "points" in cls.why_not(MODELS.get("ae"), load("mixture"))
    assert (cls.why_not(MODELS.get("ae"), tiny(1, 10)) == "") == (name == "psnr")

"""The numbers that lessons ask for, against closed forms and direct computation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.datasets.base import Dataset, Images
from core.engine.experiment import Experiment
from core.evaluation.subsets import Subsets
from core.lessons.quantities import (
    BOUND_DRAWS,
    BOUND_IMAGES,
    active_numbers,
    bounds,
    class_entropy,
    corrupted_distortion,
    gradient_spreads,
    grey_entropy,
    mean_image_cost,
    stretch,
    why_not,
)
from core.lessons.script import Recipe
from core.metrics.base import METRICS
from core.models.base import MODELS, Posterior
from core.probes import elbo_anatomy
from core.training.setup import Setup
from core.training.snapshot import Snapshot


@pytest.fixture(scope="module")
def learned(tiny: Callable[..., Dataset]) -> tuple[Snapshot, Dataset]:
    """A VAE after some steps on small blobs."""
    dataset = tiny()
    experiment = Experiment(Setup(threads=1, device="cpu"), dataset, ("vae",))
    try:
        run = experiment.runs[0]
        run.step(60)
        assert run.board.wait(lambda view: view.snapshot is not None and view.snapshot.step == 60, 60)
        snapshot = run.snapshot
        assert snapshot is not None
        return snapshot, dataset
    finally:
        assert experiment.close()


def test_more_draws_tighten_the_bound(learned: tuple[Snapshot, Dataset]) -> None:
    loose, tight, error = bounds(*learned)
    assert math.isfinite(tight)
    assert 0 < error < loose - tight
    assert tight <= loose  # Jensen, on the same draws


def test_both_bounds_are_those_of_the_same_draws(
    learned: tuple[Snapshot, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    log_weights = Snapshot.log_weights

    def listening(self: Snapshot, image: np.ndarray, epsilon: np.ndarray) -> np.ndarray:
        found = log_weights(self, image, epsilon)
        seen.append(found)
        return found

    monkeypatch.setattr(Snapshot, "log_weights", listening)
    loose, tight, _ = bounds(*learned)
    assert [len(each) for each in seen] == [BOUND_DRAWS] * min(BOUND_IMAGES, len(learned[1].test))
    assert loose == pytest.approx(np.mean([elbo_anatomy.bound(each, 1) for each in seen]), rel=1e-12)
    assert tight == pytest.approx(np.mean([elbo_anatomy.bound(each, BOUND_DRAWS) for each in seen]), rel=1e-12)


def test_the_bounds_of_log_normal_weights_are_known(
    learned: tuple[Snapshot, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """log w = −c + s·ε: −E log w is c, −log E w is c − s²/2. Within five standard errors of 40,000 draws."""
    c, s = 700.0, 0.5
    monkeypatch.setattr(Snapshot, "log_weights", lambda self, image, epsilon: -c + s * epsilon[:, 0].astype(float))
    loose, tight, _ = bounds(*learned)
    draws = BOUND_DRAWS * min(BOUND_IMAGES, len(learned[1].test))
    assert loose == pytest.approx(c, abs=5 * s / math.sqrt(draws))
    spread = math.exp(s * s) - 1  # the variance of w / E w; it also lifts the bound by half of it over k
    assert tight == pytest.approx(c - s * s / 2 + spread / (2 * BOUND_DRAWS), abs=5 * math.sqrt(spread / draws))


def test_no_picture_costs_less_than_the_grey_itself(learned: tuple[Snapshot, Dataset]) -> None:
    snapshot, dataset = learned
    x = dataset.test.pixels.astype(np.float32) / 255
    subsets = Subsets(dataset)
    floor = grey_entropy(subsets)
    assert 0 < floor < snapshot.measure(x)["distortion"].mean()
    assert floor < mean_image_cost(subsets)
    assert floor < corrupted_distortion(snapshot, subsets)


def test_the_score_function_scatters_more_and_neither_touches_the_weights(learned: tuple[Snapshot, Dataset]) -> None:
    snapshot, dataset = learned
    before = [each.detach().clone() for each in snapshot.model.parameters()]
    score, less, straight = gradient_spreads(snapshot, dataset)
    assert score > less > straight > 0
    assert all(each.grad is None for each in snapshot.model.parameters())
    assert all(bool((a == b).all()) for a, b in zip(before, snapshot.model.parameters(), strict=True))


def test_numbers_that_matter_are_counted(learned: tuple[Snapshot, Dataset], monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, dataset = learned
    codes = torch.tensor([[0.0, 5.0, 0.4, -0.6]]).repeat(len(dataset.test), 1)
    monkeypatch.setattr(type(snapshot.model), "encode", lambda self, x: Posterior(codes[: len(x)]))
    assert active_numbers(snapshot, Subsets(dataset)) == 2.0  # a tenth of 5 is 0.5


def test_the_stretch_of_a_linear_decoder_is_its_largest_singular_value(
    learned: tuple[Snapshot, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, dataset = learned
    slope = np.array([[3.0, 0.0], [0.0, 4.0], [0.0, 0.0]], np.float32)  # (P, D)
    monkeypatch.setattr(Snapshot, "decode", lambda self, z: (z @ slope.T)[:, None, None, :])
    assert stretch(snapshot, Subsets(dataset)) == pytest.approx(4.0, rel=1e-4)


def test_the_entropy_of_equal_classes_is_log_k() -> None:
    pixels = np.zeros((40, 1, 2, 2), np.uint8)
    images = Images(pixels, np.arange(40) % 4)
    assert class_entropy(Subsets(Dataset("x", "X", images, images))) == pytest.approx(math.log(4))
    assert math.isnan(class_entropy(Subsets(Dataset("x", "X", Images(pixels), images))))


def test_a_lesson_may_ask_for_every_measure() -> None:
    """A lesson is checked before its data are read: what stands in for them has enough of everything."""
    for name in METRICS.names():
        reasons = [
            why_not(MODELS.get(model), name, Recipe(data, {}, {}, ()))
            for model in MODELS.names()
            for data in ("mnist", "mixture")
        ]
        assert "" in reasons, name

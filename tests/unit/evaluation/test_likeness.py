"""The word for a point of the latent space, on real digits and real models."""

from __future__ import annotations

import dataclasses
import functools
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.base import SOURCES, Dataset, load
from core.evaluation.likeness import FAR, LIMITS, NEAR, SLACK, Judgement, Likeness, Place, judged, of_picture, sharpness
from core.evaluation.reference import Reference
from core.foundation.arrays import Floats
from core.foundation.slices import finish
from core.models.base import MODELS
from core.theory.latent_space import prior
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training


@functools.cache
def mnist() -> Dataset:
    return load("mnist", None)


@functools.cache
def reference() -> Reference:
    return Reference(mnist())


def likeness_of(picture: Floats) -> Likeness:
    return finish(of_picture(picture, finish(reference().standard()), reference().real_side))


def place_of(picture: Floats, r: float | None = None) -> Place:
    return judged(r, likeness_of(picture), r is not None, None).place


def drawn(model: str, steps: int, **knobs: float | str) -> Floats:
    """Pictures (60, C, H, W) of a model trained so long, from its prior."""
    torch.set_num_threads(1)
    config = dataclasses.replace(MODELS.get(model).Config(), **knobs)
    setup = Setup(network="mlp", latent=2, batch=64, seed=7, device="cpu")
    training = Training(model, config, setup, DeviceDataset(mnist(), torch.device("cpu")))
    for _ in range(steps):
        training.advance()
        if training.rows_waiting >= 100:
            training.take_rows()
    return training.snapshot().decode(prior(60, 2, 3))


def test_digits_lie_on_the_manifold_and_noise_does_not() -> None:
    tests = reference().subsets.compared
    places = [place_of(picture) for picture in tests[1_000:1_200]]
    assert places.count("manifold") >= 0.8 * len(places)
    assert places.count("unlike") <= 0.1 * len(places)
    noise = np.random.default_rng(0).random((20, 1, 28, 28), np.float32)
    assert {place_of(picture) for picture in noise} == {"unlike"}


def test_the_mean_of_all_digits_is_unclear_even_where_codes_are() -> None:
    mean = reference().subsets.compared.mean(0)
    found = likeness_of(mean)
    assert found.ratio < NEAR
    assert not found.is_sharp
    assert place_of(mean) == "unclear"
    assert place_of(mean, r=0.2) == "unclear"


def test_a_generator_of_four_steps_is_off_the_manifold() -> None:
    assert {place_of(picture) for picture in drawn("gan", 4)} == {"unlike"}


def test_a_collapsed_decoder_is_nowhere_on_the_manifold() -> None:
    places = [place_of(picture, r=0.3) for picture in drawn("vae", 200, beta=100.0)]
    assert places.count("manifold") == 0
    assert places.count("hole") == 0


def test_a_trained_vae_mostly_draws_digits() -> None:
    places = [place_of(picture, r=0.3) for picture in drawn("vae", 600, lr=3e-3, hidden="256, 128")]
    assert places.count("manifold") >= 0.55 * len(places)


def test_points_are_their_own_features() -> None:
    data = load("mixture", SOURCES.get("mixture").Config())
    plane = Reference(data)
    standard = finish(plane.standard())
    on, off = data.test.pixels[0].astype(np.float32), np.full(data.shape, 9.0, np.float32)
    near = finish(of_picture(on, standard, plane.real_side))
    far = finish(of_picture(off, standard, plane.real_side))
    assert near.is_clear
    assert near.is_sharp
    assert judged(None, near, False, None).place == "manifold"
    assert judged(None, far, False, None).place == "unlike"


CLEAR = Likeness(0.5, True, True)


@pytest.mark.parametrize(
    ("r", "likeness", "has_encoder", "place"),
    [
        (None, None, True, "unknown"),
        (None, CLEAR, True, "unknown"),
        (0.5, None, True, "unknown"),
        (0.5, CLEAR, True, "manifold"),
        (1.0, CLEAR, True, "edge"),
        (1.0, None, True, "edge"),
        (2.0, CLEAR, True, "hole"),
        (0.5, Likeness(2.0, False, False), True, "unlike"),
        (0.5, Likeness(1.0, False, True), True, "edge"),
        (0.5, Likeness(0.7, False, False), True, "unclear"),
        (0.5, Likeness(0.7, False, True), True, "manifold"),
        (None, None, False, "unknown"),
        (None, CLEAR, False, "manifold"),
        (None, Likeness(1.0, True, True), False, "edge"),
        (None, Likeness(1.5, True, True), False, "unlike"),
        (None, Likeness(0.5, True, False), False, "unclear"),
        (None, Likeness(float("nan"), False, False), False, "unknown"),
        (float("nan"), CLEAR, True, "unknown"),
    ],
)
def test_every_place(r: float | None, likeness: Likeness | None, has_encoder: bool, place: Place) -> None:
    assert judged(r, likeness, has_encoder, None).place == place


@given(st.floats(NEAR - SLACK, FAR + SLACK), st.lists(st.floats(-SLACK / 2.1, SLACK / 2.1), min_size=3, max_size=9))
def test_a_word_does_not_flicker(around: float, wobbles: list[float]) -> None:
    standing: Judgement | None = None
    words = []
    for wobble in wobbles:
        standing = judged(around + wobble, CLEAR, True, standing)
        words.append(standing.place)
    changes = sum(a != b for a, b in itertools.pairwise(words))
    assert changes <= 2


def test_sharpness_of_what_is_flat_noisy_and_blurred() -> None:
    digits = reference().subsets.compared[:50]
    blurred = sum(np.roll(digits, shift, (2, 3)) for shift in ((0, 0), (0, 1), (1, 0), (1, 1))) / 4
    assert sharpness(np.full((1, 1, 28, 28), 0.4, np.float32))[0] == 0
    assert sharpness(np.random.default_rng(1).random((1, 1, 28, 28)))[0] == pytest.approx(2, abs=0.1)
    assert (sharpness(blurred) < sharpness(digits)).all()


@given(st.floats(0.5, 1.5), st.floats(0.5, 1.5))
def test_a_band_stands_at_most_the_slack_past_its_limits(before: float, now: float) -> None:
    standing = judged(before, CLEAR, True, None)
    band = judged(now, CLEAR, True, standing).band
    assert band is not None
    low, high = LIMITS[band]
    assert low - SLACK <= now <= high + SLACK

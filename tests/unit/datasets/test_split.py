"""The split by seed: stratified, always the same, equal images on one side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.split import stratified_split


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=2, max_size=60),
    st.floats(0.01, 0.5),
    st.integers(0, 99),
)
def test_equal_images_are_on_one_side(images: list[tuple[int, int]], share: float, seed: int) -> None:
    hashes = np.array([each for each, _ in images], np.uint64)
    labels = np.array([label for _, label in images], np.int64)
    is_test = stratified_split(hashes, labels, share, seed)
    assert not set(hashes[is_test]) & set(hashes[~is_test])
    np.testing.assert_array_equal(is_test, stratified_split(hashes, labels, share, seed))
    different = len(set(hashes)) > 1
    assert is_test.any() == different
    assert not is_test.all()


@pytest.mark.parametrize("share", [0.1, 0.15, 0.5])
def test_each_class_gives_its_share(share: float) -> None:
    labels = np.repeat([0, 1, 2], [1_000, 100, 10])
    is_test = stratified_split(np.arange(1_110, dtype=np.uint64), labels, share, 0)
    assert np.bincount(labels[is_test]).tolist() == [round(share * count) or 1 for count in (1_000, 100, 10)]


def test_the_split_hangs_on_the_seed_and_not_on_the_pixels() -> None:
    random = np.random.default_rng(0)
    one, two = (random.integers(0, 2**63, 200).astype(np.uint64) for _ in range(2))
    np.testing.assert_array_equal(stratified_split(one, None, 0.2, 5), stratified_split(two, None, 0.2, 5))
    assert (stratified_split(one, None, 0.2, 5) != stratified_split(one, None, 0.2, 6)).any()


def test_classes_of_one_image_each() -> None:
    is_test = stratified_split(np.arange(4, dtype=np.uint64), np.arange(4), 0.2, 0)
    assert is_test.sum() == 1

"""What lies in an array is guessed from its shape and its range, and turned into bytes rightly."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from core.foundation.reading import DataError, no_report
from core.readers.classes import as_classes
from core.readers.layout import channels_first, filled, find_range, resized, squared, to_bytes

RANDOM = np.random.default_rng(0)
COLOURS = RANDOM.integers(0, 256, (10, 3, 12, 16)).astype(np.uint8)  # (N, C, H, W)


@pytest.mark.parametrize(
    ("stored", "matlab", "layout"),
    [
        (COLOURS, False, "N, C, H, W"),
        (COLOURS.transpose(0, 2, 3, 1), False, "N, H, W, C"),
        (COLOURS.transpose(2, 3, 1, 0), True, "H, W, C, N"),
        (COLOURS[:, 0], False, "N, H, W"),
        (COLOURS[:, 0].transpose(1, 2, 0), True, "H, W, N"),
        (COLOURS[:, :1], False, "N, C, H, W"),
        (COLOURS[:, :, :12, :12].reshape(10, -1), False, "N, D"),
        (COLOURS[:, 0, :12, :12].reshape(10, -1), False, "N, D"),
        (COLOURS[:, :, :12, :12].transpose(1, 3, 2, 0).reshape(-1, 10), True, "D, N"),
        (COLOURS[:, 0, :12, :12].transpose(0, 2, 1).reshape(10, -1), True, "N, D"),
    ],
    ids=range(10),
)
def test_every_layout_becomes_channels_first(stored: npt.NDArray[np.uint8], matlab: bool, layout: str) -> None:
    found, told = channels_first(stored, "mine", matlab)
    assert told == layout
    np.testing.assert_array_equal(found, COLOURS[:, : found.shape[1], : found.shape[2], : found.shape[3]])


@pytest.mark.parametrize(
    "shape", [(10,), (10, 100, 7), (10, 27), (10, 49), (4, 4, 28, 28), (5, 28, 28, 2), (2, 2, 2, 2, 2)]
)
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match="mine holds"):
        channels_first(np.zeros(shape, np.uint8), "mine")


@pytest.mark.parametrize(
    ("values", "dtype", "told", "ends"),
    [
        ([0, 255, 128], "u1", "bytes", [0, 255, 128]),
        ([0, 1, 1], "u1", "0 to 1", [0, 255, 255]),
        ([0, 1, 1], "?", "0 to 1", [0, 255, 255]),
        ([0, 16, 8], "f8", "0 to 16", [0, 255, 128]),
        ([0, 255, 7], "f4", "8 bit", [0, 255, 7]),
        ([0, 255, 7], "i8", "8 bit", [0, 255, 7]),
        ([0, 1023, 512], "u2", "10 bit", [0, 255, 128]),
        ([0, 4095, 2048], "<u2", "12 bit", [0, 255, 128]),
        ([0, 65535, 257], ">u2", "16 bit", [0, 255, 1]),
        ([0, 1, 0.5], "f4", "0 to 1", [0, 255, 128]),
        ([0.1, 0.9, 0.5], "f2", "0 to 1", [25, 229, 128]),
        ([-1, 1, 0], "f4", "-1 to 1", [0, 255, 128]),
        ([0, 254.5, 7.25], "f4", "0 to 255", [0, 254, 7]),
        ([-128, 127, 0], "i1", "-128 to 127", [0, 255, 128]),
        ([-2.5, 3.5, 0.5], "f4", "-2.5 to 3.5, stretched", [0, 255, 128]),
        ([-1000, 3000, 1000], "i2", "-1000 to 3000, stretched", [0, 255, 128]),
    ],
    ids=range(16),
)
def test_every_range_becomes_bytes(values: list[Any], dtype: str, told: str, ends: list[int]) -> None:
    array = np.resize(np.array(values, dtype), (6, 1, 8, 8))
    span = find_range([array], "mine")
    assert span.told == told
    found = to_bytes(array, span, no_report)
    np.testing.assert_array_equal(found, np.resize(np.array(ends, np.uint8), (6, 1, 8, 8)))
    assert found.flags.c_contiguous
    assert found.flags.writeable


def test_train_and_test_share_one_range() -> None:
    dark, light = np.full((2, 1, 8, 8), 10, np.uint16), np.resize(np.array([0, 4095], np.uint16), (2, 1, 8, 8))
    assert find_range([dark, light], "mine").told == "12 bit"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(bad: float) -> None:
    array = np.zeros((4, 1, 8, 8), np.float32)
    array[3, 0, 7, 7] = bad
    with pytest.raises(DataError, match="mine holds nan or inf"):
        find_range([array], "mine")


def test_one_value_everywhere_is_refused() -> None:
    with pytest.raises(DataError, match="the value 7 everywhere"):
        find_range([np.full((4, 1, 8, 8), 7)], "mine")


@pytest.mark.parametrize("size", [(7, 9), (12, 16), (28, 28), (64, 40)])
def test_resizing_is_that_of_pillow(size: tuple[int, int]) -> None:
    found = resized(COLOURS, *size, no_report)
    for image, ours in zip(COLOURS, found, strict=True):
        pillow = Image.fromarray(image.transpose(1, 2, 0)).resize(size[::-1], Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(pillow).transpose(2, 0, 1).astype(int) - ours).max() <= 1


def test_squares_are_padded_or_scaled_and_never_distorted() -> None:
    padded = squared(COLOURS, 28, no_report)
    np.testing.assert_array_equal(padded[:, :, 8:20, 6:22], COLOURS)
    assert int(padded.sum()) == int(COLOURS.sum())
    smaller = squared(COLOURS, 8, no_report)
    assert smaller.shape == (10, 3, 8, 8)
    np.testing.assert_array_equal(smaller[:, :, 1:7], resized(COLOURS, 6, 8, no_report))
    larger = filled(COLOURS, 32, no_report)
    np.testing.assert_array_equal(larger[:, :, 4:28], resized(COLOURS, 24, 32, no_report))
    assert not larger[:, :, :4].any()


@pytest.mark.parametrize(
    ("labels", "found", "names"),
    [
        ([[3, 1], [2, 1]], [[2, 0], [1, 0]], ("1", "2", "3")),
        ([[0.0, 2.0], [1.0]], [[0, 2], [1]], ("0", "1", "2")),
        ([["cat", "dog"], ["ant"]], [[1, 2], [0]], ("ant", "cat", "dog")),
        ([[b"a", b"b"], [b"a"]], [[0, 1], [0]], ("a", "b")),
        ([[7_000_000, -5], [-5]], [[1, 0], [0]], ("-5", "7000000")),
        ([[True, False], [True]], [[1, 0], [1]], ("0", "1")),
    ],
    ids=range(6),
)
def test_labels_of_any_kind_become_classes(labels: list[list[Any]], found: list[list[int]], names: tuple[str]) -> None:
    result = as_classes([np.array(each) for each in labels])
    assert result is not None
    assert [each.tolist() for each in result[0]] == found
    assert all(each.dtype == np.int64 for each in result[0])
    assert result[1] == names


@pytest.mark.parametrize("labels", [[0.5, 1.0], [np.nan, 1.0], list(range(0, 4_000, 2))])
def test_measurements_are_no_classes(labels: list[float]) -> None:
    assert as_classes([np.array(labels)]) is None

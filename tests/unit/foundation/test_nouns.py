"""Sentences about images, said of points."""

from __future__ import annotations

import pytest

from core.foundation.nouns import of_points


@pytest.mark.parametrize(
    ("images", "points"),
    [
        ("Test images cost more than training images.", "Test points cost more than training points."),
        ("Images per step; an image in a picture.", "Points per step; a point in a point."),
        ("Every pixel, and the pixels of An image.", "Every coordinate, and the coordinates of A point."),
        ("The imagery of a pixelated picturesque coast", "The imagery of a pixelated picturesque coast"),
        ("−ELBO rose by 3.1 nats.", "−ELBO rose by 3.1 nats."),
    ],
)
def test_images_become_points_as_whole_words(images: str, points: str) -> None:
    assert of_points(images) == points

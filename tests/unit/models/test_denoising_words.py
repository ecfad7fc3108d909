"""What the denoising autoencoder says of its images, on screen."""

from __future__ import annotations

from core.models.denoising_ae import CHART


def test_the_legend_says_in_terms_of_the_field_which_images_are_meant() -> None:
    assert [series.short for series in CHART.series] == ["corrupted", "clean"]
    assert "corrupted" in CHART.about

"""The report: its charts, and the measures of perfect and collapsed samples."""

from __future__ import annotations

import xml.etree.ElementTree as Xml

import pytest

from core.datasets.base import SOURCES, load
from core.evaluation import plane_statistics
from core.evaluation.model_side import DRAWS
from core.evaluation.real_side import RealSide
from core.reproduction.modes import LAYOUTS, Layout, collapsed, measure_points
from core.reproduction.plot import Series, StripChart, svg
from core.reproduction.rows import mean_and_spread


def test_a_picture_has_a_dot_for_every_value() -> None:
    chart = StripChart("modes < all", (Series("GAN", (6.0, 7.0, 8.0), 6.3), Series("perfect", (8.0,))), (0.0, 1.0))
    root = Xml.fromstring(svg([[chart, chart], [chart]]))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}circle")) == 12
    heights = [float(dot.get("cy", "")) for dot in root.findall(f"{space}circle")[:3]]
    assert heights == sorted(heights, reverse=True)  # more is higher
    words = [each.text for each in root.findall(f"{space}text")]
    assert words.count("modes < all") == 3
    assert {"0", "2", "4", "6", "8"} <= set(words)


@pytest.mark.parametrize(("values", "words"), [([2.0], "2.00"), ([1.0, 3.0], "2.00 ± 1.41")])
def test_mean_and_spread(values: list[float], words: str) -> None:
    assert mean_and_spread(values, 2) == words


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_perfect_and_a_collapsed_generator_read_as_they_must(layout: Layout) -> None:
    data = load("mixture", SOURCES.get("mixture").Config(layout=layout.name, spread=layout.sigma))  # type: ignore[call-arg]
    real_side = RealSide(data)
    perfect = measure_points(plane_statistics.fresh(real_side, DRAWS, 7), real_side)
    collapse = measure_points(collapsed(real_side), real_side)
    assert perfect.modes == layout.centres
    assert perfect.quality == pytest.approx(98.9, abs=0.7)
    assert (collapse.modes, round(collapse.quality)) == (1, 99)
    assert collapse.kl > 50 * perfect.kl
    assert collapse.js > 20 * perfect.js
    assert collapse.distance > 10 * perfect.distance

"""The report's own parts: pictures, and what perfect and collapsed samples read."""

from __future__ import annotations

import xml.etree.ElementTree as Xml

import pytest

from core.datasets.base import SOURCES, load
from core.evaluation import plane_statistics
from core.evaluation.model_side import DRAWS
from core.evaluation.real_side import RealSide
from core.reproduction.modes import LAYOUTS, Layout, collapsed, read
from core.reproduction.plot import Kind, Strip, strips
from core.reproduction.rows import mean_and_spread


def test_a_picture_has_a_dot_for_every_value() -> None:
    one = Strip("modes < all", (Kind("GAN", (6.0, 7.0, 8.0), 6.3), Kind("perfect", (8.0,))), (0.0, 1.0))
    picture = strips([[one, one], [one]])
    root = Xml.fromstring(picture)
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
def test_perfect_and_collapsed(layout: Layout) -> None:
    data = load("mixture", SOURCES.get("mixture").Config(layout=layout.name, spread=layout.sigma))  # type: ignore[call-arg]
    real_side = RealSide(data)
    perfect = read(plane_statistics.fresh(real_side, DRAWS, 7), real_side)
    gone = read(collapsed(real_side), real_side)
    assert perfect.modes == layout.centres
    assert perfect.quality == pytest.approx(98.9, abs=0.7)
    assert (gone.modes, round(gone.quality)) == (1, 99)
    assert gone.kl > 50 * perfect.kl
    assert gone.js > 20 * perfect.js
    assert gone.distance > 10 * perfect.distance

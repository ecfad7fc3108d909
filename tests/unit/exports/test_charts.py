"""Charts as SVG: well formed, in the colours of their lanes, and true to the values."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from core.exports import charts
from core.exports.charts import Curve, LineChart, line_chart, point_chart, stretches
from core.exports.palette import DARK, LIGHT, with_colors


def paths(svg: str) -> list[list[tuple[float, float]]]:
    """The points of each open path that is drawn as a line, px."""
    found = []
    for path in re.findall(r'<path d="([^"]*)" style="fill:none', svg):
        found += [[tuple(map(float, p.split())) for p in piece.split("L")] for piece in path.split("M")[1:]]
    return found


def test_a_curve_is_the_means_of_its_stretches() -> None:
    x, y = np.arange(1.0, 1201.0), np.arange(1200.0)
    steps, means = stretches(x, y, 120)
    assert steps.tolist() == list(range(10, 1201, 10))
    assert means == pytest.approx(np.arange(120) * 10 + 4.5)
    y[0:10], y[10] = np.nan, np.inf
    means = stretches(x, y, 120)[1]
    assert np.isnan(means[0])
    assert means[1] == pytest.approx(15.0)


def test_places_on_the_chart_are_the_values() -> None:
    x = np.array([0.0, 50.0, 100.0])
    svg, height = line_chart(LineChart("nats", (Curve("A", 0, x, np.array([1.0, 2.0, 3.0])),)))
    (line,) = paths(svg)
    assert [a for a, _ in line] == pytest.approx([charts.LEFT, (charts.LEFT + 668) / 2, 668], abs=0.1)
    ys = [b for _, b in line]
    assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=0.15)
    assert height == charts.HEIGHT
    ticks = dict(re.findall(r'y="([\d.]+)" text-anchor="end"  style="[^"]*">([\d.]+)<', svg))
    at_two = next(float(y) for y, words in ticks.items() if words == "2")
    assert at_two - 3.5 == pytest.approx(ys[1], abs=0.1)


def test_a_curve_is_cut_where_it_leaves_the_chart_and_where_it_is_no_number() -> None:
    x = np.arange(1.0, 101.0)
    y = np.concatenate([[1000.0], np.linspace(3.0, 1.0, 99)])
    y[50] = np.nan
    svg, height = line_chart(LineChart("nats", (Curve("A", 1, x, y),)))
    first, second = paths(svg)
    per_step = (668 - charts.LEFT) / 100
    assert first[-1][0] == pytest.approx(charts.LEFT + 50 * per_step, abs=0.1)
    assert second[0][0] == pytest.approx(charts.LEFT + 52 * per_step, abs=0.1)
    assert all(28.0 <= place <= height - charts.BOTTOM for _, place in first + second)
    assert first[0][1] == 28.0  # it comes in over the upper edge, between two steps
    assert 0 < first[1][0] - first[0][0] < per_step


def test_what_is_empty_or_never_finite_is_an_empty_chart() -> None:
    nothing = np.empty(0)
    for x, y in ((nothing, nothing), (np.arange(3.0), np.full(3, np.nan))):
        svg, _ = line_chart(LineChart("nats", (Curve("A & <B>", 4, x, y),), (1.386, "balance"), 2.0))
        ET.fromstring(with_colors(svg, LIGHT))
        assert not paths(svg)
        assert "A &amp; &lt;B&gt;" in svg


@pytest.mark.parametrize("slot", range(5))
def test_each_lane_has_its_colour_and_its_shape(slot: int) -> None:
    x = np.arange(60.0)
    svg, _ = line_chart(LineChart("nats", (Curve("A", slot, x, x),)))
    for colors in (LIGHT, DARK):
        drawn = with_colors(svg, colors)
        assert "var(" not in drawn
        assert f"stroke:{colors[f'lane-{slot + 1}']}" in drawn
    others = {line_chart(LineChart("nats", (Curve("A", other, x, x),)))[0] for other in range(5) if other != slot}
    shapes = {re.sub(r"lane-\d", "lane", other) for other in others}
    assert re.sub(r"lane-\d", "lane", svg) not in shapes


def test_many_curves_get_more_lines_of_legend_and_a_higher_picture() -> None:
    x = np.arange(10.0)
    curves = tuple(Curve(f"A model with a long name {i}: −ELBO", i % 5, x, x + i, i > 4) for i in range(10))
    svg, height = line_chart(LineChart("nats", curves))
    assert height > charts.HEIGHT
    root = ET.fromstring(with_colors(svg, LIGHT))
    assert root.get("viewBox") == f"0 0 {charts.WIDTH} {height}"
    legend = [float(e.get("x") or 0) + charts.LETTER_PX * len(e.text or "") for e in root.iter("text")][:10]
    assert max(legend) <= charts.WIDTH


def test_points_lie_where_they_are() -> None:
    data = np.array([[0.0, 0.0]], np.float32)
    points = np.array([[1.5, 1.5], [-9.0, np.nan]], np.float32)
    svg = point_chart(data, points, 2)
    dots = re.findall(r'd="((?:M[\d.]+ [\d.]+h\.01)+)"', svg)
    assert dots == ["M100.0 100.0h.01", "M198.0 2.0h.01M2.0 198.0h.01"]
    assert 'd="M100.0 100.0L' in point_chart(data, data, 2, data)

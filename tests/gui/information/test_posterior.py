"""*Use my VAE*: the posterior of an image, its curves and its map, and its rate dimension by dimension."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.foundation.slices import finish
from core.probes.codes import LatentCodes, LatentCodesLook
from core.theory.gaussians import kl_to_prior
from gui.desk.export import svg
from gui.drawing import numbers, paint, theme
from gui.information.posterior import Posterior, RateBar, encode_posterior
from gui.information.posterior_curves import BINS, ROW_PX, PosteriorCurves
from gui.information.posterior_map import PosteriorMap
from gui.plots.plane import STEP_PX
from gui.plots.plot import ZOOM_A_NOTCH
from gui.widgets import layouts
from gui.widgets.offer import offer_at
from tests.gui import hands

WIDTH, HEIGHT, SLOT = 400, 44, 1
pytestmark = pytest.mark.usefixtures("dark")


def posterior(mean_rates: list[float] | None = None, rated: int = 1_000) -> Posterior:
    """Rates of 1.36, 0.16 and 2.48 nats, and a cloud where the mean rates are known."""
    mu, sigma = np.array([1.2, -0.3, 0.0]), np.array([0.5, 0.7, 0.05])
    latent_codes = None
    if mean_rates is not None:
        labels = np.zeros(2_000, np.int64)
        codes = np.zeros((2_000, 3), np.float32)
        latent_codes = LatentCodes(codes, labels, np.array(mean_rates, np.float32), rated=rated)
    made = np.zeros((28, 28), np.uint8)
    return Posterior(SLOT, 3, mu, sigma, kl_to_prior(mu, sigma), made, latent_codes)


def bar(qtbot: QtBot, shown: Posterior | None) -> RateBar:
    made = RateBar()
    made.setFixedSize(WIDTH, HEIGHT)
    made.show_posterior(shown)
    hands.show(qtbot, made)
    return made


def stretches(widget: RateBar, y: int, color: str) -> list[tuple[int, int]]:
    """Stretches (first, end) of a row of pixels in exactly that colour, from left to right."""
    image = hands.pixels(widget)
    matches = np.array([image.pixelColor(x, y).name().upper() == color.upper() for x in range(image.width())])
    edges = np.flatnonzero(np.diff(np.pad(matches, 1).astype(int)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def expected_stretches(rates: Any, nats: float) -> list[tuple[float, float]]:
    """Start and end, px, of the parts when the whole width is ``nats`` long."""
    ends = np.concatenate([[0.0], np.cumsum(rates)]) / nats * WIDTH
    return list(zip(ends[:-1].tolist(), (ends[1:] - 1).tolist(), strict=True))  # a pixel of air


@given(st.lists(st.floats(0, 8), min_size=1, max_size=40), st.floats(0.5, 200), st.floats(0, 50))
def test_parts_are_as_wide_as_their_rates_and_add_up(rates: list[float], scale: float, left: float) -> None:
    found = RateBar._parts(QRectF(left, 3, 100, 9), np.array(rates), scale)
    assert [index for index, _ in found] == [index for index, rate in enumerate(rates) if rate * scale >= 1]
    for index, box in found:
        assert box.left() == pytest.approx(left + scale * sum(rates[:index]), abs=1e-6)  # the small ones take room
        assert box.width() == pytest.approx(max(1.0, scale * rates[index] - 1))  # a pixel of air to the next
        assert (box.top(), box.height()) == (3, 9)


@pytest.mark.parametrize("means", [[0.4, 1.8, 0.2], [3.0, 0.5, 2.5]])
def test_the_bar_paints_the_rates_of_the_image_and_below_the_means(qtbot: QtBot, means: list[float]) -> None:
    shown = posterior(means)
    made = bar(qtbot, shown)
    nats = 1.05 * max(shown.rate, sum(means))  # both rows at one scale
    kl = theme.current().info_kl
    for y, color, rates in (
        (3, kl, shown.rates),
        (25, theme.mix(kl, theme.current().card, 0.6), means),
    ):
        found, parts = stretches(made, y, color), expected_stretches(rates, nats)
        assert len(found) == len(parts), (y, found, parts)
        np.testing.assert_allclose(found, parts, atol=1.5)


def test_the_bar_prints_and_tells_both_rates(qtbot: QtBot) -> None:
    shown = posterior([0.4, 1.8, 0.2])
    made = bar(qtbot, shown)
    mu, sigma = shown.mu, shown.sigma
    rates = 0.5 * (mu**2 + sigma**2 - 1 - np.log(sigma**2))
    told = ", ".join(f"z{sub} {rate:.2f}" for sub, rate in zip("₁₂₃", rates, strict=True))
    assert shown.rate == pytest.approx(float(rates.sum()))
    assert made.accessibleDescription() == f"{told} nats; mean of 1,000 test images, 2.40 nats"
    words = [each for _, each in paint.words_on(made)]
    assert words == [f"z₁ {rates[0]:.2f}", f"z₃ {rates[2]:.2f}", "below: mean of 1,000 test images, 2.40 nats"]


def test_what_is_not_known_is_not_told(qtbot: QtBot) -> None:
    made = bar(qtbot, posterior())
    assert made.accessibleDescription().endswith(" nats")
    assert not [words for _, words in paint.words_on(made) if "mean" in words]
    assert not stretches(made, 25, theme.mix(theme.current().lanes[SLOT], theme.current().card, 0.6))
    made.show_posterior(posterior([1.0, 1.0, 1.0], rated=80))
    assert made.accessibleDescription().endswith("; mean of 80 test images, 3.00 nats")
    made.show_posterior(None)
    assert made.accessibleDescription() == ""
    assert not paint.words_on(made)


def test_the_curves_tell_the_rate_of_each_dimension(qtbot: QtBot) -> None:
    curves = PosteriorCurves()
    curves.setFixedSize(300, 600)
    shown = posterior([0.4, 1.8, 0.2])
    curves.show_posterior(shown)
    hands.show(qtbot, curves)
    rates = [f"{rate:.2f}" for rate in kl_to_prior(shown.mu, shown.sigma)]
    told = ", ".join(f"z{sub} {rate}" for sub, rate in zip("₁₂₃", rates, strict=True))
    assert curves.accessibleDescription() == f"Rate per dimension in nats: {told}"
    words = [each for _, each in paint.words_on(curves.viewport())]
    assert [each for each in words if each in rates] == rates
    assert [each for each in words if each.startswith("μ")] == [
        "μ 1.20 · σ 0.50",
        "μ −0.30 · σ 0.70",
        "μ 0.00 · σ 0.050",
    ]


def test_older_codes_beside_a_posterior_say_their_step(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae",))
    run, image = stage.run("vae"), np.zeros((1, 28, 28), np.float32)
    run.ask(LatentCodesLook())
    stage.until(lambda: stage.answer(run, LatentCodesLook, step=0) is not None)
    shown = encode_posterior(run, run.snapshot, image)
    assert shown is not None
    assert (shown.codes_since, RateBar._mean_words(shown)[-4:]) == ("", "nats")
    run.board.change(lambda view: replace(view, status=replace(view.status, step=132)))
    shown = encode_posterior(run, run.snapshot, image)
    assert shown is not None
    assert shown.codes_since == "step 0"
    assert RateBar._mean_words(shown).endswith("nats, step 0")


# The curves and the map in the hands


def curves_of(qtbot: QtBot, shown: Posterior | None = None) -> PosteriorCurves:
    made = PosteriorCurves()
    made.setFixedSize(300, 600)
    made.show_posterior(posterior([0.4, 1.8, 0.2]) if shown is None else shown)
    hands.show(qtbot, made)
    return made


def map_of(qtbot: QtBot) -> tuple[PosteriorMap, Posterior]:
    made, shown = PosteriorMap(), posterior([0.4, 1.8, 0.2])
    codes = np.random.default_rng(1).normal(size=(2_000, 3)).astype(np.float32)
    codes[7] = np.nan
    assert shown.latent_codes is not None
    shown = replace(shown, latent_codes=replace(shown.latent_codes, codes=codes))
    made.setFixedSize(240, 300)
    made.show_posterior(shown, np.eye(3, dtype=np.float32)[:2])
    hands.show(qtbot, made)
    return made, shown


def rows_of(plot: PosteriorCurves | PosteriorMap) -> list[dict[str, str]]:
    found = offer_at(plot.viewport())
    assert found is not None
    assert found[0] is plot
    assert found[1].table is not None
    return list(csv.DictReader(io.StringIO(found[1].table())))


def test_the_curves_zoom_pan_and_fit_along_z_alone(qtbot: QtBot) -> None:
    made = curves_of(qtbot)
    view, middle = made.viewport(), made.rect().center()
    assert not hands.wheel(view, 1)
    QTest.mouseMove(view, middle)
    assert hands.wheel(view, 3)
    left, right = made.x_range
    assert right - left == pytest.approx(8 / ZOOM_A_NOTCH**3)
    assert made.y_range == made.home[1]
    hands.drag(view, middle, middle + QPoint(40, 25))
    assert made.x_range[0] < left
    assert made.y_range == made.home[1]
    assert made._fit_button.isVisible()
    QTest.mouseDClick(view, hands.LEFT, hands.NONE, middle)
    assert (made.x_range, made._fit_button.isVisible()) == (made.home[0], False)


def test_the_curves_zoom_pan_and_fit_by_keys(qtbot: QtBot) -> None:
    made = curves_of(qtbot)
    made.setFocus()
    QTest.keyClick(made, hands.Key.Key_Plus)
    wide = made.x_range[1] - made.x_range[0]
    assert wide < 8
    QTest.keyClick(made, hands.Key.Key_Right)
    assert made.x_range[0] > -wide / 2
    QTest.keyClick(made, hands.Key.Key_0)
    assert made.x_range == (-4.0, 4.0)


def test_the_curves_are_read_by_mouse_and_keys(qtbot: QtBot) -> None:
    made = curves_of(qtbot)
    QTest.mouseMove(made.viewport(), made.to_pixel(1.2, 0.5).toPoint())
    at = made.link.pointer
    assert at == pytest.approx(1.2, abs=0.02)
    read = [words for _, words in paint.words_on(made.viewport()) if words.startswith("at ")]
    assert read[0].startswith(f"at {at:.2f}: q 0.80 · p {math.exp(-0.5 * at * at) / math.sqrt(2 * math.pi):.2f}")
    assert len(read) == 3
    QApplication.sendEvent(made, QEvent(QEvent.Type.Leave))
    assert made.link.pointer is None
    made.setFocus()
    QTest.keyClick(made, hands.Key.Key_Right, hands.SHIFT)
    QTest.keyClick(made, hands.Key.Key_Right, hands.SHIFT)
    assert made.link.pointer == pytest.approx(4 * 8 / made.inner.width())
    words = [words for _, words in paint.words_on(made.viewport()) if words.startswith("at ")]
    assert [each.split(":")[0] for each in words] == [f"at {made.link.pointer:.2f}"] * 3


def test_the_table_of_the_curves_reads_back(qtbot: QtBot) -> None:
    shown = posterior([0.4, 1.8, 0.2])
    assert shown.latent_codes is not None
    codes = np.random.default_rng(1).normal(size=(2_000, 3)).astype(np.float32)
    shown = replace(shown, latent_codes=replace(shown.latent_codes, codes=codes))
    rows = rows_of(curves_of(qtbot, shown))
    for index, (mu, sigma) in enumerate(zip(shown.mu, shown.sigma, strict=True)):
        here = [row for row in rows if row["dimension"] == f"z{index + 1}"]
        for what, m, s in (("prior", 0.0, 1.0), ("posterior", mu, sigma)):
            z, value = np.array([(row["z"], row["value"]) for row in here if row["drawn"] == what], float).T
            np.testing.assert_allclose(value, np.exp(-0.5 * ((z - m) / s) ** 2), rtol=1e-5)
            assert (z.min(), z.max()) == pytest.approx((max(-4, m - 4 * s), min(4, m + 4 * s)))
        z, value = np.array([(row["z"], row["value"]) for row in here if row["drawn"] == "codes"], float).T
        counts, edges = np.histogram(codes[:, index], BINS, (-4, 4))
        np.testing.assert_array_equal(value, counts)
        np.testing.assert_allclose(z, (edges[1:] + edges[:-1]) / 2, atol=1e-7)


def test_the_bins_of_the_codes_are_finer_in_a_nearer_view(qtbot: QtBot) -> None:
    made = curves_of(qtbot)
    codes = np.linspace(-4, 4, 5_000, dtype=np.float32)
    bins, _ = made._bins(codes)
    assert (len(bins.counts), bins.edges[0], bins.edges[-1]) == (BINS, -4, 4)
    made.zoom(4.0)
    bins, most = made._bins(codes)
    assert (len(bins.counts), bins.edges[0], bins.edges[-1]) == (BINS, -1, 1)
    assert bins.counts.max() <= most
    made.zoom(1e9)
    assert len(made._bins(codes)[0].counts) == 2
    hands.pixels(made.viewport())


def test_only_rows_in_sight_are_painted(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    mu = np.zeros(40)
    shown = replace(posterior(), mu=mu, sigma=mu + 1, rates=mu)
    made = PosteriorCurves()
    made.show_posterior(shown)
    area = layouts.scrolled(made, "Made")
    area.setFixedSize(300, 200)
    painted: list[int] = []
    monkeypatch.setattr(made, "_paint_row", lambda painter, area, shown, index: painted.append(index))
    hands.show(qtbot, area)
    assert made.height() == 40 * theme.px(ROW_PX)
    qtbot.waitUntil(lambda: bool(painted))
    assert set(painted) <= {0, 1, 2}


def test_the_map_zooms_pans_and_fits(qtbot: QtBot) -> None:
    made, _ = map_of(qtbot)
    view, middle = made.viewport(), made.rect().center()
    assert made.x_range == pytest.approx((-3.4, 3.4))  # the narrower way shows all rings
    home = made.x_range, made.y_range
    assert not hands.wheel(view, 1)
    QTest.mouseMove(view, middle)
    assert hands.wheel(view, 2)
    hands.drag(view, middle, middle + QPoint(30, -20))
    assert made.x_range[0] + made.x_range[1] < 0 > made.y_range[0] + made.y_range[1]
    QTest.mouseDClick(view, hands.LEFT, hands.NONE, middle)
    assert (made.x_range, made.y_range) == home
    made.setFocus()
    QTest.keyClick(made, hands.Key.Key_Plus)
    QTest.keyClick(made, hands.Key.Key_Up)
    assert made.y_range[0] + made.y_range[1] > 0
    made._fit_button.click()
    assert (made.x_range, made.y_range) == home


def test_the_map_is_read_by_mouse_and_keys(qtbot: QtBot) -> None:
    made, _ = map_of(qtbot)
    spot = made.to_pixel(1.0, -2.0).toPoint()
    QTest.mouseMove(made.viewport(), spot)
    x, y = made.to_point(QPointF(spot))
    said = f"({numbers.number(x, 2)}, {numbers.number(y, 2)}) σ"
    qtbot.waitUntil(lambda: made._note.isVisible())
    assert made._note._words == said
    QApplication.sendEvent(made, QEvent(QEvent.Type.Leave))
    assert not made._note.isVisible()
    made.setFocus()
    QTest.keyClick(made, hands.Key.Key_Left, hands.SHIFT)
    x, y = made.to_point(made.inner.center() - QPointF(STEP_PX, 0))
    assert made._note._words == f"({numbers.number(x, 2)}, {numbers.number(y, 2)}) σ"


def test_the_table_of_the_map_reads_back(qtbot: QtBot) -> None:
    made, shown = map_of(qtbot)
    assert shown.latent_codes is not None
    read = np.array([list(row.values()) for row in rows_of(made)], np.float32)
    np.testing.assert_array_equal(read, np.delete(shown.latent_codes.codes, 7, 0)[:, :2])


@pytest.mark.parametrize("kind", ["curves", "map"])
def test_drawings_hold_their_words(qtbot: QtBot, kind: str) -> None:
    made = curves_of(qtbot) if kind == "curves" else map_of(qtbot)[0]
    drawn = finish(svg(made))()
    texts = [each.text or "" for each in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]
    expected = ("z₁", "−4", "nats", "μ 1.20 · σ 0.50") if kind == "curves" else ("rings: prior 1σ 2σ 3σ",)
    assert all(words in "".join(texts) for words in expected)

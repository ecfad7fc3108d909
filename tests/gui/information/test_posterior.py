"""*Use my VAE*: the rate of an image dimension by dimension, as painted, printed and described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from core.probes.codes import LatentCodes, LatentCodesLook
from core.theory.gaussians import kl_to_prior
from gui.drawing import paint, theme
from gui.information.posterior import Posterior, PosteriorCurves, RateBar, encode_posterior
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
    words = [each for _, each in paint.words_on(curves)]
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

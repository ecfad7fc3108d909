"""Entropy-page cards on the user's own run: the posterior of an image, the pixels of the data, a classifier."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from core.datasets.base import SOURCES, load
from core.foundation.pixels import as_floats
from core.probes.codes import LatentCodesLook
from core.theory import gaussians, information
from gui.drawing import numbers
from gui.information.pages.entropy.bars import BarsPlot
from gui.information.pages.entropy.data_card import counted
from gui.information.pages.entropy.gaussian_plot import GaussianPlot
from gui.information.pages.entropy.page import EntropyPage
from gui.side_panels.canvas import Canvas
from tests.gui import hands
from tests.gui.information.test_entropy_page import opened

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


@pytest.fixture
def page(vae_window: Any, with_new_pages: Callable[[Any], Any]) -> tuple[Any, EntropyPage]:
    return vae_window, opened(with_new_pages(vae_window))


# Use my VAE


def test_the_sum_is_the_rate_of_the_image(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    tab = opened(stage)
    run = stage.run("vae")
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    stage.rest()
    stage.until(
        lambda: tab.vae.shown is not None and run.snapshot is not None and tab.vae.shown.step == run.snapshot.step
    )
    for _ in range(3):
        tab.vae._on.click()
        shown, image = tab.vae.shown, stage.desk.chosen.image
        assert shown is not None
        assert run.snapshot is not None
        terms = run.snapshot.measure(image[None])
        assert shown.rate == pytest.approx(float(terms["rate"][0]), rel=1e-4)
        np.testing.assert_allclose(shown.rates, terms["rates"][0], rtol=1e-3, atol=1e-5)
        assert tab.vae.rate.value == numbers.number(shown.rate, 2)
    assert f"#{stage.desk.chosen.index:,}" in tab.vae._which.text()
    stage.until(lambda: stage.answer(run, LatentCodesLook, step=run.snapshot.step) is not None)
    stage.until(lambda: tab.vae.shown.latent_codes is run.view.looks.value(LatentCodesLook))
    tab.grab()
    shown = tab.vae.shown
    assert shown is not None
    assert shown.mean_rate is not None
    assert run.snapshot is not None
    codes = run.snapshot.encode(stage.desk.chosen.image[None])
    assert codes is not None
    assert codes.sigma is not None
    rates = gaussians.kl_to_prior(codes.mu[0], codes.sigma[0])
    told = ", ".join(f"z{sub} {rate:.2f}" for sub, rate in zip("₁₂", rates, strict=True))
    assert tab.vae.curves.accessibleDescription() == f"Rate per dimension in nats: {told}"
    test = as_floats(stage.desk.experiment.dataset.test.pixels)
    mean = float(run.snapshot.measure(test)["rate"].mean())
    assert tab.vae.bar.accessibleDescription() == f"{told} nats; mean of 200 test images, {mean:.2f} nats"


def test_the_input_card_and_the_tab_show_the_same_image(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    first = stage.desk.chosen.index
    tab.vae._back.click()
    assert stage.window.input._index == stage.desk.chosen.index == (first - 1) % 200
    stage.window.input._show_test(17)
    assert stage.desk.chosen.index == 17
    assert tab.vae._which.text().startswith("#17")


def test_without_a_vae_there_is_a_way_to_one(desk_window: Open) -> None:
    stage = desk_window(("ae", "gan"))
    tab = opened(stage)
    assert tab.vae.lane() is None
    assert tab.vae.add.isVisible()
    assert not tab.vae.curves.isVisible()
    tab.vae.add.click()
    assert [run.model_name for run in stage.desk.runs] == ["ae", "gan", "vae"]
    stage.until(lambda: tab.vae.shown is not None)
    assert not tab.vae.add.isVisible()
    stage.desk.select(stage.desk.runs[0])
    assert tab.vae.lane() is stage.desk.runs[2]


def test_many_dimensions_scroll(desk_window: Open) -> None:
    stage = desk_window(("vae",), latent=16)
    tab = opened(stage)
    stage.until(lambda: tab.vae.shown is not None)
    assert tab.vae.shown is not None
    assert len(tab.vae.shown.rates) == 16
    assert tab.vae.curves.height() >= 16 * 80
    tab.grab()


# The data


def test_the_entropy_of_the_data_is_counted(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    pixels = stage.desk.experiment.dataset.train.pixels
    assert tab.data.total.value == ""  # nothing is counted before somebody scrolls there
    tab.reveal(tab.data.objectName())
    stage.until(lambda: tab.data.total.value not in ("", "—"))
    nats = float(information.pixel_entropy_ink(pixels, "bits").sum()) * math.log(2)
    assert tab.data.total.value == numbers.number(nats, 1)
    tab.data.kinds.chosen.emit("ink")
    tab.data.kinds.set_value("grey")
    tab.data.look()
    grey = float(information.pixel_entropy_grey(pixels, "bits").sum()) * math.log(2)
    assert tab.data.total.value == numbers.number(grey, 1)
    stage.until(lambda: tab.data.isVisible())
    assert len(counted(np.zeros((20_000, 1, 28, 28), np.uint8))) == 10_204


def test_points_have_no_pixels_and_no_digits(desk_window: Open) -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(train_images=500))
    stage = desk_window(("vae",), dataset=ring)
    tab = opened(stage)
    stage.until(lambda: tab.vae.shown is not None)
    tab.reveal(tab.data.objectName())
    stage.until(lambda: tab.data.total.value == "—")
    assert tab.classifier.cost.value == "—"
    tab.grab()


def test_the_classifier_is_as_surprised_as_it_says(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    tab.ensureWidgetVisible(tab.classifier)
    experiment = stage.desk.experiment
    stage.until(lambda: tab.classifier.bars.q is not None)
    classifier, index = experiment.reference.known_classifier, stage.desk.chosen.index
    assert classifier is not None
    log_p = classifier.classify(stage.desk.chosen.image[None])[1][0].astype(float)
    label = int(experiment.dataset.test.labels[index])
    assert float(tab.classifier.cost.value) == pytest.approx(-log_p[classifier.classes.index(label)], abs=2e-3)
    bars = tab.classifier.bars
    other = (bars.truth + 1) % 10
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, hands.NONE, bars.column(other).center().toPoint())
    assert bars.truth == other
    assert float(tab.classifier.cost.value.replace(",", "")) == pytest.approx(-log_p[other], abs=2e-3)
    bars.setFocus()
    stage.key("Left")
    assert float(tab.classifier.cost.value) == pytest.approx(-log_p[classifier.classes.index(label)], abs=2e-3)


def test_a_digit_is_drawn_from_the_tab(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    tab.ensureWidgetVisible(tab.classifier)
    stage.until(lambda: tab.classifier.bars.q is not None)
    stage.button("Draw", tab.classifier).click()
    sheet = stage.window.input.sheet
    assert sheet.isVisible()
    assert stage.desk.chosen.kind == "draw"
    assert stage.desk.chosen.image is None
    assert tab.classifier.cost.value == "—"
    canvas = sheet.findChildren(Canvas)[0]
    hands.drag(canvas, QPoint(140, 60), QPoint(140, 140), QPoint(140, 220))
    image = stage.desk.chosen.image
    assert image is not None
    assert image.max() > 0.5
    stage.key("Esc")
    bars, classifier = tab.classifier.bars, stage.desk.experiment.reference.known_classifier
    stage.until(lambda: bars.q is not None)
    assert classifier is not None
    assert tab.vae.shown is not None
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, hands.NONE, bars.column(1).center().toPoint())
    expected = -float(classifier.classify(image[None])[1][0, classifier.classes.index(1)])
    assert float(tab.classifier.cost.value) == pytest.approx(expected, abs=2e-3)
    tab.vae._on.click()
    assert stage.desk.chosen.is_of_test


def test_what_the_numbers_mean_comes_when_one_scrolls_there(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page

    def texts() -> set[str]:
        return {each.text() for each in tab.findChildren(QWidget) if hasattr(each, "text") and callable(each.text)}

    assert "The shared z" not in texts()  # the page opens faster without
    tab.verticalScrollBar().setValue(tab.verticalScrollBar().maximum())
    stage.until(lambda: {"Distortion", "Rate", "−ELBO", "The shared z", "The models", "Autoencoder"} <= texts())


def test_everything_has_a_name_and_every_figure_a_formula(page: tuple[Any, EntropyPage]) -> None:
    _, tab = page
    for plot in (tab.bars.plot, tab.gaussians.plot, tab.huffman.plot, tab.costs.bars, tab.vae.curves, tab.data.heat):
        assert isinstance(plot, BarsPlot | GaussianPlot) or plot.toolTip()
        assert plot.accessibleName()
    card = tab.costs
    for figure in (card.forward, card.reverse, card.js, tab.huffman.own, tab.gaussians.forward, tab.vae.rate):
        assert "=" in figure.toolTip() or "Closed form" in figure.toolTip()
        assert figure.accessibleDescription()

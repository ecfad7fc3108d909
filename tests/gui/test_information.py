"""The Information tab by hand: what is printed is what `core` says, sums stay sums, and nobody needs a mouse."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core import gaussians, huffman, information
from core.datasets.base import SOURCES, load
from core.gaussians import Gaussian
from gui.information.bars import BarsPlot, cost_words, verdict
from gui.information.codes import running_mean
from gui.information.costs import axis_end, closes, waste
from gui.information.curves import DRAWS, draws
from gui.information.data_card import counted
from gui.information.gaussian_plot import GaussianPlot
from gui.information.symbols import Account, Symbols
from gui.information_tab import InformationTab
from gui.widgets import numbers
from gui.widgets.buttons import Button, IconButton
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField
from tests.gui import hands

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
RIGHT = Qt.MouseButton.RightButton


def opened(stage: Stage) -> InformationTab:  # noqa: F821
    stage.window.show_tab("information")
    page = stage.window.pages.currentWidget()
    assert isinstance(page, InformationTab)
    stage.until(page.bars.plot.isVisible)
    return page


@pytest.fixture
def page(desk_window: Open) -> tuple[Any, InformationTab]:
    stage = desk_window(("vae",))
    return stage, opened(stage)


# Symbols


@given(st.data())
@settings(max_examples=80)
def test_whatever_hands_do_the_sums_stay_one(data: st.DataObject) -> None:
    symbols = Symbols()
    symbols.set_count(data.draw(st.integers(2, 12)))
    for _ in range(data.draw(st.integers(1, 12))):
        side: Any = data.draw(st.sampled_from(("p", "q")))
        index = data.draw(st.integers(0, symbols.count - 1))
        what = data.draw(st.sampled_from(("set", "drag", "lock", "preset", "equal")))
        before = symbols.values(side).copy()
        kept = sorted(symbols.locks[side])
        if what == "set":
            symbols.set_value(side, index, data.draw(st.floats(-1, 2)))
        elif what == "drag":
            symbols.hold(side)
            for value in data.draw(st.lists(st.floats(-0.5, 1.5), max_size=4)):
                symbols.set_value(side, index, value)
            symbols.let_go()
        elif what == "lock":
            symbols.toggle_lock(side, index)
        elif what == "preset":
            symbols.choose(side, index)
            symbols.preset(data.draw(st.sampled_from(("uniform", "skewed", "letters", "one_hot"))))
        else:
            symbols.make_equal()
        for each in ("p", "q"):
            values = information.checked(symbols.values(each))
            assert abs(math.fsum(values) - 1.0) < 1e-12
        if what in ("set", "drag"):
            np.testing.assert_array_equal(symbols.values(side)[kept], before[kept])


def test_the_others_keep_their_ratios_even_through_zero() -> None:
    symbols = Symbols()
    before = symbols.values("p").copy()
    symbols.hold("p")
    symbols.set_value("p", 0, 1.0)
    assert symbols.values("p").tolist() == [1.0] + [0.0] * 7
    symbols.set_value("p", 0, 0.5)
    symbols.let_go()
    after = symbols.values("p")
    np.testing.assert_allclose(after[1:] / after[1], before[1:] / before[1], rtol=1e-12)
    symbols.toggle_lock("p", 1)
    kept = after[1]
    symbols.set_value("p", 0, 1.0)
    assert symbols.values("p")[1] == kept
    assert symbols.values("p")[0] == pytest.approx(1 - kept)
    symbols.toggle_lock("p", 0)
    symbols.set_value("p", 0, 0.1)
    assert symbols.values("p")[0] == pytest.approx(1 - kept)  # locked itself


def drag_cap(stage: Stage, plot: BarsPlot, side: Any, index: int, by: float) -> None:  # noqa: F821
    start = plot.cap(side, index)
    stage.press(plot, start)
    for share in (0.3, 0.7, 1.0):
        stage.move(plot, start + QPointF(0, by * share))
    stage.release(plot, start + QPointF(0, by))


def assert_printed(page: InformationTab) -> None:
    """Every figure of row 1 says what the functions say of the bars."""
    p, q, unit = page.symbols.values("p"), page.symbols.values("q"), page.symbols.unit
    costs, code = page.costs, page.huffman
    assert costs.forward.value == numbers.number(information.kl(p, q, unit), 3)
    assert costs.reverse.value == numbers.number(information.kl(q, p, unit), 3)
    assert costs.js.value == numbers.number(information.js(p, q, unit), 3)
    own = huffman.mean_length(p, huffman.huffman(p), unit)
    other = huffman.mean_length(p, huffman.huffman(q), unit)
    assert (code.own.value, code.own.unit) == (numbers.number(own, 2), unit)
    assert code.own.note == f"limit H(p) {numbers.number(information.entropy(p, unit), 2)}"
    assert code.other.value == numbers.number(other, 2)
    assert code.other.note == f"limit H(p, q) {numbers.number(information.cross_entropy(p, q, unit), 2)}"
    assert code.waste.value == numbers.number(other - own, 2)


def test_a_cap_is_dragged_and_every_number_follows(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    plot, symbols = tab.bars.plot, tab.symbols
    assert_printed(tab)
    before = symbols.values("q").copy()
    drag_cap(stage, plot, "q", 2, -60)
    after = symbols.values("q")
    assert after[2] > before[2] + 0.05
    others = [0, 1, 3, 4, 5, 6, 7]
    np.testing.assert_allclose(after[others] / after[0], before[others] / before[0], rtol=1e-9)
    assert (symbols.side, symbols.active) == ("q", 2)
    assert_printed(tab)
    drag_cap(stage, plot, "p", 0, -4000)  # far above the plot: all there is
    assert symbols.values("p")[0] == 1.0
    assert tab.costs.forward.value == numbers.number(-math.log2(symbols.values("q")[0]), 3)
    assert_printed(tab)


def test_the_cap_stays_under_the_hand(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    plot = tab.bars.plot
    start = plot.cap("p", 3) + QPointF(2, 5)
    stage.press(plot, start)
    stage.move(plot, start + QPointF(0, -30))
    assert abs(plot.cap("p", 3).y() - (start.y() - 30 - 5)) < 1.0
    stage.release(plot, start + QPointF(0, -30))


def test_a_locked_bar_does_not_move(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    plot, symbols = tab.bars.plot, tab.symbols
    QTest.mouseClick(plot, RIGHT, hands.NONE, plot.cap("p", 1).toPoint())
    assert symbols.is_locked("p", 1)
    assert stage.find(IconButton, "lock bar").isChecked()
    kept = float(symbols.values("p")[1])
    drag_cap(stage, plot, "p", 0, 80)
    assert symbols.values("p")[1] == kept
    drag_cap(stage, plot, "p", 1, 80)
    assert symbols.values("p")[1] == kept
    assert_printed(tab)
    QTest.mouseClick(stage.find(IconButton, "lock bar"), Qt.MouseButton.LeftButton)
    assert not symbols.is_locked("p", 1)


def test_bars_by_keyboard(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    plot, symbols = tab.bars.plot, tab.symbols
    cursor = stage.desk.cursor.copy()
    for _ in range(80):
        if QApplication.focusWidget() is plot:
            break
        stage.key("Tab")
    assert QApplication.focusWidget() is plot
    stage.key("Q")
    stage.key("Right")
    stage.key("Right")
    assert (symbols.side, symbols.active) == ("q", 2)
    before = float(symbols.values("q")[2])
    stage.key("Up")
    assert symbols.values("q")[2] == pytest.approx(before + 0.01, abs=1e-6)
    stage.key("Shift+Down")
    assert symbols.values("q")[2] == pytest.approx(before + 0.009, abs=1e-6)
    stage.key("PgUp")
    assert symbols.values("q")[2] == pytest.approx(before + 0.109, abs=1e-6)
    assert_printed(tab)
    stage.key("L")
    assert symbols.is_locked("q", 2)
    assert "locked" in plot.accessibleDescription()
    stage.key("L")
    stage.key("P")
    stage.key("End")
    assert (symbols.side, symbols.active) == ("p", 7)
    stage.key("Home")
    assert symbols.active == 0
    state = stage.desk.runs[0].view.status.state
    assert state == "ready"  # P did not train the lane
    np.testing.assert_array_equal(stage.desk.cursor, cursor)
    assert not stage.desk.looping


def test_infinite_kl_is_shown_and_the_symbol_named(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    drag_cap(stage, tab.bars.plot, "q", 2, 4000)
    assert tab.symbols.values("q")[2] == 0.0
    assert tab.costs.forward.value == "∞"
    assert tab.costs.sentence.text().startswith("c is impossible in q and not in p")
    assert tab.huffman.other.value == "∞"
    assert tab.huffman.waste.value == "∞"
    assert tab.costs.reverse.value != "∞"
    assert closes(tab.symbols.account)
    assert verdict(tab.symbols.account, 2) == "q never expects c"
    assert "∞ bits" in cost_words(tab.symbols.account, 2)
    tab.grab()
    for view in ("tree", "message"):
        tab.huffman._choose(view)
        tab.grab()
    drag_cap(stage, tab.bars.plot, "p", 2, 4000)
    assert tab.costs.forward.value != "∞"
    assert_printed(tab)


def test_bits_and_nats(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    rate = tab.gaussians.forward.value
    in_bits = tab.symbols.account.forward
    units = stage.find(Segmented, "unit")
    units.setFocus()
    QTest.keyClick(units, Qt.Key.Key_Right)
    assert tab.symbols.unit == "nats"
    assert tab.symbols.account.forward == pytest.approx(in_bits * math.log(2))
    assert tab.costs.forward.unit == tab.huffman.own.unit == "nats"
    assert tab.gaussians.forward.unit == "nats"
    assert tab.gaussians.forward.value == rate
    assert_printed(tab)


def test_presets_counts_and_reset(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    symbols = tab.symbols
    makers: dict[str, Any] = {
        "uniform": information.uniform,
        "skewed": information.skewed,
        "letters": information.letters,
        "one_hot": information.one_hot,
    }
    for count in (2, 12, 5):
        field = stage.find(SpinField, "symbols")
        field.edited.emit(count)
        assert symbols.count == count
        for side in ("p", "q"):
            stage.find(Segmented, "side").chosen.emit(side)
            for name, make in makers.items():
                button = stage.find(Button, f"preset {name}")
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
                np.testing.assert_array_equal(symbols.values(side), make(count))
                assert button.isChecked()
                tab.grab()
        assert_printed(tab)
    stage.button("Make q = p").click()
    np.testing.assert_array_equal(symbols.values("q"), symbols.values("p"))
    assert waste(symbols.account) == "q is p: nothing is wasted."
    stage.button("Reset").click()
    np.testing.assert_array_equal(symbols.values("p"), information.skewed(5))


def test_the_axis_holds_what_is_finite() -> None:
    account = Account(np.array([1 - 1e-9, 1e-9]), np.array([1e-9, 1 - 1e-9]), "bits")
    assert axis_end(account) >= account.crossed > 29
    assert closes(account)
    assert axis_end(Account(np.array([0.5, 0.5]), np.array([1.0, 0.0]), "bits")) == 4.0


def test_a_message_settles_at_the_mean_length() -> None:
    symbols = Symbols()
    code = symbols.account.code_p
    means = running_mean(symbols.message(), code.lengths)
    assert means[0] == code.lengths[symbols.message()[0]]
    assert means[-1] == pytest.approx(symbols.account.own, abs=0.15)
    before = symbols.message().copy()
    symbols.new_message()
    assert (symbols.message() != before).any()


# Gaussians


def test_handles_move_mean_and_spread(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    plot, curves = tab.gaussians.plot, tab.curves
    start = plot.handle("q", "mean")
    stage.press(plot, start)
    stage.move(plot, start + QPointF(-80, 25))
    stage.release(plot, start + QPointF(-80, 25))
    assert curves.q.mu < 0.2
    assert curves.q.sigma == 0.75
    start = plot.handle("p", "sigma")
    stage.press(plot, start)
    stage.move(plot, start + QPointF(60, -10))
    assert plot.handle("p", "sigma").x() == pytest.approx(start.x() + 60, abs=1)
    stage.release(plot, start + QPointF(60, -10))
    assert curves.p.sigma > 1.5
    assert curves.p.mu == -0.5
    assert tab.gaussians.forward.value == numbers.number(gaussians.kl(curves.p, curves.q), 3)
    assert tab.gaussians.reverse.value == numbers.number(gaussians.kl(curves.q, curves.p), 3)
    mean, error = gaussians.kl_by_draws(curves.p, curves.q, draws())
    assert len(draws()) == DRAWS
    said = f"Monte Carlo {numbers.number(mean, 3)} ± {numbers.number(error, 3)}"
    assert tab.gaussians.forward.note == said
    assert stage.find(SpinField, "q mean").value() == pytest.approx(curves.q.mu)


def test_gaussians_by_keyboard_and_field(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    plot, curves = tab.gaussians.plot, tab.curves
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("P")
    stage.key("Right")
    stage.key("Up")
    stage.key("Shift+Left")
    assert curves.p.mu == pytest.approx(-0.5 + 0.05 - 0.01)
    assert curves.p.sigma == pytest.approx(1.05)
    stage.key("Q")
    stage.key("Down")
    assert curves.q.sigma == pytest.approx(0.7)
    field = stage.find(SpinField, "p spread")
    field._apply(2.0)
    assert curves.p.sigma == 2.0
    stage.find(Segmented, "direction").chosen.emit("reverse")
    assert curves.direction == "reverse"
    area = curves.integrand(gaussians.grid()).sum() * (gaussians.HIGH - gaussians.LOW) / (gaussians.POINTS - 1)
    assert area == pytest.approx(gaussians.kl(curves.q, curves.p), abs=1e-4)


@pytest.mark.parametrize(("way", "ends"), [("forward", (0.0, 2.6)), ("reverse", (2.5, 0.8))])
def test_a_fit_runs_on_the_windows_clock(page: tuple[Any, InformationTab], way: Any, ends: tuple[float, float]) -> None:
    stage, tab = page
    curves = tab.curves
    stage.find(Segmented, "gaussian mode").chosen.emit("fit")
    curves.set_direction(way)
    begin = gaussians.objective(curves.humps, curves.q, way)
    seen: list[float] = []
    curves.changed.connect(lambda: seen.append(curves.kl(way)))
    stage.find(Button, "fit").click()
    assert curves.running
    stage.until(lambda: not curves.running)
    assert curves.fit is not None
    assert curves.fit.arrived
    assert len(seen) > 10  # it was watched, not jumped
    assert all(b <= a + 1e-12 for a, b in zip([begin, *seen], seen, strict=False))
    assert curves.q.mu == pytest.approx(ends[0], abs=0.05)
    assert curves.q.sigma == pytest.approx(ends[1], abs=0.05)
    figure = tab.gaussians.forward if way == "forward" else tab.gaussians.reverse
    decimals = 2 if way == "forward" else 3
    assert figure.value == numbers.number(gaussians.objective(curves.humps, curves.q, way), decimals)
    assert not stage.window.clock._motion.isActive()


def test_the_start_is_dragged_and_a_fit_can_be_stopped(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    curves, plot = tab.curves, tab.gaussians.plot
    curves.set_mode("fit")
    curves.set_direction("reverse")
    start = plot.handle("q", "mean")
    stage.press(plot, start)
    stage.move(plot, start + QPointF(-220, 0))
    stage.release(plot, start + QPointF(-220, 0))
    assert curves.q.mu < -1
    stage.desk.reduce_motion = True
    curves.start()
    assert curves.q.mu == pytest.approx(-2.5, abs=0.05)  # the other hump, at once
    stage.desk.reduce_motion = False
    curves.place("q", 0.8, 1.0)
    curves.start()
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("Esc")
    assert not curves.running
    assert not stage.window.clock._motion.isActive()
    curves.start()
    stage.window.show_tab("lineup")
    assert not curves.running
    curves.set_mode("compare")
    assert curves.q == Gaussian(0.7, 0.75)


# Use my VAE


def test_the_sum_is_the_rate_of_the_image(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
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
    stage.until(lambda: tab.vae.shown is not None and tab.vae.shown.cloud is not None)
    tab.grab()
    assert tab.vae.shown is not None
    assert tab.vae.shown.mean_rate is not None


def test_the_input_card_and_the_tab_show_the_same_image(page: tuple[Any, InformationTab]) -> None:
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


def test_the_entropy_of_the_data_is_counted(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    pixels = stage.desk.experiment.dataset.train.pixels
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
    assert tab.data.total.value == "—"
    assert tab.classifier.cost.value == "—"
    tab.grab()


def test_the_classifier_is_as_surprised_as_it_says(page: tuple[Any, InformationTab]) -> None:
    stage, tab = page
    tab.ensureWidgetVisible(tab.classifier)
    experiment = stage.desk.experiment
    stage.until(lambda: tab.classifier.bars.q is not None)
    eye, index = experiment.reference.known_eye, stage.desk.chosen.index
    assert eye is not None
    log_p = eye.look(stage.desk.chosen.image[None])[1][0].astype(float)
    label = int(experiment.dataset.test.labels[index])
    assert float(tab.classifier.cost.value) == pytest.approx(-log_p[eye.classes.index(label)], abs=2e-3)
    bars = tab.classifier.bars
    other = (bars.truth + 1) % 10
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, hands.NONE, bars.column(other).center().toPoint())
    assert bars.truth == other
    assert float(tab.classifier.cost.value.replace(",", "")) == pytest.approx(-log_p[other], abs=2e-3)
    bars.setFocus()
    stage.key("Left")
    assert float(tab.classifier.cost.value) == pytest.approx(-log_p[eye.classes.index(label)], abs=2e-3)


def test_what_the_numbers_mean_is_still_there(page: tuple[Any, InformationTab]) -> None:
    _, tab = page
    texts = {each.text() for each in tab.findChildren(hands.QWidget) if hasattr(each, "text") and callable(each.text)}
    assert {"Distortion", "Rate", "−ELBO", "The shared z"} <= texts


def test_everything_has_a_name_and_every_figure_a_formula(page: tuple[Any, InformationTab]) -> None:
    _, tab = page
    for plot in (tab.bars.plot, tab.gaussians.plot, tab.huffman.plot, tab.costs.bars, tab.vae.curves, tab.data.heat):
        assert isinstance(plot, BarsPlot | GaussianPlot) or plot.toolTip()
        assert plot.accessibleName()
    card = tab.costs
    for figure in (card.forward, card.reverse, card.js, tab.huffman.own, tab.gaussians.forward, tab.vae.rate):
        assert "=" in figure.toolTip() or "Closed form" in figure.toolTip()
        assert figure.accessibleDescription()

"""The entropy page under mouse and keys: printed values equal those of `core`, and probabilities sum to 1."""

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

from core.theory import gaussians, huffman, information, intervals
from core.theory.gaussians import Gaussian
from gui.drawing import numbers, paint
from gui.information.pages.entropy import huffman_plot, two_gaussians
from gui.information.pages.entropy.bars import BarsPlot, cost_words, verdict
from gui.information.pages.entropy.costs import axis_end, closes, waste
from gui.information.pages.entropy.huffman_plot import running_mean
from gui.information.pages.entropy.page import EntropyPage
from gui.information.pages.entropy.symbols import Account, Symbols
from gui.information.pages.entropy.two_gaussians import DRAWS, draws
from gui.information.tab import InformationTab
from gui.widgets.buttons import Button, IconButton
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField
from tests.gui import hands

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
RIGHT = Qt.MouseButton.RightButton


def opened(stage: Stage) -> EntropyPage:  # noqa: F821
    stage.window.show_tab("information")
    tab = stage.window.pages.currentWidget()
    assert isinstance(tab, InformationTab)
    page = tab.page("entropy")
    assert isinstance(page, EntropyPage)
    stage.until(page.bars.plot.isVisible)
    return page


@pytest.fixture
def page(vae_window: Any, with_new_pages: Callable[[Any], Any]) -> tuple[Any, EntropyPage]:
    return vae_window, opened(with_new_pages(vae_window))


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
            values = information.as_probabilities(symbols.values(each))
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


def assert_printed(page: EntropyPage) -> None:
    """Every figure of the first row equals the value computed from the bars."""
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
    assert code.other.note == f"ideal H(p, q) {numbers.number(information.cross_entropy(p, q, unit), 2)}"
    assert code.waste.value == numbers.number(other - own, 2)


def test_a_cap_is_dragged_and_every_number_follows(page: tuple[Any, EntropyPage]) -> None:
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


def test_the_cap_stays_under_the_hand(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    plot = tab.bars.plot
    start = plot.cap("p", 3) + QPointF(2, 5)
    stage.press(plot, start)
    stage.move(plot, start + QPointF(0, -30))
    assert abs(plot.cap("p", 3).y() - (start.y() - 30 - 5)) < 1.0
    stage.release(plot, start + QPointF(0, -30))


def test_a_locked_bar_does_not_move(page: tuple[Any, EntropyPage]) -> None:
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


def test_a_bar_that_cannot_move_says_why() -> None:
    symbols = Symbols()
    symbols.set_count(3)
    symbols.toggle_lock("p", 1)
    assert [bool(symbols.stuck("p", k)) for k in range(3)] == [False, True, False]
    assert symbols.stuck("p", 1).startswith("locked")
    symbols.toggle_lock("p", 2)
    assert "all others are locked" in symbols.stuck("p", 0)
    assert symbols.stuck("q", 0) == ""
    plot, before = BarsPlot(symbols), symbols.values("p").copy()
    symbols.choose("p", 0)
    symbols.set_value("p", 0, 0.9)
    np.testing.assert_array_equal(symbols.values("p"), before)
    assert "all others are locked" in plot.accessibleDescription()


def test_bars_by_keyboard(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    plot, symbols = tab.bars.plot, tab.symbols
    cursor = stage.desk.point.z.copy()
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
    np.testing.assert_array_equal(stage.desk.point.z, cursor)
    assert not stage.desk.point.looping


def test_infinite_kl_is_shown_and_the_symbol_named(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    drag_cap(stage, tab.bars.plot, "q", 2, 4000)
    assert tab.symbols.values("q")[2] == 0.0
    assert tab.costs.forward.value == "∞"
    assert tab.costs.sentence.text().startswith("q rules out c, p does not")
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


def test_bits_and_nats(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    rate = tab.gaussians.forward.value
    in_bits = tab.symbols.account.forward
    units = stage.find(Segmented, "unit")
    units.setFocus()
    QTest.keyClick(units.focusProxy(), Qt.Key.Key_Right)
    assert tab.symbols.unit == "nats"
    assert tab.symbols.account.forward == pytest.approx(in_bits * math.log(2))
    assert tab.costs.forward.unit == tab.huffman.own.unit == "nats"
    assert tab.gaussians.forward.unit == "nats"
    assert tab.gaussians.forward.value == rate
    assert_printed(tab)


def test_presets_counts_and_reset(page: tuple[Any, EntropyPage]) -> None:
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
                if name == "skewed":
                    assert f"{symbols.values(side)[1] / symbols.values(side)[0]:.3g} times" in button.toolTip()
                assert button.isChecked()
                tab.grab()
        assert_printed(tab)
    stage.button("Make q = p").click()
    np.testing.assert_array_equal(symbols.values("q"), symbols.values("p"))
    assert waste(symbols.account) == "q is p: nothing is wasted."
    stage.button("Reset").click()
    np.testing.assert_array_equal(symbols.values("p"), information.skewed(5))
    np.testing.assert_array_equal(symbols.values("q"), information.letters(5))


def test_the_axis_holds_what_is_finite() -> None:
    account = Account(np.array([1 - 1e-9, 1e-9]), np.array([1e-9, 1 - 1e-9]), "bits")
    assert axis_end(account) >= account.cross_entropy > 29
    assert closes(account)
    assert axis_end(Account(np.array([0.5, 0.5]), np.array([1.0, 0.0]), "bits")) == 4.0


def test_the_letters_under_the_bars_are_those_whose_frequencies_they_have() -> None:
    assert tuple(Account(information.letters(12), information.letters(12), "bits").names) == tuple(information.ENGLISH)


@pytest.mark.parametrize("unit", ["bits", "nats"])
@pytest.mark.parametrize("name", ["entropy_p", "forward", "cross_entropy"])
def test_sums_close_within_rounding_and_not_a_hair_beyond(name: str, unit: information.Unit) -> None:
    for by, good in ((2e-13, True), (-2e-13, True), (3e-12, False), (-3e-12, False), (1.0, False)):
        account = Account(information.skewed(8), information.letters(8), unit)
        vars(account)[name] = getattr(account, name) + by  # as if that function were wrong
        assert closes(account) == good, by
    sure = Account(np.array([0.5, 0.5]), np.array([1.0, 0.0]), unit)
    assert closes(sure)  # infinite on both sides
    if name != "entropy_p":
        vars(sure)[name] = 3.0
        assert not closes(sure)


def test_the_card_says_when_sums_do_not_close(page: tuple[Any, EntropyPage]) -> None:
    _, tab = page
    costs, account = tab.costs, tab.symbols.account
    assert (costs._sums.text(), costs._sums.token()) == ("sums close", "ok")
    vars(account)["cross_entropy"] = account.cross_entropy + 1e-9
    tab.symbols.changed.emit()
    assert (costs._sums.text(), costs._sums.token()) == ("sums do not close", "error")
    tab.symbols.set_unit("nats")  # a new account, a sound one
    assert (costs._sums.text(), costs._sums.token()) == ("sums close", "ok")


def test_a_message_settles_at_the_mean_length() -> None:
    symbols = Symbols()
    code = symbols.account.code_p
    means = running_mean(symbols.message(), code.lengths)
    assert means[0] == code.lengths[symbols.message()[0]]
    assert means[-1] == pytest.approx(symbols.account.mean_length_p, abs=0.15)
    other = running_mean(symbols.message(), symbols.account.code_q.lengths)
    words = [text for text, _ in huffman_plot.mean_words(symbols.account, means, other)]
    assert words == [f"p’s code {means[-1]:.2f}", f"q’s {other[-1]:.2f}"]
    assert huffman_plot.mean_words(symbols.account, means, np.full_like(other, np.nan))[1][0] == "q’s ∞"
    before = symbols.message().copy()
    symbols.new_message()
    assert (symbols.message() != before).any()


# Gaussians


def test_handles_move_mean_and_spread(page: tuple[Any, EntropyPage]) -> None:
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
    said = f"Monte Carlo {numbers.number(mean, 3)} ± {numbers.number(intervals.NORMAL * error, 3)}"
    assert tab.gaussians.forward.note == said
    for place in (("p", -3.0, 2.5), ("q", 0.7, 0.2), ("q", 0.7, 0.75)):  # tens and hundreds of nats, and less
        curves.place(*place)
        assert all(paint.wide(f.note, "caption") <= f.width() for f in (tab.gaussians.forward, tab.gaussians.reverse))
    assert stage.find(SpinField, "q mean").value() == pytest.approx(curves.q.mu)


def test_gaussians_by_keyboard_and_field(page: tuple[Any, EntropyPage]) -> None:
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
    field.setValue(2.0)
    assert curves.p.sigma == 2.0
    stage.find(Segmented, "direction").chosen.emit("reverse")
    assert curves.direction == "reverse"
    assert max(two_gaussians.REACH.values()) <= gaussians.MOST_MU  # the quadrature is exact for all that can be set
    assert gaussians.LEAST_SIGMA <= two_gaussians.LEAST < two_gaussians.MOST <= gaussians.MOST_SIGMA
    area = curves.integrand(gaussians.grid()).sum() * (gaussians.HIGH - gaussians.LOW) / (gaussians.POINTS - 1)
    assert area == pytest.approx(gaussians.kl(curves.q, curves.p), abs=1e-9)


@pytest.mark.parametrize(("way", "ends"), [("forward", (0.0, 2.6)), ("reverse", (2.5, 0.8))])
def test_a_fit_runs_on_the_windows_clock(page: tuple[Any, EntropyPage], way: Any, ends: tuple[float, float]) -> None:
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
    assert curves.fit.has_converged
    assert len(seen) > 10  # it was watched, not jumped
    assert all(b <= a + 1e-12 for a, b in zip([begin, *seen], seen, strict=False))
    assert curves.q.mu == pytest.approx(ends[0], abs=0.05)
    assert curves.q.sigma == pytest.approx(ends[1], abs=0.05)
    figure = tab.gaussians.forward if way == "forward" else tab.gaussians.reverse
    decimals = 2 if way == "forward" else 3
    assert figure.value == numbers.number(gaussians.objective(curves.humps, curves.q, way), decimals)
    assert not stage.window.clock._motion.isActive()


def test_the_start_is_dragged_and_a_fit_can_be_stopped(page: tuple[Any, EntropyPage]) -> None:
    stage, tab = page
    curves, plot = tab.curves, tab.gaussians.plot
    curves.set_mode("fit")
    curves.set_direction("reverse")
    start = plot.handle("q", "mean")
    stage.press(plot, start)
    stage.move(plot, start + QPointF(-220, 0))
    stage.release(plot, start + QPointF(-220, 0))
    assert curves.q.mu < -1
    stage.desk.point.reduce_motion = True
    curves.start()
    assert curves.q.mu == pytest.approx(-2.5, abs=0.05)  # the other hump, at once
    stage.desk.point.reduce_motion = False
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
